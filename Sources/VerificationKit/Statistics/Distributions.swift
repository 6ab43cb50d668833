// Distribution functions, from GSL: the only special functions that the oracles need.

internal import CGSL

/// Distribution functions and quantiles of the laws that test statistics follow.
public enum Distribution {
  /// GSL's default handler aborts the process; statuses and NaN are checked by the callers here.
  private static let quiet: Void = { _ = gsl_set_error_handler_off() }()

  /// P(Z > z) for a standard normal Z.
  public static func normalUpperTail(_ z: Double) -> Double {
    quiet
    return gsl_cdf_ugaussian_Q(z)
  }

  /// The z with P(Z > z) = p.
  public static func normalUpperQuantile(_ p: Double) -> Double {
    quiet
    return gsl_cdf_ugaussian_Qinv(p)
  }

  /// P(T > t) for Student's law with ν degrees of freedom.
  public static func studentUpperTail(_ t: Double, degreesOfFreedom nu: Double) -> Double {
    quiet
    return gsl_cdf_tdist_Q(t, nu)
  }

  /// The t with P(T > t) = p for Student's law with ν degrees of freedom.
  public static func studentUpperQuantile(_ p: Double, degreesOfFreedom nu: Double) -> Double {
    quiet
    return gsl_cdf_tdist_Qinv(p, nu)
  }

  /// P(F > f) for Fisher's law with (d1, d2) degrees of freedom.
  public static func fisherUpperTail(_ f: Double, _ d1: Double, _ d2: Double) -> Double {
    quiet
    return gsl_cdf_fdist_Q(f, d1, d2)
  }

  /// P(X ≥ k) for the number X of successes in n trials of probability p.
  public static func binomialUpperTail(_ k: Int, trials n: Int, probability p: Double) -> Double {
    quiet
    return k <= 0 ? 1 : gsl_cdf_binomial_Q(UInt32(k - 1), p, UInt32(n))
  }

  /// The largest rate that k successes or more in n trials still contradict: Clopper and Pearson's one-sided bound.
  ///
  /// - Parameters:
  ///   - k: the successes, from 0 to `n`.
  ///   - n: the trials, at least one.
  ///   - confidence: the probability, at least, that the bound lies below the true rate; in (0, 1).
  /// - Returns: a rate in [0, 1); the quantile of Beta(k, n − k + 1) at 1 − `confidence`.
  public static func binomialLowerBound(successes k: Int, trials n: Int, confidence: Double) -> Double {
    quiet
    return k <= 0 ? 0 : gsl_cdf_beta_Pinv(1 - confidence, Double(k), Double(n - k + 1))
  }
}
