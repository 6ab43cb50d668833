// A stack of layers with the shapes that flow through it, checked when it is made.

/// Height, width and channels of a sample; a vector is 1 x 1 x n.
public struct SampleShape: Hashable, Sendable, CustomStringConvertible {
  public let height: Int
  public let width: Int
  public let channels: Int

  public init(height: Int, width: Int, channels: Int) {
    (self.height, self.width, self.channels) = (height, width, channels)
  }

  public init(_ count: Int) { self.init(height: 1, width: 1, channels: count) }

  public var count: Int { height * width * channels }
  public var isFlat: Bool { height == 1 && width == 1 }
  public var description: String { isFlat ? "\(channels)" : "\(height)x\(width)x\(channels)" }
}

/// A sequential network's layers and the shape after each.
public struct SequentialArchitecture: Hashable, Sendable {
  public let input: SampleShape
  public let layers: [SequentialLayer]
  /// The shape after each layer.
  public let shapes: [SampleShape]

  /// - Throws: ``NetworkTrainingError/invalidStack(position:layer:reason:)`` naming the first layer that does not fit.
  public init(input: SampleShape, layers: [SequentialLayer]) throws(NetworkTrainingError) {
    func refuse(_ i: Int, _ reason: String) -> NetworkTrainingError {
      .invalidStack(position: i + 1, layer: layers.indices.contains(i) ? layers[i].description : "end", reason: reason)
    }
    guard (1...4096).contains(input.height), (1...4096).contains(input.width), (1...(1 << 22)).contains(input.channels)
    else { throw refuse(0, "an input of \(input) is no sample") }
    var shape = input
    var shapes: [SampleShape] = []
    var parameters = 0
    for (i, layer) in layers.enumerated() {
      let incoming = shape
      var added = 0
      switch layer {
      case .linear(let outputs):
        guard shape.isFlat else { throw refuse(i, "its input is \(shape); put flatten before it") }
        shape = SampleShape(outputs)
        added = (incoming.count + 1) * outputs
      case .conv2d(let channels, let kernel, let stride, let padding):
        guard let next = Self.windows(shape, channels, kernel, stride, padding) else {
          throw refuse(i, "a kernel of \(kernel) with padding \(padding) does not fit into \(incoming)")
        }
        shape = next
        added = (kernel * kernel * incoming.channels + 1) * channels
      case .maxPool(let kernel, let stride):
        guard let next = Self.windows(shape, shape.channels, kernel, stride, 0) else {
          throw refuse(i, "windows of \(kernel) do not fit into \(incoming)")
        }
        shape = next
      case .flatten: shape = SampleShape(shape.count)
      case .batchNorm: added = 2 * shape.channels
      case .relu, .tanh, .sigmoid, .leakyReLU, .dropout: break
      }
      parameters += added
      guard parameters <= Architecture.maximumParameters, shape.count <= 1 << 26 else {
        throw refuse(i, "the network grows beyond \(Architecture.maximumParameters) parameters or 2^26 values a layer")
      }
      shapes.append(shape)
    }
    guard shape.isFlat, shape.channels >= 2, layers.contains(where: \.isParametric) else {
      throw refuse(layers.count, "the last shape is \(shape); a classifier ends in a vector of at least 2 logits")
    }
    if let last = layers.last, !last.isParametric {
      throw refuse(layers.count - 1, "the logits must come from a layer with weights")
    }
    (self.input, self.layers, self.shapes) = (input, layers, shapes)
  }

  private static func windows(
    _ s: SampleShape, _ channels: Int, _ kernel: Int, _ stride: Int, _ padding: Int
  ) -> SampleShape? {
    let (rows, columns) = (s.height + 2 * padding - kernel, s.width + 2 * padding - kernel)
    guard rows >= 0, columns >= 0, padding < kernel else { return nil }
    return SampleShape(height: rows / stride + 1, width: columns / stride + 1, channels: channels)
  }

  /// The shape that layer `i` sees.
  public func inputShape(of i: Int) -> SampleShape { i == 0 ? input : shapes[i - 1] }

