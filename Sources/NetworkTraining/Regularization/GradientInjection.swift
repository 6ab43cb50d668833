// Noise that is added to gradients: how it is drawn, and how strong it makes the gradient's covariance.

public import DenseLinearAlgebra
public import RandomStreams

/// The gradient αg + (1 − α)n, where n has independent entries of mean 0 and standard deviation s.
///
/// The noise of the gradient becomes α²Σ + (1 − α)²s²I.
///
/// - Source: Section 8.4, arXiv 2506.18588.
public struct GradientScaling: Equatable, Sendable {
  /// The law of one entry of n.
  public enum Law: String, CaseIterable, Sendable {
    case gaussian
    /// On [−s√3, s√3), so that the standard deviation is s.
    case uniform
  }

  /// α in (0, 1].
  public let alpha: Double
  /// Nil where nothing is injected.
  public let law: Law?
  /// s, in units of the gradient; 0 where nothing is injected.
  public let deviation: Double

  /// A scaled gradient αg, with nothing injected.
  ///
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)``.
  public init(alpha: Double) throws(NetworkTrainingError) {
    try self.init(alpha: alpha, checked: nil, deviation: 0)
  }

  /// A scaled gradient with injected noise.
  ///
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)``.
  public init(alpha: Double, _ law: Law, deviation: Double) throws(NetworkTrainingError) {
    try self.init(alpha: alpha, checked: law, deviation: deviation)
  }

  private init(alpha: Double, checked law: Law?, deviation: Double) throws(NetworkTrainingError) {
    guard alpha > 0, alpha <= 1 else {
      throw .invalidValue(
        field: "gradient scaling alpha", value: "\(alpha)", requirement: "above 0 and at most 1, such as 0.5")
    }
    guard deviation >= 0, deviation.isFinite else {
      throw .invalidValue(
        field: "standard deviation s of injected noise", value: "\(deviation)",
        requirement: "not negative and finite, such as 0.01")
    }
    (self.alpha, self.law, self.deviation) = (alpha, law, deviation)
  }

  /// 1 − α, the factor of n.
  public var noiseFactor: Double { 1 - alpha }

  /// (1 − α)²s², the variance that each entry of the gradient gains.
  public var addedVariance: Double { noiseFactor * noiseFactor * deviation * deviation }
}

/// The noise n of a run: a function of step, layer and entry.
public struct GradientInjection: Sendable {
  public let law: GradientScaling.Law
  /// s, in units of the gradient.
  public let deviation: Double
  private let normals: CounterNormals
  private let uniforms: CounterUniforms

  /// - Returns: nil if nothing is injected.
  public init?(_ scaling: GradientScaling, stream: StreamName, seed: UInt64) {
    guard let law = scaling.law else { return nil }
    (self.law, deviation) = (law, scaling.deviation)
    normals = CounterNormals(stream.appending("gradient-injection"), seed: seed)
    uniforms = CounterUniforms(stream.appending("gradient-injection"), seed: seed)
  }

  /// Writes n for all entries of a layer.
  ///
  /// - Parameters:
  ///   - out: overwritten; entry i is the same in a buffer of any length.
  ///   - step: below 2³².
  ///   - layer: any number that no other array of parameters has, below 2³⁰.
  public func fill<Scalar: BLASScalar>(_ out: inout [Scalar], step: Int, layer: Int) {
    out.withUnsafeMutableBufferPointer { fill($0, step: step, layer: layer) }
  }

  /// Writes n for all entries of a layer.
  ///
  /// - Parameters:
  ///   - out: overwritten; entry i is the same in a buffer of any length.
  ///   - step: below 2³².
  ///   - layer: any number that no other array of parameters has, below 2³⁰.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public func fill<Scalar: BLASScalar>(_ out: UnsafeMutableBufferPointer<Scalar>, step: Int, layer: Int) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: Self.block) { block in
      for start in stride(from: 0, to: out.count, by: Self.block) {
        let part = UnsafeMutableBufferPointer(rebasing: block[0..<min(Self.block, out.count - start)])
        switch law {
        case .gaussian:
          normals.fill(part, step: step, firstPath: start, component: layer)
          for i in part.indices { out[start + i] = Scalar(deviation * part[i]) }
        case .uniform:
          uniforms.fill(part, step: step, firstPath: start, component: layer)
          let halfWidth = deviation * 3.squareRoot()
          for i in part.indices { out[start + i] = Scalar(halfWidth * (2 * part[i] - 1)) }
        }
      }
    }
  }

  /// Draws at a time: what fits on the stack and in the nearest cache.
  private static let block = 1024
}
