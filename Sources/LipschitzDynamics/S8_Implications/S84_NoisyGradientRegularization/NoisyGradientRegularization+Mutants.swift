// Wrong exponents.

private import Glibc
public import VerificationKit

extension NoisyGradientRegularization {
  /// The exponent as printed, on the reference run's integrals.
  static let printed = "Equation 26: α∫μ + α²∫κ of the reference run up to t"

  /// Faults in the two noise terms, which a run without noise cannot show.
  static let noiseMutants: [Mutant<Subject>] = [
    weighted("α² for α in κ after the change of time") { a in (a * a, (1 - a) * (1 - a) / a) },
    weighted("κ without its α") { a in (1, (1 - a) * (1 - a) / a) },
    weighted("(1 − α) for (1 − α)² in κ_n") { a in (a, (1 - a) / a) },
    weighted("α² for (1 − α)² in κ_n") { a in (a, a) },
    weighted("κ_n dropped") { a in (a, 0) },
    weighted("κ_n without the 1/α of the change of time") { a in (a, (1 - a) * (1 - a)) },
  ]

  public static let mutants: [Mutant<Subject>] = noiseMutants + timeMutants

  private static let timeMutants: [Mutant<Subject>] = [
    spoiledEnd(printed) { a in (a, a * a) },
    spoiledEnd("reference integrals up to t instead of αt") { a in (1, a) },
    Mutant("√α for α") { reference, alpha, time in try subject(reference, alpha.squareRoot(), time) },
    Mutant("(1 − α) for α") { reference, alpha, time in try subject(reference, 1 - alpha, time) },
  ]

  /// The exponent with other weights of ∫κ and ∫κ_n.
  private static func weighted(
    _ name: String, _ weights: @escaping @Sendable (Double) -> (curvature: Double, injected: Double)
  ) -> Mutant<Subject> {
    Mutant(name) { reference, alpha, time in
      let (position, w) = (alpha * time, weights(alpha))
      let noise = w.curvature * reference.curvature(position) + w.injected * reference.injected(position)
      return reference.optimization(position) + noise
    }
  }

  /// The exponent with ∫μ and ∫κ up to t, under the given weights.
  private static func spoiledEnd(
    _ name: String, _ weights: @escaping @Sendable (Double) -> (optimization: Double, curvature: Double)
  ) -> Mutant<Subject> {
    Mutant(name) { reference, alpha, time in
      let w = weights(alpha)
      let injected = (1 - alpha) * (1 - alpha) / alpha * reference.injected(alpha * time)
      return w.optimization * reference.optimization(time) + w.curvature * reference.curvature(time) + injected
    }
  }
}
