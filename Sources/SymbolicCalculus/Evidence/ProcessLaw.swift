// Statements about the law of an Itô process at a time: Monte Carlo over simulated paths, with an allowance for the steps.

internal import ExactArithmetic
internal import Glibc
internal import RandomStreams

/// What simulation says of one statement at one place.
private struct PathComparison {
  var differs = false
  /// Half-width of the interval for the difference, relative to the larger side or one draw's deviation.
  var error = 0.0
  /// The lowest weak order observed, and its standard error; nil where no change with the step stands out of the noise.
  var order: (value: Double, error: Double)?
  var left = "?"
  var right = "?"
  var values: [Counterexample.Value] = []
}

extension Examiner {
  private static var lanes: Int { 2_048 }

  /// Equality by simulation with h, h/2 and h/4 on the same Brownian paths, extrapolated to h = 0.
  ///
  /// Places at which a mean rests on few paths say nothing and are passed over; two places at least must be left.
  func simulated(_ s: Statement, _ points: Points, _ accepted: [Place], because reason: String) -> Finding {
    var worst = 0.0
    var order: (value: Double, error: Double)?
    var used: [Place] = []
    for place in accepted where used.count < 4 {
      do {
        guard let comparison = try compare(s, points, place) else { continue }
        used.append(place)
        if let found = comparison.order {
          guard found.value + 3 * found.error >= 0.7 else {
            return .undecided("Euler–Maruyama converges too slowly here: weak order \(rounded(found.value))")
          }
          if order.map({ found.value < $0.value }) ?? true { order = found }
        }
        if comparison.differs {
          return .refuted(
            Counterexample(
              sizes: place.sizes, values: comparison.values, left: comparison.left, right: comparison.right,
              partsAt: nil, kind: .sampled))
        }
        worst = max(worst, comparison.error)
      } catch .undefined(let what) {
        return .undecided("not defined everywhere that the hypotheses hold: \(what); state what excludes this")
      } catch {
        return .undecided("\(reason); nor by simulation: \(error.reason)")
      }
    }
    guard used.count >= 2 else {
      return .undecided("\(reason); nor by simulation: the means rest on few paths, as those of heavy tails do")
    }
    guard worst < 0.05 else { return .undecided("\(reason); simulation resolves only \(percent(worst))") }
    let steps = PathGrid.ladder.map { "T/\($0)" }.joined(separator: ", ")
    let observed =
      order.map { "weak order \(rounded($0.value)) ± \(rounded($0.error, .up))" } ?? "step errors below the noise"
    return .holds(
      Evidence(
        .sampled,
        "Euler–Maruyama with steps \(steps), \(observed), means agree within \(percent(worst)) "
          + "of the larger side or of one draw's deviation",
        sizes: distinctSizes(used)))
  }

  private func rounded(_ x: Double, _ rule: FloatingPointRoundingRule = .toNearestOrEven) -> String {
    "\((x * 10).rounded(rule) / 10)"
  }

