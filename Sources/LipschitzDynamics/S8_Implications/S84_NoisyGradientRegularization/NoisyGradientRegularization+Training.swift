// Training on digits with scaled and noisy gradients: every noisy step, descent with small steps, and SGD beside SGD.

internal import DenseLinearAlgebra
private import Glibc
internal import NetworkTraining
internal import RandomStreams
internal import VerificationKit

/// The exact mean over every SGD step θ − η(αg_i ± (1 − α)N_k) of the last layer, at a ladder of learning rates.
struct InjectedSGDSteps: Sendable {
  static let alpha = 0.6
  let learningRate: Double
  /// Mean of K₁/K₀ − 1.
  let growth: Double
  let reference: IntegratedRates
  /// What discrete steps add: α²η times Theorem 14's term.
  let discreteStep: Double

  static let ladder = Result {
    try (0..<6).map { try InjectedSGDSteps(learningRate: 0.008 / Double(1 << $0), noiseScale: 1) }
  }

  /// - Parameter noiseScale: the size of the injected noise; at 1 its entries have the deviation 1/20.
  init(learningRate eta: Double, noiseScale: Double) throws {
    let population = try DigitsPopulation.shared.get().first(40)
    let layer = population.network.weights.count - 1
    let weights = population.network.weights[layer]
    let sample = population.gradients(at: population.network)[layer]
    let generator = RandomGenerator(stream: "InjectedSGDSteps/noise", seed: 0)
    let injected = (0..<8).map { _ in weights.map { _ in noiseScale / 20 * generator.gaussian() } }
    let (alpha, sigma) = (Self.alpha, try SingularValueDecomposition(weights).values[0])
    var sum = 0.0
    for i in 0..<sample.count {
      let moved = weights - sample.deltas.column(i).outer(eta * alpha * sample.inputs.column(i))
      for noise in injected {
        for sign in [-eta, eta] {
          sum += try SingularValueDecomposition(moved + sign * (1 - alpha) * noise).values[0] / sigma - 1
        }
      }
    }
    let own = try LayerDynamics.subject(
      LayerPoint(
        weights: weights, sample: sample, noise: .populationWithReplacement(batchSize: 1), learningRate: eta))
    // Equally likely matrices N_k of either sign have the covariance ΣN_kN_kᵀ/8.
    let columns = injected.map { $0 / Double(injected.count).squareRoot() }
    let noise = try LayerDynamics.subject(
      LayerPoint(
        weights: weights, gradient: sample.mean, sample: DenseGradients(columns), noise: .factor, learningRate: eta))
    learningRate = eta
    growth = sum / Double(2 * sample.count * injected.count)
    reference = IntegratedRates(constant: own.mu, own.kappa, noise.kappa)
    discreteStep = alpha * alpha * eta * own.discreteStep
  }

  /// What the noises add to the growth, over what the samples' own adds by Equation 26.
  private func noiseGrowth() throws -> (found: Double, complete: Double) {
    let own = IntegratedRates(optimization: reference.optimization)
    let exponent = NoisyGradientRegularization.subject
    let withoutNoise = try exponent(own, Self.alpha, learningRate) + discreteStep
    let neglecting = Self.alpha * Self.alpha * reference.curvature(learningRate)
    let complete = try exponent(reference, Self.alpha, learningRate) + discreteStep
    return ((growth - withoutNoise) / neglecting, (complete - withoutNoise) / neglecting)
  }

  /// Equation 26 around the size of the injected noise at which κ_n's share equals κ's.
  static func judgeNeglect() throws -> Verdict {
    let eta = 2e-3
    func growth(_ scale: Double) throws -> (found: FirstOrderLimit, complete: Double) {
      let steps = try [eta, eta / 2].map { try InjectedSGDSteps(learningRate: $0, noiseScale: scale).noiseGrowth() }
      return (FirstOrderLimit(step: steps[0].found, half: steps[1].found), steps[1].complete)
    }
    let crossing = 1 / (try growth(1).complete - 1).squareRoot()
    let sweep = try [0.25, 1, 4].map { multiple in
      let (found, complete) = try growth(multiple * crossing)
      return (
        text: "\(rounded(found.value)) at \(rounded(multiple * crossing / 20))", found: found, complete: complete
      )
    }
    let largest = sweep[sweep.count - 1]
    guard largest.found.agrees(with: largest.complete), !largest.found.agrees(with: 1) else {
      return .inconclusive(
        "noise adds \(largest.found) times α²κ, with κ_n it should be \(largest.complete)")
    }
    return .refuted(
      Counterexample(
        at: "digits, batches of one, α = \(alpha)", claimed: "noise adds 1 α²κ to the growth of log E K",
        found: "\(sweep.map(\.text).joined(separator: ", ")), the standard deviation of the injected noise's entries"))
  }

