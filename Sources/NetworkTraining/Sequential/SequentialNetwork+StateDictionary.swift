// Parameters under PyTorch's names and in PyTorch's layouts.

public import ArrayFiles
internal import DenseLinearAlgebra

extension SequentialNetwork {
  /// The parameters as the state dictionary of an equal `torch.nn.Sequential`: `0.weight`, `0.bias`, `3.running_mean`, ….
  ///
  /// Convolutions are [cout, cin, k, k]; the columns of a linear layer behind a flatten are ordered (channel, row,
  /// column), as PyTorch flattens.
  public var stateDictionary: ArrayArchive {
    var archive = ArrayArchive(origin: "network \(architecture)")
    for block in parameters.blocks {
      let i = block.layer
      let order = PyTorchLayout(architecture, i)
      let values = order.toPyTorch(block.weight)
      archive["\(i).weight"] =
        Scalar.self == Float.self
        ? NumericArray(shape: order.shape, values.map { Float($0) })
        : NumericArray(shape: order.shape, values.map { Double($0) })
      archive["\(i).bias"] = NumericArray(block.bias)
      guard let running = statistics[i] else { continue }
      archive["\(i).running_mean"] = NumericArray(Vector(running.mean.map { Scalar($0) }))
      archive["\(i).running_var"] = NumericArray(Vector(running.variance.map { Scalar($0) }))
    }
    return archive
  }

  /// Takes parameters from named arrays, such as a PyTorch checkpoint of an equal network.
  ///
  /// Names are `LAYER.weight`, `LAYER.bias`, and for batch norm `LAYER.running_mean` and `LAYER.running_var`; the layers
  /// are taken in the natural order of their names, whatever they are called. `num_batches_tracked` is skipped.
  ///
  /// - Throws: ``NetworkTrainingError/invalidWeights(file:name:found:expected:)`` naming the array that is missing,
  ///   superfluous, misshapen or not finite; the network is then unchanged.
  public mutating func load(_ archive: ArrayArchive) throws(NetworkTrainingError) {
    func refuse(_ name: String, _ found: String, _ expected: String) -> NetworkTrainingError {
      .invalidWeights(file: archive.origin, name: name, found: found, expected: expected)
    }
    let names = archive.names.filter { $0.hasSuffix(".weight") }.map { String($0.dropLast(7)) }
      .sorted(by: MultilayerPerceptron<Scalar>.naturallyPrecedes)
    guard names.count == parameters.blocks.count else {
      throw refuse(
        "the archive", "with \(names.count) layers that have a .weight", "\(parameters.blocks.count) of \(architecture)"
      )
    }
    var next = self
    var known: Set<String> = []
    func values(_ name: String, _ shape: [Int]) throws(NetworkTrainingError) -> [Scalar] {
      known.insert(name)
      do {
        let array = try archive.array(named: name)
        guard array.shape == shape else { throw refuse(name, "of shape \(array.shape)", "\(shape)") }
        let values = array.scalars(Scalar.self)
        if let bad = values.first(where: { !$0.isFinite }) { throw refuse(name, "with entry \(bad)", "finite entries") }
        return values
      } catch let error as NetworkTrainingError { throw error } catch let error as ArrayFileError {
        throw .file(error)
      } catch { throw refuse(name, "\(error)", "an array") }
    }
    for (b, name) in names.enumerated() {
      let block = parameters.blocks[b]
      let order = PyTorchLayout(architecture, block.layer)
      next.parameters.blocks[b].weight = order.fromPyTorch(
        try values(name + ".weight", order.shape), like: block.weight)
      next.parameters.blocks[b].bias = Vector(try values(name + ".bias", [block.bias.count]))
      guard statistics[block.layer] != nil else { continue }
      let channels = [block.bias.count]
      next.statistics[block.layer] = RunningStatistics(
        mean: try values(name + ".running_mean", channels).map { Double($0) },
        variance: try values(name + ".running_var", channels).map { Double($0) })
      known.insert(name + ".num_batches_tracked")
    }
    if let extra = archive.names.first(where: { !known.contains($0) }) {
      throw refuse(extra, "an array", "only the arrays of \(architecture)")
    }
    self = next
  }
}

/// Where PyTorch keeps the entries of one layer's weight.
private struct PyTorchLayout {
  let shape: [Int]
  /// Our column for each of PyTorch's, in its order.
  let columns: [Int]

  init(_ architecture: SequentialArchitecture, _ layer: Int) {
    let (rows, count) = architecture.weightShape(of: layer) ?? (0, 0)
    switch architecture.layers[layer] {
    case .conv2d(_, let kernel, _, _):
      let channels = architecture.inputShape(of: layer).channels
      shape = [rows, channels, kernel, kernel]
      columns = Self.channelsFirst(SampleShape(height: kernel, width: kernel, channels: channels))
    case .linear:
      shape = [rows, count]
      // The first linear layer behind a flatten sees an image as a vector.
      var i = layer - 1
      while i >= 0, !architecture.layers[i].isParametric, architecture.layers[i] != .flatten { i -= 1 }
      columns =
        i >= 0 && architecture.layers[i] == .flatten
        ? Self.channelsFirst(architecture.inputShape(of: i)) : Array(0..<count)
    default:
      shape = [rows]
      columns = [0]
    }
  }

  /// For each position in the order (channel, row, column), its place in the order (row, column, channel).
  private static func channelsFirst(_ s: SampleShape) -> [Int] {
    (0..<s.channels).flatMap { c in (0..<s.height * s.width).map { $0 * s.channels + c } }
  }

  func toPyTorch<S: NetworkScalar>(_ weight: Matrix<S>) -> [S] {
    var out: [S] = []
    out.reserveCapacity(weight.count)
    for i in 0..<weight.rows { for j in columns { out.append(weight[i, j]) } }
    return out
  }

  func fromPyTorch<S: NetworkScalar>(_ values: [S], like weight: Matrix<S>) -> Matrix<S> {
    var out = weight
    for i in 0..<weight.rows { for (k, j) in columns.enumerated() { out[i, j] = values[i * weight.columns + k] } }
    return out
  }
}