  /// Nil where the means cannot be trusted.
  private func compare(_ s: Statement, _ points: Points, _ place: Place) throws(EvaluationError) -> PathComparison? {
    let sides = [s.left, s.right]
    let times = try self.times(sides, points, place)
    // By replicate and step size, the entries of both sides.
    var rows: [[(left: [Double], right: [Double])]] = []
    let tails = PathTails()
    var last: Evaluator<LanesDomain>?
    for replicate in 0..<Self.replicates {
      let draws = PathDraws(lanes: Self.lanes, replicate: replicate, seed: seed)
      var levels: [(left: [Double], right: [Double])] = []
      for steps in PathGrid.ladder {
        let evaluator = try points.evaluator(LanesDomain(), at: place)
        try evaluator.average(over: draws, PathGrid(times: times, steps: steps), of: sides, tails)
        levels.append((try evaluator.means(s.left), try evaluator.means(s.right)))
        last = evaluator
      }
      rows.append(levels)
    }
    guard tails.share < 0.1 else { return nil }
    var result = PathComparison()
    var scale = 0.0
    var widest = 0.0
    for entry in rows[0][0].left.indices {
      let entries = rows.map { $0.map { (left: $0.left[entry], right: $0.right[entry]) } }
      let sides = [entries.map { $0[2].left }, entries.map { $0[2].right }].map(Sample.init)
      // Deviations of one draw keep the scale where both sides are zero.
      for side in sides { scale = max(scale, abs(side.mean), side.deviation * Double(Self.lanes).squareRoot()) }
      let differences = entries.map { $0.map { $0.left - $0.right } }
      let changes = [Sample(differences.map { $0[1] - $0[0] }), Sample(differences.map { $0[2] - $0[1] })]
      let limit = Sample(differences.map { 2 * $0[2] - $0[1] })
      let allowance = abs(Sample(differences.map { 2 * $0[2] - 3 * $0[1] + $0[0] }).mean)
      let statistical = Self.quantile * limit.standardError
      let halfWidth = statistical + allowance + 1e-12 * scale
      if abs(limit.mean) > halfWidth { result.differs = true }
      widest = max(widest, halfWidth)
      if let order = Self.order(changes, noise: statistical + 1e-12 * scale),
        result.order.map({ order.value < $0.value }) ?? true
      {
        result.order = order
      }
    }
    result.error = scale == 0 ? widest : widest / scale
    let limits = [\(left: [Double], right: [Double]).left, \.right].map { side in
      rows[0][0][keyPath: side].indices.map { entry in
        Sample(rows.map { 2 * $0[2][keyPath: side][entry] - $0[1][keyPath: side][entry] }).mean
      }
    }
    (result.left, result.right) = (limits[0].shown, limits[1].shown)
    result.values = last.map { last in last.shownValues { $0.text(units: last.units) { "\($0.mean)" } } } ?? []
    return result
  }

  /// Weak order p of changes c·hᵖ(1 − 2⁻ᵖ) with h and h/2, where they stand out of the noise.
  private static func order(_ changes: [Sample], noise: Double) -> (value: Double, error: Double)? {
    let (first, second) = (changes[0], changes[1])
    guard abs(second.mean) > noise, abs(first.mean) > 0 else { return nil }
    let relative = hypot(first.standardError / first.mean, second.standardError / second.mean)
    return (log2(abs(first.mean / second.mean)), relative / log(2.0))
  }

  /// The times of every at( ), in order.
  private func times(_ sides: [Expression], _ points: Points, _ place: Place) throws(EvaluationError) -> [Double] {
    let evaluator = try points.evaluator(LanesDomain(), at: place)
    var times: Set<Double> = []
    for (_, time) in sides.flatMap(\.processValues) {
      guard let t = try? evaluator.means(time).first else {
        throw .unsupported("the time \(time), which depends on an index or has no value")
      }
      guard t >= 0 else { throw .undefined("a process at the negative time \(time)") }
      if t > 0 { times.insert(t) }
    }
    return times.sorted()
  }
}

extension Evaluator where D == LanesDomain {
  /// The entries of a value without draws.
  fileprivate func means(_ e: Expression) throws(EvaluationError) -> [Double] {
    var means: [Double] = []
    for entry in try value(e).entries {
      guard let mean = try arithmetic.base(entry, for: "a mean").common else {
        throw .unsupported("a random value outside any expectation")
      }
      guard mean.isFinite else { throw .unsupported("paths that leave floating point") }
      means.append(mean)
    }
    return means
  }
}

/// Values of independent replicates.
private struct Sample {
  let mean: Double
  let deviation: Double
  let standardError: Double

  init(_ values: [Double]) {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    self.mean = mean
    deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, n - 1)).squareRoot()
    standardError = deviation / n.squareRoot()
  }
}

extension [Double] {
  fileprivate var shown: String { count == 1 ? "\(self[0])" : "[" + map { "\($0)" }.joined(separator: "; ") + "]" }
}
