// Three models near convergence: one that stops, one that stays, and one that grows, but not through κ.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import VerificationKit

/// Three samples xⱼ = √3 eⱼ with labels ⟨θ*, xⱼ⟩ and the loss ½(⟨θ, x⟩ − y)², a Gaussian's negative log-likelihood.
///
/// With δ = θ − θ* a sample's gradient is 3δⱼeⱼ: ∇L = δ and Σ = 3 diag(δ)² − δδᵀ for batches of one, tr Σ = 2‖δ‖².
/// A step of time h under Definition 4 has E‖δ‖² ← ((1 − h)² + 2ηh)‖δ‖², of which SGD is h = η and the SDE, with
/// e^{−(2 − 2η)t}, the limit h → 0. So μ → 0, κ > 0 and E K → ‖θ*‖.
enum RealisableLeastSquares {
  private static let eta = Rational(1, 4)
  private static let solution = [Rational(1), Rational(-1, 2), Rational(2)]
  private static let start = [Rational(2), Rational(1, 3), Rational(-1)]

  private static func gradients(_ theta: [Rational]) -> [[Rational]] {
    (0..<3).map { j in (0..<3).map { $0 == j ? 3 * (theta[j] - solution[j]) : 0 } }
  }

  private static func squaredDistance(_ theta: [Rational]) -> Rational {
    zip(theta, solution).map { ($0 - $1).squared }.sum
  }

  static func judge() throws -> Verdict {
    // Every sequence of batches of one, in rationals, against the factor a step.
    let steps = 6
    var thetas = [start]
    for _ in 0..<steps {
      thetas = thetas.flatMap { theta in gradients(theta).map { g in zip(theta, g).map { $0 - eta * $1 } } }
    }
    let factor = (1 - eta).squared + 2 * eta * eta
    let distance = thetas.map(squaredDistance).mean
    let predicted = (0..<steps).reduce(squaredDistance(start)) { product, _ in factor * product }
    guard distance == predicted, factor < 1 else {
      return .inconclusive("E‖δ‖² = \(distance) after \(steps) steps, not \(predicted)")
    }
    let coefficients = try thetas.map { theta -> LayerCoefficients in
      func row(_ a: [Rational]) -> Matrix<Double> {
        Matrix(rows: 1, columns: 3, columnMajor: a.map(\.approximation))
      }
      return try LayerDynamics.subject(
        LayerPoint(
          weights: row(theta), sample: DenseGradients(gradients(theta).map(row)),
          noise: .populationWithReplacement(batchSize: 1), learningRate: eta.approximation))
    }
    guard let least = coefficients.map(\.kappa).min(), least > 0 else { return .inconclusive("κ is not positive") }
    func norm(_ a: [Rational]) -> Double { a.map(\.squared).sum.approximation.squareRoot() }
    // |K − ‖θ*‖| ≤ ‖δ‖, and E‖δ‖ ≤ √E‖δ‖².
    let horizon = 60
    let reach =
      norm(solution) + pow(factor.approximation, Double(horizon) / 2)
      * squaredDistance(start).approximation.squareRoot()
    return .refuted(
      Counterexample(
        at:
          "three samples in R³, η = 1/4; κ ≥ \(significant(least)) > 0 after every one of \(thetas.count) sequences of batches",
        claimed: "E K → ∞",
        found:
          "E‖θ − θ*‖² = (\(factor))^k ‖θ₀ − θ*‖² exactly: E K = \(significant(thetas.map(norm).mean)) at k = \(steps), "
          + "at most \(significant(reach)) at k = \(horizon), → ‖θ*‖ = \(significant(norm(solution)))"))
  }

  private static func significant(_ x: Double) -> Double {
    let scale = pow(10, 4 - floor(log10(abs(x))))
    return (x * scale).rounded() / scale
  }
}

