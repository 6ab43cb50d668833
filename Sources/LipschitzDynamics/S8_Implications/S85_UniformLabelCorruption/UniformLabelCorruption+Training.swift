// The digits' network under every label: SGD steps of one sample, and whole populations with corrupted labels.

internal import DenseLinearAlgebra
private import Glibc
internal import NetworkTraining
internal import VerificationKit

extension DigitsPopulation {
  /// The last layer's gradients of all samples under one label.
  func gradients(labelled label: Int) -> [RankOneGradients<Double>] {
    let workspace = Workspace<Double>(for: network.architecture, sampleCount: count)
    let same = Samples(
      inputs: samples.inputs, labels: [Int](repeating: label, count: count), classes: samples.classes)
    workspace.load(Array(0..<count), of: same)
    network.forward(workspace)
    network.backward(workspace)
    return workspace.layers.map { RankOneGradients(deltas: $0.deltas, inputs: $0.inputs) }
  }
}

/// SGD steps of the last layer with one of twenty digits under one of ten labels.
struct LabelledSteps: Sendable {
  let labels: [Int]
  let classes: Int
  /// [sample][class][component]: −⟨J, g⟩/σ₁, the slope of K/K₀, and −⟨E, g⟩ for a fixed direction E.
  let slopes: [[[Double]]]
  /// [sample][class][component]: what a step θ − ηg changes of K/K₀ and of ⟨E, θ⟩, over an η so short that all is linear.
  let changes: [[[Double]]]
  /// E(K₁/K₀ − 1) and the mean of its square over all samples and corrupted labels, at a ladder of learning rates.
  let ladder: [(learningRate: Double, mean: Double, square: Double)]

  /// p.
  static let probability = 0.2
  static let shared = Result { try LabelledSteps(DigitsPopulation.shared.get().first(20)) }

  private init(_ population: DigitsPopulation) throws {
    let last = population.network.weights.count - 1
    let weights = population.network.weights[last]
    let (labels, classes) = (population.samples.labels, population.samples.classes)
    let byClass = (0..<classes).map { population.gradients(labelled: $0)[last] }
    let gradients = (0..<population.count).map { i in
      byClass.map { $0.deltas.column(i).outer($0.inputs.column(i)) }
    }
    let top = try TopSingularTriplet(weights)
    // The difference of the two mean gradients: the direction in which the mixture's means lie apart.
    let apart = zip(gradients, labels).reduce(0 * weights) { sum, item in
      item.0.reduce(sum + item.0[item.1]) { $0 - $1 / Double(classes) }
    }
    let direction = apart / apart.frobeniusNorm
    func relativeNorm(_ moved: Matrix<Double>) throws -> Double {
      try SingularValueDecomposition(moved).values[0] / top.sigma - 1
    }
    (self.labels, self.classes) = (labels, classes)
    slopes = gradients.map { ofSample in
      ofSample.map { g in [-top.u.dot(g * top.v) / top.sigma, -direction.inner(g)] }
    }
    let short = 1e-6
    changes = try gradients.map { ofSample in
      try ofSample.map { g in
        let moved = weights - short * g
        return [try relativeNorm(moved) / short, direction.inner(moved - weights) / short]
      }
    }
    ladder = try (0..<6).map { rung in
      let eta = 0.01 / Double(1 << rung)
      var (mean, square) = (0.0, 0.0)
      for (i, ofSample) in gradients.enumerated() {
        for (label, g) in ofSample.enumerated() {
          let p = Self.probability
          let chance = (p / Double(classes) + (label == labels[i] ? 1 - p : 0)) / Double(labels.count)
          let change = try relativeNorm(weights - eta * g)
          mean += chance * change
          square += chance * change * change
        }
      }
      return (eta, mean, square)
    }
  }
}

/// What the paper's two simplifications give for the digits' network, and what its gradients say.
enum CorruptedTraining {
  /// ‖ḡ_n‖ beside ‖ḡ_s‖ over all layers' weights: the former is zero by the paper's assumption.
  static func judgeNoiseGradient() throws -> Verdict {
    let population = try DigitsPopulation.shared.get()
    let classes = population.samples.classes
    let signal = population.gradients(at: population.network).map(\.mean)
    let uniform = (0..<classes).map { population.gradients(labelled: $0).map(\.mean) }
    let noise = signal.indices.map { l in
      uniform.dropFirst().reduce(uniform[0][l]) { $0 + $1[l] } / Double(classes)
    }
    func norm(_ layers: [Matrix<Double>]) -> Double {
      layers.reduce(0) { $0 + $1.inner($1) }.squareRoot()
    }
    let ratio = norm(noise) / norm(signal)
    // Round-off of sums over two hundred samples is all that a zero could leave.
    guard ratio > Double(classes * population.count) * Double.ulpOfOne else {
      return .inconclusive("‖ḡ_n‖/‖ḡ_s‖ = \(ratio)")
    }
    return .refuted(
      Counterexample(
        at: "digits, cross-entropy", claimed: "∇ of the uniform-label loss = 0",
        found: "‖ḡ_n‖ = \((ratio * 100).rounded() / 100) ‖ḡ_s‖"))
  }

  /// κ_Z with half of the labels corrupted against (1 − p)² times that without, over all samples and labels.
  static func judgeExponentLaw() throws -> Verdict {
    let population = try DigitsPopulation.shared.get()
    let classes = population.samples.classes
    let byClass = (0..<classes).map { population.gradients(labelled: $0) }
    /// The population in which every sample occurs under every label as often as the law says.
    func coefficients(trueCopies: Int, uniformCopies: Int) throws -> NetworkCoefficients {
      let own = population.gradients(at: population.network)
      let layers = own.indices.map { l -> LayerPoint in
        let parts =
          [RankOneGradients<Double>](repeating: own[l], count: trueCopies)
          + byClass.flatMap { [RankOneGradients<Double>](repeating: $0[l], count: uniformCopies) }
        let (deltas, inputs) = (parts.flatMap(\.deltas.elements), parts.flatMap(\.inputs.elements))
        let count = parts.count * population.count
        return LayerPoint(
          weights: population.network.weights[l],
          sample: RankOneGradients(
            deltas: Matrix(rows: own[l].deltas.rows, columns: count, columnMajor: deltas),
            inputs: Matrix(rows: own[l].inputs.rows, columns: count, columnMajor: inputs)),
          noise: .populationWithReplacement(batchSize: 1), learningRate: 1)
      }
      return try NetworkCoefficients(layers: layers)
    }
    let clean = try coefficients(trueCopies: 1, uniformCopies: 0)
    // p = ½: as many copies with the true label as with all others together.
    let corrupted = try coefficients(trueCopies: classes, uniformCopies: 1)
    let (kappa, mu) = (corrupted.kappa / clean.kappa, corrupted.mu / clean.mu)
    guard abs(kappa - 0.25) > Double(classes * population.count) * Double.ulpOfOne else {
      return .inconclusive("κ ratio \(kappa)")
    }
    func percent(_ x: Double) -> Double { (x * 1000).rounded() / 10 }
    return .refuted(
      Counterexample(
        at: "digits, p = ½, at the same parameters", claimed: "κ falls to (1 − p)² = 25 %, μ to 50 %",
        found: "κ is \(percent(kappa)) % and μ \(percent(mu)) % of that with true labels"))
  }
}
