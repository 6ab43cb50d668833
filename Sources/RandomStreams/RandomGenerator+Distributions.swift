// Distributions of a sequential generator, GSL's. A parameter outside its range is the caller's mistake.

internal import CGSL

extension RandomGenerator {
  /// A standard normal, by the polar method.
  ///
  /// Not GSL's ziggurat, whose normals have 24 bits: it repeats values visibly (12,000 times in 10⁷ draws).
  public func gaussian() -> Double {
    gsl_ran_ugaussian(state)
  }

  /// Overwrites every entry with a standard normal.
  public func fillGaussian(_ out: inout [Double]) {
    for index in out.indices { out[index] = gsl_ran_ugaussian(state) }
  }

  /// A gamma variable, density x^{a−1} e^{−x/θ} / (Γ(a) θ^a).
  ///
  /// - Accuracy: Marsaglia and Tsang's method as GSL has it, on 24-bit normals.
  public func gamma(shape: Double, scale: Double) -> Double {
    precondition(shape > 0 && shape.isFinite, "the shape of a gamma distribution is positive and finite")
    precondition(scale > 0 && scale.isFinite, "the scale of a gamma distribution is positive and finite")
    return gsl_ran_gamma(state, shape, scale)
  }

  /// A beta variable, density x^{a−1} (1−x)^{b−1} / B(a, b).
  public func beta(_ a: Double, _ b: Double) -> Double {
    precondition(a > 0 && a.isFinite && b > 0 && b.isFinite, "the parameters of a beta distribution are positive")
    return gsl_ran_beta(state, a, b)
  }

  /// A chi-squared variable, the sum of ν squared standard normals.
  public func chiSquared(degreesOfFreedom: Double) -> Double {
    precondition(
      degreesOfFreedom > 0 && degreesOfFreedom.isFinite, "a chi-squared distribution has positive degrees of freedom")
    return gsl_ran_chisq(state, degreesOfFreedom)
  }

  /// A Student t variable.
  public func studentT(degreesOfFreedom: Double) -> Double {
    precondition(
      degreesOfFreedom > 0 && degreesOfFreedom.isFinite, "a Student distribution has positive degrees of freedom")
    return gsl_ran_tdist(state, degreesOfFreedom)
  }

  /// An exponential variable of a given mean.
  public func exponential(mean: Double) -> Double {
    precondition(mean > 0 && mean.isFinite, "the mean of an exponential distribution is positive and finite")
    return gsl_ran_exponential(state, mean)
  }

  /// A Poisson count.
  public func poisson(mean: Double) -> Int {
    precondition(mean >= 0 && mean <= 1e9, "the mean of a Poisson distribution lies in 0 ... 10^9")
    return mean == 0 ? 0 : Int(gsl_ran_poisson(state, mean))
  }

  /// The number of successes in independent trials.
  public func binomial(trials: Int, probability: Double) -> Int {
    precondition(trials >= 0 && trials <= 2_147_483_647, "the trials of a binomial distribution lie in 0 ..< 2^31")
    precondition(probability >= 0 && probability <= 1, "a probability lies in 0 ... 1")
    return Int(gsl_ran_binomial(state, probability, UInt32(trials)))
  }

  /// True with the given probability.
  public func bernoulli(probability: Double) -> Bool {
    precondition(probability >= 0 && probability <= 1, "a probability lies in 0 ... 1")
    return uniform() < probability
  }
}
