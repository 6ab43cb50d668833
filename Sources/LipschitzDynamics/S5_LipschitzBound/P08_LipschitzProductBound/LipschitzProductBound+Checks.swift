// The bound against networks that attain it exactly, against linear networks, and against sampled slopes of real ones.

internal import DenseLinearAlgebra
internal import RandomStreams
public import VerificationKit

extension LipschitzProductBound {
  private static let onlyBelow = [
    "Frobenius norms": "also an upper bound, only a looser one"
  ]

  public static let checks: [Check<Subject>] = [
    .roundOffIdentity("aligned diagonal layers attain the bound") { bound, _ in
      // Along e₁ every layer multiplies by its first, largest entry and every activation by its slope.
      try [[3.0], [2, 5], [2, 3, 4]].flatMap { gains in
        try [1.0, 2].map { slope in
          let layers = gains.map { BoundedLayer(.diagonal([$0, 1, 1]), activationConstant: slope) }
          return NumericIdentity(
            "\(gains.count) layers, slope \(slope)", claimed: try bound(layers),
            expected: gains.reduce(1) { $0 * slope * $1 }, operations: 8 * gains.count)
        }
      }
    },
    Check(
      "linear networks: the norm of the product of matrices", .roundOff,
      blindTo: onlyBelow.merging(slopes) { a, _ in a }
    ) {
      bound, trial in
      let generator = trial.setting.generator("linear")
      var tightest = 0.0
      for depth in 1...4 {
        // Aligned on purpose: each layer is fed by the previous one's top left vector, up to a small disturbance.
        var layers: [Matrix<Double>] = []
        var input = Vector((0..<4).map { _ in generator.gaussian() }).normalized
        for _ in 0..<depth {
          let output = Vector((0..<4).map { _ in generator.gaussian() }).normalized
          let noise = Matrix<Double>(rows: 4, columns: 4) { _, _ in 0.05 * generator.gaussian() }
          layers.append(3 * output.outer(input) + noise)
          input = output
        }
        let product = layers.dropFirst().reduce(layers[0]) { $1 * $0 }
        let norm = try SingularValueDecomposition(product).values[0]
        let claimed = try bound(layers.map { BoundedLayer($0) })
        guard norm <= claimed * (1 + 64 * Double.ulpOfOne) else {
          return .refuted(Counterexample(at: "\(depth) layers", claimed: "‖product‖ ≤ \(claimed)", found: "\(norm)"))
        }
        tightest = max(tightest, norm / claimed)
      }
      return .supported(
        ErrorBudget(
          .roundOff, fractionUsed: 0, summary: "4 networks below their bounds, by at least \(percent(1 - tightest))"))
    },
    Check(
      "slopes of ReLU networks between sampled points", .monteCarlo, blindTo: onlyBelow.merging(slopes) { a, _ in a }
    ) {
      bound, trial in
      // No mean is estimated: one slope above the bound refutes, and none can be an accident.
      let generator = trial.setting.generator("points")
      let problem = trial.setting.problem("network")
      var direction = Vector([1.0, 0, 0, 0, 0])
      var layers: [Matrix<Double>] = []
      for _ in 0..<3 {
        let positive = Vector((0..<5).map { _ in 0.2 + abs(problem.gaussian()) }).normalized
        let noise = Matrix<Double>(rows: 5, columns: 5) { _, _ in 0.02 * problem.gaussian() }
        layers.append(4 * positive.outer(direction) + noise)
        direction = positive
      }
      func network(_ x: Vector<Double>) -> Vector<Double> {
        layers.reduce(x) { y, theta in (theta * y).map { max(0, $0) } }
      }
      let claimed = try bound(layers.map { BoundedLayer($0) })
      var steepest = 0.0
      let samples = 4_000 * trial.setting.tier.scale
      for _ in 0..<samples {
        var a = Vector((0..<5).map { _ in generator.gaussian() })
        a[0] = 1 + abs(a[0])
        let b = a + 0.1 * Vector([1, 0.05 * generator.gaussian(), 0.05 * generator.gaussian(), 0, 0])
        let slope = (network(a) - network(b)).norm / (a - b).norm
        guard slope.isFinite else { return .inconclusive("a slope is \(slope)") }
        if slope > claimed * (1 + 1e-12) {
          return .refuted(Counterexample(at: "a = \(a.elements)", claimed: "slope ≤ \(claimed)", found: "\(slope)"))
        }
        steepest = max(steepest, slope)
      }
      return .supported(
        ErrorBudget(
          .monteCarlo, fractionUsed: 0,
          summary: "\(samples) slopes, the steepest at \(percent(steepest / claimed)) of the bound"))
    },
  ]

  private static let slopes = ["activation constants ignored": "all activation constants are 1 here"]

  public static let boundaries = [
    Boundary("a skip connection", drops: noSkip, remedy: "bound x + f(x) by 1 + Π A⁽ˡ⁾K⁽ˡ⁾") { _ in
      let layer = Matrix<Double>.diagonal([2, 1])
      let claimed = try subject([BoundedLayer(layer)])
      let found = try SingularValueDecomposition(layer + .identity(2)).values[0]
      guard found > claimed else { return .inconclusive("‖I + θ‖ = \(found)") }
      return .refuted(Counterexample(at: "x + diag(2, 1)x", claimed: "Lip ≤ \(claimed)", found: "\(found)"))
    },
    Boundary(
      "an activation of slope two counted as one", drops: contractive,
      remedy: "use the activation's own constant; sigmoid's is ¼, and scaled activations have more than 1"
    ) { _ in
      let layer = Matrix<Double>.diagonal([3, 1])
      let claimed = try subject([BoundedLayer(layer)])
      // x ↦ 2 max(0, x) after the layer, between 0 and e₁.
      let image = (layer * Vector([1, 0])).map { 2 * max(0, $0) }
      guard image.norm > claimed else { return .inconclusive("slope \(image.norm)") }
      return .refuted(Counterexample(at: "a = 0, b = e₁", claimed: "slope ≤ \(claimed)", found: "\(image.norm)"))
    },
  ]

  private static func percent(_ x: Double) -> String { "\((x * 1000).rounded() / 10) %" }
}
