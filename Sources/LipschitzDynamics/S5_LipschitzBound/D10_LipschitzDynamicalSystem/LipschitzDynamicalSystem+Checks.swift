// Norms of matrices with known spectra, how they scale, and runs of SGD that share their first batches.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import NetworkTraining
internal import RandomStreams
public import VerificationKit

extension LipschitzDynamicalSystem {
  public static let checks: [Check<Subject>] = [
    .roundOffIdentity("layers with rational singular values") { norms, _ in
      let layers = [
        RationalSVD(3, 4, sigma: [3, 2, Rational(1, 2)]), RationalSVD(2, 3, sigma: [Rational(5, 2), 1]),
        RationalSVD(4, 2, sigma: [Rational(2, 3), Rational(1, 3)]),
      ]
      let later = layers.map { 2 * matrix($0) }
      return try [layers, Array(layers.prefix(2))].flatMap { layers in
        let claimed = try norms([layers.map(matrix), Array(later.prefix(layers.count))], 0)
        let expected = layers.map(\.sigma[0].approximation)
        let product = layers.reduce(Rational(1)) { $0 * $1.sigma[0] }.approximation
        return [
          NumericIdentity(
            "K⁽ˡ⁾ of \(layers.count) layers", claimed: claimed.layers, expected: expected, operations: 64),
          NumericIdentity(
            "Z of \(layers.count) layers", claimed: claimed.logBound, expected: log(product), operations: 64),
          NumericIdentity("K of \(layers.count) layers", claimed: claimed.bound, expected: product, operations: 64),
        ]
      }
    },
    .roundOffIdentity(
      "scaling a layer adds its logarithm to Z",
      blindTo: Dictionary(
        uniqueKeysWithValues: ["Frobenius norms", "smallest singular values"].map { ($0, "scale alike") })
    ) { norms, setting in
      let generator = setting.generator("weights")
      let weights = [(5, 4), (6, 5), (3, 6)].map { m, n in
        Matrix<Double>(rows: m, columns: n) { _, _ in generator.gaussian() }
      }
      let factors = [3, 0.25, 7.0]
      let plain = try norms([weights, weights], 0)
      let scaled = try norms([zip(factors, weights).map { $0 * $1 }, weights], 0)
      let logarithms = factors.map { log($0) }
      return [
        NumericIdentity(
          "change of Z", claimed: scaled.logBound - plain.logBound, expected: logarithms.sum,
          magnitude: abs(plain.logBound) + logarithms.map { abs($0) }.sum, operations: 128),
        NumericIdentity(
          "ratio of K", claimed: scaled.bound / plain.bound, expected: factors.reduce(1, *), operations: 128,
          condition: abs(plain.logBound)),
      ]
    },
    Check("SGD on digits: norms at a step depend on earlier batches only", .training) { norms, trial in
      let (steps, shared) = (8, 4)
      let population = try DigitsPopulation.shared.get()
      func batches(_ purpose: String) throws -> [[Int]] {
        let sampler = try population.samplers(
          1, batchSize: 8, trial.setting.name.appending(purpose), trial.setting.seed)
        return (0..<steps).map { sampler[0].batch(step: $0) }
      }
      let (first, other) = (try batches("batches"), try batches("other batches"))
      let run = try population.weights(along: first)
      let sameStart = try population.weights(along: Array(first[..<shared] + other[shared...]))
      let otherStart = try population.weights(along: [other[0]] + first[1...])
      var identities: [NumericIdentity] = []
      for step in 0...steps {
        let (here, there, elsewhere) = (try norms(run, step), try norms(sameStart, step), try norms(otherStart, step))
        if step <= shared, here != there {
          return .refuted(
            Counterexample(
              at: "step \(step), batches shared up to step \(shared)", claimed: "Z = \(here.logBound)",
              found: "Z = \(there.logBound) under other later batches"))
        }
        guard step <= shared || here != there, step == 0 || here != elsewhere else {
          return .inconclusive("step \(step): other earlier batches left every bit as it was")
        }
        let grams = try run[step].map { try SymmetricEigen($0.gram()).values }
        let expected = grams.map { log($0[$0.count - 1]) / 2 }
        identities.append(
          NumericIdentity(
            "Z at step \(step)", claimed: here.logBound, expected: expected.sum,
            magnitude: expected.map { abs($0) }.sum + 1, operations: 2 * 64))
      }
      return judgeRoundOff(identities).relabelled(.training, place: "runs sharing \(shared) of \(steps) batches")
    },
  ]