  private static func rounded(_ x: Double) -> Double { NoisyGradientRegularization.rounded(x) }
}

/// Full-batch descent on the digits with the gradient and with a part of it, to the same time.
struct GradientFlowPair: Sendable {
  static let alpha = 0.25
  static let time = 12.0
  let learningRate: Double
  /// log K(t)/K(0) of the run with the scaled gradient.
  let growth: Double
  /// ∫μ along the run with the whole gradient; there is no noise.
  let reference: IntegratedRates

  static let ladder = Result {
    try (5...9).map { try GradientFlowPair(gradientScale: alpha, time: time, steps: 1 << $0) }
  }

  init(gradientScale alpha: Double, time: Double, steps: Int) throws {
    let population = try DigitsPopulation.shared.get()
    let eta = time / Double(steps)
    var (whole, scaled) = (population.network, population.network)
    var integral = [0.0]
    for k in 0..<steps {
      let gradient = whole.fullGradient(population.samples)
      let mu = try zip(whole.weights, gradient.weights).reduce(0.0) { sum, layer in
        let top = try TopSingularTriplet(layer.0)
        return sum - top.u.dot(layer.1 * top.v) / top.sigma
      }
      integral.append(integral[k] + eta * mu)
      whole.parameters.add(-eta, gradient)
      scaled.parameters.add(-eta * alpha, scaled.fullGradient(population.samples))
    }
    learningRate = eta
    growth = scaled.logNorm - population.network.logNorm
    reference = IntegratedRates(optimization: PiecewiseLinear(step: eta, integral).callAsFunction)
  }
}

/// SGD on the digits with every sample's gradient weighted by α/M, beside SGD with αη on the same batches.
struct ScaledRuns: Sendable {
  static let alpha = 0.25
  let steps = 6
  private let learningRate = 0.2
  private let batchSize = 8
  /// log K(t)/K(0) of the weighted run.
  let growth: Double
  /// The same along the other run, as if all of it were ∫μ, continued beyond what is compared.
  let reference: IntegratedRates

  var time: Double { Double(steps) * learningRate }
  /// The sums over features, hidden units, classes and samples that one step makes of every weight, forth and back.
  var operations: Int { 2 * steps * (64 + 16 + 10 + batchSize) }

  init(_ setting: Setting) throws {
    let population = try DigitsPopulation.shared.get()
    let sampler = try population.samplers(1, batchSize: batchSize, setting.name, setting.seed)[0]
    let workspace = Workspace<Double>(for: population.network.architecture, sampleCount: batchSize)
    let share = Vector([Double](repeating: Self.alpha / Double(batchSize), count: batchSize))
    let origin = population.network.logNorm
    var (weighted, slow) = (population.network, population.network)
    var growth = [0.0]
    let slowDescent = StochasticGradientDescent(
      on: population.samples, learningRate: try LearningRate(Self.alpha * learningRate))
    for k in 0..<Int(Double(steps) / Self.alpha) {
      let batch = sampler.batch(step: k)
      if k < steps {
        workspace.load(batch, of: population.samples)
        weighted.forward(workspace)
        weighted.backward(workspace)
        weighted.parameters.add(-learningRate, weighted.gradient(.weighted(share), of: workspace))
      }
      slowDescent.step(&slow, batch, workspace)
      growth.append(slow.logNorm - origin)
    }
    self.growth = weighted.logNorm - origin
    reference = IntegratedRates(
      optimization: PiecewiseLinear(step: Self.alpha * learningRate, growth).callAsFunction)
  }
}

/// A function given at 0, h, 2h, … and linear in between.
private struct PiecewiseLinear: Sendable {
  private let step: Double
  private let values: [Double]

  init(step: Double, _ values: [Double]) { (self.step, self.values) = (step, values) }

  func callAsFunction(_ x: Double) -> Double {
    let place = x / step
    let left = min(max(0, Int(place)), values.count - 2)
    return values[left] + (place - Double(left)) * (values[left + 1] - values[left])
  }
}
