// The noise-free path of a real network, with the products that linear response needs along it.

public import DenseLinearAlgebra
public import ExactArithmetic
private import Glibc
public import NetworkTraining
internal import VerificationKit

/// Full-batch descent θ_0 … θ_T of a perceptron, kept whole: 8(T + 1)P bytes.
public struct NetworkDescentPath: LinearisedDescent, Sendable {
  /// η of the full-batch steps.
  public let learningRate: Double
  private let samples: Samples<Double>
  private let architecture: Architecture
  private let noise: NoiseModel
  private let noiseWeight: Double
  private let points: [NetworkParameters<Double>]

  /// - Parameters:
  ///   - network: θ_0.
  ///   - samples: the whole data set.
  ///   - noise: how batches are drawn from it; one of the population models.
  ///   - learningRate: η; a step takes the time η.
  ///   - steps: T ≥ 1.
  /// - Throws: `HypothesisViolation` if the noise is not that of a population or no such batch exists, if there is no
  ///   step, or if the descent leaves the finite numbers.
  public init(
    from network: MultilayerPerceptron<Double>, on samples: Samples<Double>, noise: NoiseModel,
    learningRate: LearningRate, steps: Int
  ) throws {
    try HypothesisViolation.require(
      noise.isPopulation, field: "noise", value: "\(noise)",
      "a model of the whole population: the path has its gradients, and no batch's")
    try HypothesisViolation.require(steps >= 1, field: "steps T", value: steps, "at least one step")
    self.learningRate = learningRate.value
    self.samples = samples
    architecture = network.architecture
    self.noise = noise
    noiseWeight = try noise.weight(sampleCount: samples.count)
    var moving = network
    var points = [network.parameters]
    points.reserveCapacity(steps + 1)
    for k in 0..<steps {
      moving.parameters.add(-learningRate.value, moving.fullGradient(samples))
      guard moving.parameters.norm.isFinite else {
        throw HypothesisViolation(
          field: "step \(k + 1) of the noise-free path", value: "not finite",
          requirement: "a learning rate at which full-batch descent is stable")
      }
      points.append(moving.parameters)
    }
    self.points = points
  }

  /// The network with the parameters θ_k.
  ///
  /// - Parameter step: k, from 0 to T.
  public func network(at step: Int) -> MultilayerPerceptron<Double> {
    MultilayerPerceptron(architecture, parameters: points[step])
  }

  /// Σ_ℓ log σ₁(θ⁽ˡ⁾) at θ_k.
  ///
  /// - Parameter step: k, from 0 to T.
  /// - Throws: `LinearAlgebraError` if a weight matrix has no triplet to working precision.
  public func logNorm(at step: Int) throws -> Double {
    try points[step].weights.reduce(0.0) { try $0 + log(TopSingularTriplet($1).sigma) }
  }

  /// The smallest (σ₁ − σ₂)/σ₁ of any layer at θ_k: what disturbances must stay below for the response to them to be linear.
  ///
  /// - Parameter step: k, from 0 to T.
  /// - Throws: `LinearAlgebraError` if a weight matrix has no triplet to working precision.
  public func relativeGap(at step: Int) throws -> Double {
    try points[step].weights.map { try TopSingularTriplet($0).relativeGap }.min() ?? 1
  }

  /// ∇Z(θ_k): u₁v₁ᵀ/σ₁ for every weight matrix, nothing for biases.
  ///
  /// - Parameter step: k, from 0 to T.
  /// - Throws: `LinearAlgebraError` if some σ₁ is not simple.
  public func gradient(at step: Int) throws -> NetworkParameters<Double> {
    var out = NetworkParameters<Double>(zerosFor: architecture)
    for (l, theta) in points[step].weights.enumerated() {
      let triplet = try TopSingularTriplet(theta).requireSimple()
      out.weights[l] = (triplet.u / triplet.sigma).outer(triplet.v)
    }
    return out
  }

  public func response(
    to p: NetworkParameters<Double>, at step: Int
  ) throws -> (noise: Double, curvature: NetworkParameters<Double>) {
    let network = network(at: step)
    let slopes = sumOverLayers(network.perSampleSlopes(along: p, samples))
    return (noiseWeight * scatter(slopes), network.fullHessianVectorProduct(p, samples))
  }

  /// p + s q, parameter by parameter.
  public func sum(
    _ p: NetworkParameters<Double>, _ s: Double, _ q: NetworkParameters<Double>
  ) -> NetworkParameters<Double> {
    var out = p
    out.add(s, q)
    return out
  }

  /// Theorem 15's coefficients at θ_0 … θ_{T−1}, of the whole population.
  ///
  /// - Returns: T entries; per unit of time, of which a step takes η.
  /// - Throws: `LinearAlgebraError` if some σ₁ on the path is not simple.
  public func coefficients() throws -> [NetworkCoefficients] {
    let workspace = Workspace<Double>(for: architecture, sampleCount: samples.count)
    workspace.load(Array(0..<samples.count), of: samples)
    return try points.indices.dropLast().map { k in
      let network = network(at: k)
      network.forward(workspace)
      network.backward(workspace)
      let projections = try zip(network.weights, workspace.layers).map { weights, layer in
        try LayerPoint(
          weights: weights, sample: RankOneGradients(deltas: layer.deltas, inputs: layer.inputs), noise: noise,
          learningRate: learningRate
        ).projections()
      }
      return try NetworkCoefficients(projections, noise: noise, learningRate: learningRate)
    }
  }

  private func sumOverLayers(_ slopes: [[Double]]) -> [Double] {
    slopes.dropFirst().reduce(slopes[0]) { zip($0, $1).map(+) }
  }

  private func scatter(_ scores: [Double]) -> Double {
    let mean = scores.mean
    return scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  }
}

extension MultilayerPerceptron<Double> {
  /// ⟨g_i, p⟩ for every sample's own gradient g_i, a layer at a time: δ_iᵀ(P⁽ˡ⁾x_i + c⁽ˡ⁾), without forming a gradient.
  ///
  /// - Returns: shape [layers][N]; unit loss/parameter times that of p.
  public func perSampleSlopes(along p: NetworkParameters<Double>, _ samples: Samples<Double>) -> [[Double]] {
    var out = [[Double]](repeating: [], count: architecture.layerCount)
    overAll(samples) { workspace in
      for (l, layer) in workspace.layers.enumerated() {
        let images = p.weights[l] * layer.inputs
        out[l] += (0..<workspace.sampleCount).map { i in
          (0..<images.rows).reduce(0.0) { $0 + layer.deltas[$1, i] * (images[$1, i] + p.biases[l][$1]) }
        }
      }
    }
    return out
  }
}
