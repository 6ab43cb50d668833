// Wrong scales at initialisation.

private import Glibc
public import VerificationKit

extension InitializationScale {
  static let sumForProduct = "Σ σ₁ for Π σ₁"
  static let varianceForDeviation = "variance for standard deviation"

  static let wholeCentring = "√m + √n for √(m−½) + √(n−½)"
  /// Faults in the edge alone.
  static let centringFaults = ["√max(m, n) for √m + √n", "√(mn) for √m + √n", wholeCentring]

  public static let mutants: [Mutant<Subject>] = [
    centred(centringFaults[0]) { max($0, $1) },
    centred(centringFaults[1]) { $0 * $1 },
    centred(wholeCentring) { a, b in (a * a + 0.5).squareRoot() + (b * b + 0.5).squareRoot() },
    spoiled("the fluctuation's mean dropped") { layer in
      layer.norm(fluctuation: InitialConstant(mean: 0, standardDeviation: tracyWidom.standardDeviation))
    },
    spoiled("the mean of TW₂, complex matrices") { layer in
      layer.norm(
        fluctuation: InitialConstant(mean: -1.771_086_807_4, standardDeviation: tracyWidom.standardDeviation))
    },
    scaled("lost ½ before the fluctuation") { $0 },
    scaled("exponent 1/6 for 1/3") { $0.squareRoot() / 2 },
    spoiled("s² for s") { layer in
      var norm = layer.norm(fluctuation: tracyWidom)
      norm.mean *= layer.deviation
      norm.standardDeviation *= layer.deviation
      return norm
    },
    spoiled(varianceForDeviation) { layer in
      var norm = layer.norm(fluctuation: tracyWidom)
      norm.standardDeviation *= norm.standardDeviation
      return norm
    },
    Mutant(sumForProduct) { layers in
      let norms = layers.map { $0.norm(fluctuation: tracyWidom) }
      return InitialConstant(
        mean: norms.reduce(0) { $0 + $1.mean },
        standardDeviation: norms.reduce(0) { hypot($0, $1.standardDeviation) })
    },
  ]

  private static func spoiled(
    _ name: String, _ norm: @escaping @Sendable (GaussianLayer) -> InitialConstant
  ) -> Mutant<Subject> {
    Mutant(name) { layers in product(of: layers.map(norm)) }
  }

  /// Another edge, from √(m−½) and √(n−½).
  private static func centred(
    _ name: String, _ edge: @escaping @Sendable (Double, Double) -> Double
  ) -> Mutant<Subject> {
    spoiled(name) { layer in
      var norm = layer.norm(fluctuation: tracyWidom)
      let (a, b) = ((Double(layer.rows) - 0.5).squareRoot(), (Double(layer.columns) - 0.5).squareRoot())
      norm.mean += layer.deviation * (edge(a, b) - a - b)
      return norm
    }
  }

  /// Another scale of the fluctuation, from twice the right one: (1/a + 1/b)^⅓.
  private static func scaled(_ name: String, _ scale: @escaping @Sendable (Double) -> Double) -> Mutant<Subject> {
    spoiled(name) { layer in
      let edge = layer.norm(fluctuation: InitialConstant(mean: 0, standardDeviation: 0)).mean
      let right = layer.norm(fluctuation: InitialConstant(mean: 0, standardDeviation: 1)).standardDeviation
      let wrong = layer.deviation * scale(2 * right / layer.deviation)
      return InitialConstant(
        mean: edge + wrong * tracyWidom.mean, standardDeviation: wrong * tracyWidom.standardDeviation)
    }
  }
}