  public static let boundaries = [
    Boundary(
      "a layer that passes through zero", drops: noZeroLayer,
      remedy: "stop the run before a layer vanishes, or follow K itself, which goes to zero where Z has no value"
    ) { _ in
      let direction = Matrix<Double>([[1, 0.5], [0, 2]])
      func state(_ t: Double) throws -> NetworkNorms { try subject([[t * direction, direction]], 0) }
      let divisor = 1024
      let logs = try (0..<5).map { try state(pow(Double(divisor), -Double($0))).logBound }
      let falls = zip(logs, logs.dropFirst()).map { $0 - $1 }
      var refusal: HypothesisViolation?
      do { _ = try state(0) } catch let violation as HypothesisViolation { refusal = violation }
      // Equal falls at equal ratios of t: no end to them.
      guard let refusal, falls[0] > 0, falls.allSatisfy({ $0 > falls[0] / 2 }) else {
        return .inconclusive("Z = \(logs)")
      }
      return .refuted(
        Counterexample(
          at: "θ⁽¹⁾ = tE, t → 0", claimed: "a finite Z",
          found: "Z falls by \((100 * falls[0]).rounded() / 100) whenever t is divided by \(divisor), without bound; "
            + "at t = 0: \(refusal)"))
    },
    Boundary(
      "noise added to the gradients", drops: onlyBatches,
      remedy: "enlarge the filtration by every other source of randomness; Itô's calculus then stands as it is"
    ) { setting in
      let population = try DigitsPopulation.shared.get()
      let batches = try population.samplers(1, batchSize: 8, setting.name.appending("batches"), setting.seed)[0]
      let order = (0..<3).map { batches.batch(step: $0) }
      let bounds = try ["noise", "other noise"].map { purpose in
        let generator = setting.generator(purpose)
        let run = try population.weights(along: order) { 0.01 * generator.gaussian() }
        return try subject(run, order.count).bound
      }
      guard bounds[0] != bounds[1] else { return .inconclusive("both runs end at K = \(bounds[0])") }
      return .refuted(
        Counterexample(
          at: "two runs with the same \(order.count) batches", claimed: "one K, a function of the batches",
          found: "K = \(bounds[0]) and \(bounds[1])"))
    },
  ]

  private static func matrix(_ svd: RationalSVD) -> Matrix<Double> {
    Matrix(rows: svd.theta.rows, columns: svd.theta.columns) { svd.theta[$0, $1].approximation }
  }
}

extension DigitsPopulation {
  /// The weights before the first step, between steps, and after the last.
  ///
  /// - Parameter noise: added to every gradient entry of the weights, if given.
  fileprivate func weights(along batches: [[Int]], noise: (() -> Double)? = nil) throws -> [[Matrix<Double>]] {
    let rate = try LearningRate(0.1)
    let descent = StochasticGradientDescent(on: samples, learningRate: rate)
    var network = self.network
    var path = [network.weights]
    for batch in batches {
      descent.step(&network, batch, Workspace(for: network.architecture, sampleCount: batch.count))
      if let noise {
        for layer in network.weights.indices {
          network.parameters.weights[layer] = network.weights[layer].map { $0 - rate.value * noise() }
        }
      }
      path.append(network.weights)
    }
    return path
  }
}