  public var classes: Int { shapes[shapes.count - 1].count }

  /// Positions of the layers with weights.
  public var parametricLayers: [Int] { layers.indices.filter { layers[$0].isParametric } }

  /// Positions of the layers whose operator norms make up the network's Lipschitz bound.
  public var linearUnits: [Int] {
    layers.indices.filter {
      switch layers[$0] {
      case .linear, .conv2d: true
      default: false
      }
    }
  }

  /// Rows and columns of the weight of layer `i`: [outputs, inputs], [cout, k² cin] or, for batch norm, [channels, 1].
  public func weightShape(of i: Int) -> (rows: Int, columns: Int)? {
    let incoming = inputShape(of: i)
    switch layers[i] {
    case .linear(let outputs): return (outputs, incoming.count)
    case .conv2d(let channels, let kernel, _, _): return (channels, kernel * kernel * incoming.channels)
    case .batchNorm: return (incoming.channels, 1)
    default: return nil
    }
  }

  public var parameterCount: Int {
    layers.indices.reduce(0) { sum, i in weightShape(of: i).map { sum + $0.rows * ($0.columns + 1) } ?? sum }
  }

  public var usesBatchNorm: Bool { layers.contains(.batchNorm) }
}

extension SequentialArchitecture: CustomStringConvertible {
  public var description: String { "\(input): " + layers.map(\.description).joined(separator: " ") }

  /// The paper's five-layer ConvNet (its Table 1) for images of the given shape.
  ///
  /// - Throws: ``NetworkTrainingError`` if the image is too small.
  public static func paperConvNet(
    _ input: SampleShape = SampleShape(height: 32, width: 32, channels: 3), classes: Int = 10
  ) throws(NetworkTrainingError) -> SequentialArchitecture {
    try SequentialArchitecture(
      input: input,
      layers: [
        .conv2d(channels: 32, kernel: 3, padding: 1), .relu, .maxPool(kernel: 2, stride: 2),
        .conv2d(channels: 64, kernel: 3, padding: 1), .relu, .maxPool(kernel: 2, stride: 2),
        .conv2d(channels: 128, kernel: 3, stride: 2, padding: 1), .relu, .flatten, .linear(outputs: 256), .relu,
        .linear(outputs: classes),
      ])
  }

  /// The paper's MLP (its Table 2), 784-512-256-10 for MNIST.
  ///
  /// - Throws: ``NetworkTrainingError`` if there are fewer than two classes.
  public static func paperMLP(inputs: Int = 784, classes: Int = 10) throws(NetworkTrainingError)
    -> SequentialArchitecture
  {
    try SequentialArchitecture(
      input: SampleShape(inputs),
      layers: [.linear(outputs: 512), .relu, .linear(outputs: 256), .relu, .linear(outputs: classes)])
  }

  /// A fully connected network, as `lipdyn train --model 64-32-10` names it.
  public init(_ mlp: Architecture) throws(NetworkTrainingError) {
    var layers: [SequentialLayer] = []
    for width in mlp.widths.dropFirst() {
      layers += [.linear(outputs: width), mlp.activation == .relu ? .relu : .tanh]
    }
    try self.init(input: SampleShape(mlp.widths[0]), layers: layers.dropLast())
  }

  /// Parses layers separated by spaces, such as `conv(32,kernel=3,padding=1) relu maxpool(2) flatten linear(10)`.
  ///
  /// - Throws: ``NetworkTrainingError`` naming the layer that is unknown or does not fit.
  public init(input: SampleShape, parsing text: String) throws(NetworkTrainingError) {
    var layers: [SequentialLayer] = []
    for part in text.split(whereSeparator: \.isWhitespace) {
      layers.append(try SequentialLayer(parsing: String(part)))
      guard layers.count <= 1_000 else {
        throw .invalidStack(position: 1_000, layer: String(part), reason: "a stack has at most 1000 layers")
      }
    }
    try self.init(input: input, layers: layers)
  }
}
