// Parameters in .npz files under the names that PyTorch gives a Sequential of Linear layers.

public import ArrayFiles
internal import DenseLinearAlgebra

extension MultilayerPerceptron {
  /// A network from named arrays: weights [out, in] whose names end in `.weight`, biases [out] in `.bias`.
  ///
  /// The layers are put in the natural order of their names, in which `2.weight` comes before `10.weight`.
  ///
  /// - Parameter archive: for instance `numpy.savez(path, **{k: v.numpy() for k, v in net.state_dict().items()})`.
  /// - Parameter activation: the file does not tell.
  /// - Parameter widths: refuse any other architecture; by default take the one that the shapes give.
  /// - Throws: ``NetworkTrainingError`` naming the array that is missing, superfluous, misshapen or not finite.
  public init(
    stateDictionary archive: ArrayArchive, activation: Activation, expecting widths: [Int]? = nil
  ) throws(NetworkTrainingError) {
    func refuse(_ name: String, _ found: String, _ expected: String) -> NetworkTrainingError {
      .invalidWeights(file: archive.origin, name: name, found: found, expected: expected)
    }
    let layers = archive.names.filter { $0.hasSuffix(".weight") }.map { String($0.dropLast(7)) }
      .sorted(by: Self.naturallyPrecedes)
    let known = Set(layers.flatMap { [$0 + ".weight", $0 + ".bias"] })
    if let other = archive.names.first(where: { !known.contains($0) }) {
      throw refuse(other, "an array", "only pairs that end in .weight and .bias")
    }
    guard !layers.isEmpty else { throw refuse("the archive", "without a .weight", "a .weight and a .bias a layer") }

    var weights: [Matrix<Scalar>] = []
    var biases: [Vector<Scalar>] = []
    var shapes: [Int] = []
    for layer in layers {
      do {
        let theta = try archive.array(named: layer + ".weight")
        weights.append(try theta.matrix(as: Scalar.self))
        biases.append(try archive.array(named: layer + ".bias").vector(as: Scalar.self))
      } catch { throw .file(error) }
      let (theta, b) = (weights.last!, biases.last!)
      if let previous = shapes.last, theta.columns != previous {
        throw refuse(layer + ".weight", "[\(theta.rows), \(theta.columns)]", "[\(theta.rows), \(previous)]")
      }
      guard b.count == theta.rows else { throw refuse(layer + ".bias", "[\(b.count)]", "[\(theta.rows)]") }
      for (name, values) in [(layer + ".weight", theta.elements), (layer + ".bias", b.elements)] {
        if let bad = values.first(where: { !$0.isFinite }) { throw refuse(name, "with entry \(bad)", "finite entries") }
      }
      if shapes.isEmpty { shapes.append(theta.columns) }
      shapes.append(theta.rows)
    }
    if let widths, widths != shapes {
      throw refuse("the network", shapes.map(String.init).joined(separator: "-"), "widths \(widths)")
    }
    self.init(
      try Architecture(widths: shapes, activation: activation),
      parameters: NetworkParameters(weights: weights, biases: biases))
  }

  /// Reads a network from a .npz file.
  ///
  /// - Throws: ``NetworkTrainingError``, also if the file cannot be read.
  public init(
    readingNPZ path: String, activation: Activation, expecting widths: [Int]? = nil
  ) throws(NetworkTrainingError) {
    let archive: ArrayArchive
    do { archive = try ArrayArchive(readingNPZ: path) } catch { throw .file(error) }
    try self.init(stateDictionary: archive, activation: activation, expecting: widths)
  }

  /// The parameters under the names `0.weight`, `0.bias`, `2.weight`, …: the odd places are the activations'.
  public var stateDictionary: ArrayArchive {
    var archive = ArrayArchive(origin: "network \(architecture)")
    for l in 0..<architecture.layerCount {
      archive["\(2 * l).weight"] = NumericArray(parameters.weights[l])
      archive["\(2 * l).bias"] = NumericArray(parameters.biases[l])
    }
    return archive
  }

  /// Runs of digits compare as numbers, everything else byte by byte.
  static func naturallyPrecedes(_ a: String, _ b: String) -> Bool {
    func pieces(_ text: String) -> [(number: String?, byte: UInt8)] {
      var out: [(number: String?, byte: UInt8)] = []
      for byte in text.utf8 {
        let isDigit = (0x30...0x39).contains(byte)
        if isDigit, let digits = out.last?.number {
          // Without leading zeros, longer is larger and equal lengths compare as text: no overflow.
          out[out.count - 1].number = (digits == "0" ? "" : digits) + String(UnicodeScalar(byte))
        } else {
          out.append((isDigit ? String(UnicodeScalar(byte)) : nil, byte))
        }
      }
      return out
    }
    for (x, y) in zip(pieces(a), pieces(b)) {
      switch (x.number, y.number) {
      case (let p?, let q?):
        if p != q { return p.utf8.count != q.utf8.count ? p.utf8.count < q.utf8.count : p < q }
      case (nil, nil):
        if x.byte != y.byte { return x.byte < y.byte }
      default: return x.number != nil
      }
    }
    return a.utf8.count < b.utf8.count
  }
}
