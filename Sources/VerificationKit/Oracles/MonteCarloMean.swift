// Oracle: a random vector whose mean the claim says is zero. The sample size is fixed before the test is drawn.

internal import DenseLinearAlgebra
public import RandomStreams

/// A source of independent residual vectors whose mean is zero if the claim is true.
public typealias ResidualSampler = (RandomGenerator) throws -> [Double]

extension Check {
  /// The mean of a residual is zero, tested at a size planned from the nearest mutant and the false-alarm budget.
  ///
  /// A pilot on a stream of its own runs the true function and every visible mutant on the same draws. The nearest
  /// mutant's distance in standard errors fixes n, with half of it on top; then n fresh draws are tested once, by
  /// Hotelling's T². The full tier draws so many times sixteen. If n without that half exceeds `limit`, the check is
  /// inconclusive and names the mutant it cannot resolve.
  ///
  /// - Parameters:
  ///   - name: unique within the claim; part of the streams' names.
  ///   - evidence: `training` where the sample is SGD of a real network.
  ///   - blindTo: mutants that the residual cannot see by construction, with the reason.
  ///   - pilot: draws used for planning.
  ///   - minimum: the smallest sample size; large enough for the central limit theorem at the budget's tails.
  ///   - limit: the largest size of the quick tier, before half of it is added.
  ///   - sampler: prepares, for a function under test, a source of residual vectors.
  public static func monteCarloMean(
    _ name: String, evidence: Evidence = .monteCarlo, blindTo: [String: String] = [:], pilot: Int = 1_000,
    minimum: Int = 4_000, limit: Int = 400_000,
    sampler: @escaping @Sendable (Subject, Setting) throws -> ResidualSampler
  ) -> Check {
    Check(name, evidence, blindTo: blindTo) { subject, trial in
      let setting = trial.setting
      let truth = try pilotMoments(try sampler(trial.reference, setting), pilot, setting)
      if let origin = truth.originOfNonFinite { return .inconclusive("pilot: \(origin)") }
      var planned = minimum
      for rival in trial.rivals {
        let moments = try pilotMoments(try sampler(rival.subject, setting), pilot, setting)
        let shift = moments.mean - truth.mean
        guard var distance = truth.mahalanobisSquared(shift) else {
          return .inconclusive("the residual does not vary in the pilot")
        }
        // A mutant may scatter more than the truth, and is then tested with its own scatter.
        if let own = moments.mahalanobisSquared(shift) { distance = min(distance, own) }
        let needed = FalseAlarms.separation * FalseAlarms.separation / distance
        guard needed.isFinite, needed <= Double(limit) else {
          return .inconclusive("mutant '\(rival.name)' would need \(needed) samples; enlarge the limit or declare it")
        }
        // The pilot knows the distance only to some ten percent, hence the half on top.
        planned = max(planned, Int((1.5 * needed).rounded(.up)))
      }
      planned *= setting.tier.scale
      let draw = try sampler(subject, setting)
      let generator = setting.generator("sample")
      var moments = VectorMoments(dimension: truth.mean.count)
      for _ in 0..<planned { moments.add(try draw(generator)) }
      return judgeZeroMean(moments, evidence)
    }
  }

  /// As ``monteCarloMean(_:evidence:blindTo:pilot:minimum:limit:sampler:)`` for a fixed, costly sample, such as an
  /// ensemble of training runs that every function under test shares.
  public static func ensembleMean(
    _ name: String, evidence: Evidence, blindTo: [String: String] = [:],
    residuals: @escaping @Sendable (Subject, Setting) throws -> [[Double]]
  ) -> Check {
    Check(name, evidence, blindTo: blindTo) { subject, trial in
      let sample = try residuals(subject, trial.setting)
      guard let first = sample.first else { return .inconclusive("the ensemble is empty") }
      var moments = VectorMoments(dimension: first.count)
      for residual in sample { moments.add(residual) }
      return judgeZeroMean(moments, evidence)
    }
  }
}

private func pilotMoments(_ draw: ResidualSampler, _ count: Int, _ setting: Setting) throws -> VectorMoments {
  let generator = setting.generator("pilot")
  let first = try draw(generator)
  var moments = VectorMoments(dimension: first.count)
  moments.add(first)
  for _ in 1..<count { moments.add(try draw(generator)) }
  return moments
}

/// The verdict on "this mean is zero" at the suite's false-alarm budget.
public func judgeZeroMean(_ moments: VectorMoments, _ evidence: Evidence) -> Verdict {
  if let origin = moments.originOfNonFinite { return .inconclusive(origin) }
  guard moments.count >= 50 else { return .inconclusive("only \(moments.count) samples: no basis for a mean") }
  guard let p = moments.pValueOfZeroMean, p.isFinite else {
    return .inconclusive("no effective samples: the residuals do not vary, or only together")
  }
  let errors = moments.standardErrors
  let worst = moments.mean.indices.max { abs(moments.mean[$0] / errors[$0]) < abs(moments.mean[$1] / errors[$1]) }!
  let size = "\(short(moments.mean[worst])) ± \(short(errors[worst]))"
  if p < FalseAlarms.perCheck {
    return .refuted(
      Counterexample(
        at: "component \(worst) of \(moments.mean.count), n = \(moments.count)", claimed: "mean residual 0",
        found: "\(size), p = \(short(p))", pValue: p))
  }
  return .supported(
    ErrorBudget(
      evidence, fractionUsed: FalseAlarms.fractionUsed(pValue: p),
      summary: "n = \(moments.count), p = \(short(p)), worst mean \(size)", pValue: p))
}

/// Three significant digits.
func short(_ x: Double) -> String {
  guard x.isFinite, x != 0 else { return "\(x)" }
  var digits = x.magnitude
  var exponent = 0
  while digits >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
  while digits < 1 { (digits, exponent) = (digits * 10, exponent - 1) }
  let rounded = (digits * 100).rounded() / 100
  let sign = x < 0 ? "-" : ""
  if (-3...4).contains(exponent) {
    var scale = 1.0
    for _ in 0..<(2 - exponent).magnitude { scale *= exponent < 2 ? 10 : 0.1 }
    return sign + "\((x.magnitude * scale).rounded() / scale)"
  }
  return "\(sign)\(rounded)e\(exponent)"
}
