// Statements about the law of an Itô process at a time: means over simulated paths, with an allowance for the steps.

internal import ExactArithmetic
internal import Glibc

/// What simulation says of one statement at one place.
private enum PathVerdict {
  /// The half-width of the difference's interval, relative to the larger side, and the weak order if it shows.
  case agrees(error: Double, order: Limit.Order?)
  case differs(Counterexample)
  /// Neither, and why.
  case open(String)
}

extension Examiner {
  /// An interval wider than this part of the larger side shows nothing: a statement wrong by 2 % is never accepted.
  private static var resolution: Double { 0.005 }
  /// What a multiplication for every path of a replicate counts as.
  private static var weight: Int { 16 }

  /// Equality by simulation with h, h/2 and h/4 on the same Brownian paths, extrapolated to h = 0.
  ///
  /// Places at which the interval is too wide, or a mean rests on few paths, say nothing; three at least must be left.
  func simulated(_ s: Statement, _ points: Points, _ accepted: [Place]) -> Finding {
    let moves = [s.left, s.right].contains { !$0.processValues.isEmpty }
    var used: [Place] = []
    var worst = 0.0
    var order: Limit.Order?
    var obstacle = ""
    for place in accepted where used.count < 4 {
      do {
        switch try compare(s, points, place) {
        case .differs(let counterexample): return .refuted(counterexample)
        case .open(let why): obstacle = why
        case .agrees(let error, let found):
          used.append(place)
          worst = max(worst, error)
          if let found, order.map({ found.value < $0.value }) ?? true { order = found }
        }
      } catch .undefined(let what) {
        return .undecided("not defined everywhere that the hypotheses hold: \(what); state what excludes this")
      } catch .tooLarge(let what) {
        return .undecided("simulation would need \(what)")
      } catch {
        obstacle = error.reason
      }
    }
    guard used.count >= 3 else {
      return .undecided("simulation decides at \(used.count) points only: \(obstacle)")
    }
    let steps = PathGrid.ladder.map { "T/\($0)" }.joined(separator: ", ")
    let observed = order.map { "weak order \($0)" } ?? "step errors below the noise"
    let how =
      moves
      ? "Euler–Maruyama with steps \(steps), \(observed), extrapolated to 0; \(Self.replicates) x \(PathDraws.lanes) paths"
      : "means over \(Self.replicates) x \(PathDraws.lanes) draws on shifted lattices"
    return .holds(
      Evidence(
        .sampled, "\(how); left − right = 0 ± \(percent(worst)) of the larger side, at \(used.count) points",
        sizes: distinctSizes(used)))
  }

  private func compare(_ s: Statement, _ points: Points, _ place: Place) throws(EvaluationError) -> PathVerdict {
    let sides = [s.left, s.right]
    let times = try self.times(sides, points, place)
    // By replicate and step size, the entries of both sides.
    var rows: [[(left: [Double], right: [Double])]] = []
    let tails = PathTails()
    var last: Evaluator<LanesDomain>?
    for replicate in 0..<Self.replicates {
      let draws = PathDraws(place, replicate: replicate, seed: seed)
      var levels: [(left: [Double], right: [Double])] = []
      // Without a process there are no steps to vary.
      if times.isEmpty {
        let evaluator = try points.evaluator(LanesDomain(), at: place, weight: Self.weight)
        try evaluator.average(over: draws, PathGrid(times: [], steps: PathGrid.finest), of: sides, tails)
        let means = (try evaluator.means(s.left), try evaluator.means(s.right))
        rows.append([means, means, means])
        last = evaluator
        continue
      }
      for steps in PathGrid.ladder {
        let evaluator = try points.evaluator(LanesDomain(), at: place, weight: Self.weight)
        try evaluator.average(over: draws, PathGrid(times: times, steps: steps), of: sides, tails)
        levels.append((try evaluator.means(s.left), try evaluator.means(s.right)))
        last = evaluator
      }
      rows.append(levels)
    }
    guard tails.share < 0.02 else { return .open("the means rest on few paths, as those of heavy tails do") }
    let entries = rows[0][0].left.indices.map { entry in
      (
        left: Limit(rows.map { $0.map { $0.left[entry] } }, Self.quantile),
        right: Limit(rows.map { $0.map { $0.right[entry] } }, Self.quantile),
        difference: Limit(
          rows.map { $0.map { $0.left[entry] - $0.right[entry] } }, Self.quantile,
          scale: rows[0].reduce(0) { max($0, abs($1.left[entry]), abs($1.right[entry])) })
      )
    }
    guard entries.allSatisfy(\.difference.isSettled) else { return .open("Euler–Maruyama converges too slowly") }
    var error = 0.0
    for (left, right, difference) in entries {
      let larger = max(abs(left.mean), abs(right.mean))
      let interval = difference.halfWidth + 1e-12 * larger
      // Half as much again: the distribution of the replicates' means is not quite Gaussian.
      if abs(difference.mean) > 1.5 * interval {
        return .differs(
          Counterexample(
            sizes: place.sizes, values: last.map(\.meanValues) ?? [],
            left: shown(entries.map(\.left)), right: shown(entries.map(\.right)), partsAt: nil, kind: .sampled))
      }
      // Where both sides are 0, a path's deviation is the measure.
      let scale = left.isNull && right.isNull ? tails.deviation : larger
      let relative = scale == 0 ? (interval == 0 ? 0 : .infinity) : interval / scale
      guard abs(difference.mean) <= interval, relative <= Self.resolution else {
        return .open("the difference is known to ± \(percent(min(1, relative))) of the larger side")
      }
      error = max(error, relative)
    }
    return .agrees(error: error, order: entries.compactMap(\.difference.order).min { $0.value < $1.value })
  }