/// θ ∈ R³ under dθ = −(θ − θ*)dt + √η s dB: L = ½‖θ − θ*‖², Σ = s²I, in its stationary law N(θ*, vI), v = ηs²/2.
enum StationaryLayer {
  /// Tests that a growing ∫(μ + κ) makes E K grow, by quadrature over K = ‖θ‖.
  static func judge() -> Verdict {
    let (center, v) = (1.0, 0.25)
    // ‖θ‖ has the non-central Maxwell law.
    @Sendable func density(_ r: Double) -> Double {
      2 * r / (center * (2 * Double.pi * v).squareRoot()) * exp(-(r * r + center * center) / (2 * v))
        * sinh(r * center / v)
    }
    func mean(_ f: @escaping @Sendable (Double) -> Double) -> Quadrature? {
      Quadrature(from: 0, to: center + 14 * v.squareRoot()) { density($0) * f($0) }
    }
    // Kμ = −⟨θ, θ − θ*⟩/‖θ‖, where given ‖θ‖ = r the mean cosine to θ* is Langevin's function of r‖θ*‖/v.
    @Sendable func optimization(_ r: Double) -> Double {
      center * (1 / tanh(r * center / v) - v / (r * center)) - r
    }
    // Kκ = (η/2)⟨H, Σ⟩ = 2v/‖θ‖ for one row of three, and K²λ² = ηs² = 2v.
    guard let size = mean({ $0 }), let pull = mean(optimization), let push = mean({ 2 * v / $0 }),
      let mu = mean({ optimization($0) / $0 }), let kappa = mean({ 2 * v / ($0 * $0) }),
      let half = mean({ v / ($0 * $0) })
    else { return .inconclusive("the quadrature failed") }
    func slack(_ terms: Quadrature...) -> Double {
      terms.reduce(0) { $0 + $1.error + 256 * Double.ulpOfOne * abs($1.value) }
    }
    // E K stands still, and so does E log K: what is logged is half of λ², for ever.
    let (growth, logged) = (pull.value + push.value, mu.value + kappa.value)
    let loggedSlack = slack(mu, kappa, half)
    guard abs(growth) <= slack(pull, push), abs(logged - half.value) <= loggedSlack, logged > loggedSlack else {
      return .inconclusive("E[K(μ + κ)] = \(growth), E[μ + κ] = \(logged), ½E[λ²] = \(half.value)")
    }
    func rounded(_ x: Double) -> Double { (x * 1e5).rounded() / 1e5 }
    return .refuted(
      Counterexample(
        at: "stationary law, κ > 0 throughout",
        claimed: "∫(μ + κ) grows without bound, by E[μ + κ] = \(rounded(logged)) per unit of time, so E K → ∞",
        found: "E[μ + κ] = ½E[λ²], E[K(μ + κ)] = 0: E K = \(rounded(size.value)) at every time"))
  }
}

/// The flow of ``SeparableRegression``: norms grow for ever while κ dies.
enum SeparableGrowth {
  /// Measures the power with which κ decays; one below −1 has a finite integral.
  static func judge() throws -> Verdict {
    let flow = SeparableRegression.flow
    let kappas = try flow.map { point in
      try LayerDynamics.subject(
        LayerPoint(
          weights: row(point.weights), sample: DenseGradients(point.gradients.map(row)),
          noise: .populationWithReplacement(batchSize: 1), learningRate: 0.1)
      ).kappa
    }
    var (rungs, integral, next) = ([Rung](), 0.0, 100.0)
    for (i, point) in flow.enumerated() {
      if i > 0 { integral += (point.time - flow[i - 1].time) * (kappas[i] + kappas[i - 1]) / 2 }
      if point.time >= next {
        rungs.append(Rung(step: point.time, error: kappas[i]))
        next *= 4
      }
    }
    guard let fit = OrderFit(rungs), let first = flow.first, let last = flow.last else {
      return .inconclusive("κ could not be followed")
    }
    guard fit.slope + fit.halfWidth < -1, let least = kappas.min(), least > 0 else {
      return .inconclusive("κ ~ t^\(fit.slope) ± \(fit.halfWidth)")
    }
    let growth = log(last.weights.norm / first.weights.norm)
    func rounded(_ x: Double) -> Double { (x * 100).rounded() / 100 }
    return .refuted(
      Counterexample(
        at: "κ > 0 at every t up to 2·10⁶, η = 0.1", claimed: "κ drives E K → ∞",
        found:
          "the local power of κ is \(rounded(fit.slope)) ± \(rounded(fit.halfWidth)), below −1, so ∫κ < ∞; to log‖w‖'s "
          + "growth by \(rounded(growth)) κ adds \(rounded(integral)), that is \(rounded(100 * integral / growth)) %, the rest is μ"
      ))
  }

  private static func row(_ w: Vector<Double>) -> Matrix<Double> {
    Matrix(rows: 1, columns: w.count, columnMajor: w.elements)
  }
}
