// Wrong cumulants of the scaled batch mean.

public import VerificationKit

extension GradientCentralLimit {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("√M missing: cumulants of ḡ − g") { c, m in
      let m = Double(m)
      return Cumulants(variance: c.variance / m, third: c.third / (m * m), fourth: c.fourth / (m * m * m))
    },
    Mutant("M for √M in the scaling") { c, m in
      let m = Double(m)
      return Cumulants(variance: c.variance * m, third: c.third * m, fourth: c.fourth * m)
    },
    spoiled("skewness unchanged by averaging") { c, _, scaled in
      Cumulants(variance: scaled.variance, third: c.third, fourth: scaled.fourth)
    },
    spoiled("skewness falls like 1/M") { c, m, scaled in
      Cumulants(variance: scaled.variance, third: c.third / m, fourth: scaled.fourth)
    },
    spoiled("excess kurtosis falls like 1/√M") { c, m, scaled in
      Cumulants(variance: scaled.variance, third: scaled.third, fourth: c.fourth / m.squareRoot())
    },
    spoiled("fourth central moment for the fourth cumulant") { c, m, scaled in
      // Σ of moments, as if they were additive like cumulants.
      let moment = c.fourth + 3 * c.variance * c.variance
      return Cumulants(variance: scaled.variance, third: scaled.third, fourth: moment / m)
    },
    spoiled("Gaussian at every batch size") { _, _, scaled in
      Cumulants(variance: scaled.variance, third: 0, fourth: 0)
    },
  ]

  private static func spoiled(
    _ name: String, _ change: @escaping @Sendable (_ sample: Cumulants, _ m: Double, _ scaled: Cumulants) -> Cumulants
  ) -> Mutant<Subject> {
    Mutant(name) { sample, m in change(sample, Double(m), try subject(sample, m)) }
  }
}