  private func shown(_ limits: [Limit]) -> String {
    limits.count == 1 ? "\(limits[0])" : "[" + limits.map { "\($0)" }.joined(separator: "; ") + "]"
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
  fileprivate var meanValues: [Counterexample.Value] { shownValues { $0.text(units: units) { "\($0.mean)" } } }

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

/// A mean over replicates, by Romberg's extrapolation of its values a, b, c with h, h/2 and h/4 to h = 0.
private struct Limit: CustomStringConvertible {
  struct Order: CustomStringConvertible {
    var value: Double
    var error: Double
    var description: String { "\((value * 10).rounded() / 10) ± \((error * 10).rounded(.up) / 10)" }
  }

  let mean: Double
  /// Of the noise at the quantile, and of the steps.
  let halfWidth: Double
  /// Weak order p of changes c·hᵖ(1 − 2⁻ᵖ), where they stand out of the noise.
  let order: Order?
  /// Whether the last change is smaller than the one before, or noise.
  let isSettled: Bool

  /// From values by replicate and step size, of numbers of size `scale`, which have rounding errors.
  init(_ rows: [[Double]], _ quantile: Double, scale: Double = 0) {
    let limit = Sample(rows.map { (8 * $0[2] - 6 * $0[1] + $0[0]) / 3 })
    let (first, second) = (Sample(rows.map { $0[1] - $0[0] }), Sample(rows.map { $0[2] - $0[1] }))
    let once = Sample(rows.map { 2 * $0[2] - $0[1] })
    mean = limit.mean
    // What the last extrapolation changed; a part of the change with h in case that vanishes by chance.
    halfWidth = quantile * limit.standardError + abs(limit.mean - once.mean) + abs(second.mean) / 32
    let (rise, noise) = (abs(second.mean), quantile * second.standardError)
    isSettled = rise - noise <= 0.75 * abs(first.mean) || rise <= noise || rise <= 1e-12 * scale
    guard rise > 1e-9 * scale, abs(first.mean) > 0 else {
      order = nil
      return
    }
    let error = hypot(first.standardError / first.mean, second.standardError / second.mean) / log(2.0)
    order = error < 0.2 ? Order(value: log2(abs(first.mean / second.mean)), error: error) : nil
  }

  /// Whether nothing tells it from 0.
  var isNull: Bool { abs(mean) <= halfWidth }

  var description: String {
    guard halfWidth > 1e-12 * abs(mean) else { return "\(mean)" }
    let scale = pow(10.0, 1 - floor(log10(halfWidth)))
    return "\((mean * scale).rounded() / scale) ± \((halfWidth * scale).rounded(.up) / scale)"
  }
}

/// Values of independent replicates.
private struct Sample {
  let mean: Double
  let standardError: Double

  init(_ values: [Double]) {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    self.mean = mean
    standardError = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n * max(1, n - 1))).squareRoot()
  }
}
