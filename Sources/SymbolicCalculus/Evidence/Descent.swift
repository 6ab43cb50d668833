// Where an inequality is tightest: from the points found so far, entry by entry into corners, then downhill.

internal import CGSL
internal import ExactArithmetic
internal import Glibc

extension Examiner {
  /// Points at which a side is as close to the other, or as far on the wrong side, as a search from each start brings it.
  ///
  /// Steps along single entries end in the corners that hypotheses such as |xᵢ| ≤ 1 make; Nelder's and Mead's simplex
  /// follows curved valleys that no single entry can. Its work is not taken from the statement's.
  func descents(_ s: Statement, _ points: Points, from starts: [Place]) -> [Place] {
    let points = Points(points, budget: Self.searching / 4, of: WorkBudget(Self.searching))
    return starts.compactMap { start -> Place? in
      guard var slope = Slope(s, points, start, self) else { return nil }
      slope.takeSteps()
      slope.takeSimplices()
      return slope.place
    }
  }

  /// Whether the sides all but meet at a place of moderate numbers, where they may do so nearby.
  func touches(_ s: Statement, _ points: Points, _ place: Place) -> Bool {
    guard !place.overrides.isEmpty, place.overrides.values.joined().allSatisfy({ abs($0.approximation) <= 8 }),
      let gap = gap(s, points, place)
    else { return false }
    return abs(gap) < 1e-13
  }

  /// Multiplications that the search of one statement may take.
  private static var searching: Int { 6_000_000 }
}

/// Free entries in motion, and what the inequality leaves at them.
private struct Slope {
  private let statement: Statement
  private let points: Points
  private let start: Place
  private let keys: [(key: ValueKey, count: Int)]
  /// Where nothing is solved for, one model in which the free entries are replaced.
  private let model: Model<FloatingDomain>?
  private var x: [Double]
  private var least: Double

  /// Nil where nothing is free, too much is, or the start has no value.
  init?(_ s: Statement, _ points: Points, _ start: Place, _ examiner: Examiner) {
    let free = examiner.freeEntries(points, start, all: true)
    let keys = free.keys.sorted { ($0.name, $0.indices.description) < ($1.name, $1.indices.description) }
    (statement, self.points, self.start) = (s, points, start)
    self.keys = keys.map { ($0, free[$0]?.count ?? 0) }
    x = keys.flatMap { (free[$0] ?? []).map(\.approximation) }
    let isFree = points.hypotheses.equations.isEmpty && points.hypotheses.orthonormal.isEmpty
    model = isFree ? (try? points.evaluator(FloatingDomain(), at: start))?.model : nil
    guard !x.isEmpty, x.count <= 12, x.allSatisfy({ abs($0) < 1e6 }) else { return nil }
    least = .infinity
    guard let value = value(at: x) else { return nil }
    least = value
  }

  /// The start with its entries replaced, to thirty binary places.
  private func place(at x: [Double]) -> Place {
    var (place, next) = (start, 0)
    for (key, count) in keys {
      place.overrides[key] = x[next..<next + count].map { Rational(Int(($0 * 0x1p30).rounded()), 1 << 30) }
      next += count
    }
    return place
  }

  var place: Place { place(at: x) }

  /// right − left where the relation wants it positive; nil where a hypothesis fails or a side has no value.
  private func value(at x: [Double]) -> Double? {
    guard x.allSatisfy({ abs($0) < 1e6 }), let evaluator = evaluator(at: x),
      points.hypotheses.conditions.allSatisfy({ (try? evaluator.admits($0)) == true }),
      let left = try? evaluator.scalarValue(statement.left), let right = try? evaluator.scalarValue(statement.right)
    else { return nil }
    let rest = statement.relation == .less || statement.relation == .lessOrEqual ? right - left : left - right
    return rest.isFinite ? rest : nil
  }

  private func evaluator(at x: [Double]) -> Evaluator<FloatingDomain>? {
    guard let model else { return try? points.evaluator(FloatingDomain(), at: place(at: x)) }
    var next = 0
    for (key, count) in keys {
      guard let drawn = try? model.value(key) else { return nil }
      // As exact numbers have it, so that the place is where the value was.
      let entries = x[next..<next + count].map { Number<Double>(parts: [.constant(($0 * 0x1p30).rounded() * 0x1p-30)]) }
      model.setValue(Grid(rows: drawn.rows, columns: drawn.columns, entries: entries), for: key)
      next += count
    }
    model.triplets.removeAll()
    return try? Evaluator(model, derived: points.hypotheses.derived)
  }

  /// Along one entry at a time, in steps that shrink; a step that helped is taken again twice as far.
  mutating func takeSteps() {
    for scale in [4, 1, 0.25, 0x1p-4, 0x1p-6, 0x1p-8] as [Double] {
      for i in x.indices {
        for sign in [scale, -scale] {
          var step = sign
          while abs(step) < 1e4 {
            var trial = x
            trial[i] += step
            guard let value = value(at: trial), value < least else { break }
            (x, least, step) = (trial, value, 2 * step)
          }
        }
      }
    }
  }

  /// Again and again, since a simplex collapses on a boundary before it is there; until two in a row gain nothing.
  mutating func takeSimplices() {
    var idle = 0
    for size in [0.5, 0.1, 0.3, 0.05, 0.2, 0.02] where idle < 2 {
      var walk = x.map { size * max(1, abs($0)) }
      let n = x.count
      // A collapsed simplex is an answer here, not a reason to abort.
      _ = gsl_set_error_handler_off()
      guard let minimizer = shim_gsl_nelder_mead(n) else { return }
      defer { gsl_multimin_fminimizer_free(minimizer) }
      let here = self
      let best = Self.minimize(minimizer, from: x, steps: &walk) { here.value(at: $0) }
      idle = best.value < least - 1e-9 * abs(least) ? 0 : idle + 1
      if best.value < least { (x, least) = best }
    }
  }

  /// Stands for no value: the library wants numbers.
  private static let outside = 1e300

  /// Where the simplex ends.
  private static func minimize(
    _ minimizer: UnsafeMutablePointer<gsl_multimin_fminimizer>, from start: [Double], steps: inout [Double],
    _ value: @escaping ([Double]) -> Double?
  ) -> ([Double], value: Double) {
    final class Objective {
      let value: ([Double]) -> Double?
      init(_ value: @escaping ([Double]) -> Double?) { self.value = value }
    }
    let (n, objective) = (start.count, Objective(value))
    var origin = start
    return origin.withUnsafeMutableBufferPointer { origin in
      steps.withUnsafeMutableBufferPointer { steps in
        withExtendedLifetime(objective) {
          var function = gsl_multimin_function(
            f: { vector, context in
              guard let vector, let context else { return Slope.outside }
              let objective = Unmanaged<Objective>.fromOpaque(context).takeUnretainedValue()
              return objective.value((0..<vector.pointee.size).map { gsl_vector_get(vector, $0) }) ?? Slope.outside
            }, n: n, params: Unmanaged.passUnretained(objective).toOpaque())
          var (from, walk) = (
            gsl_vector_view_array(origin.baseAddress, n), gsl_vector_view_array(steps.baseAddress, n)
          )
          guard gsl_multimin_fminimizer_set(minimizer, &function, &from.vector, &walk.vector) == 0
          else { return (start, .infinity) }
          for _ in 0..<300 where gsl_multimin_fminimizer_size(minimizer) > 1e-9 {
            guard gsl_multimin_fminimizer_iterate(minimizer) == 0 else { break }
          }
          let x = (0..<n).map { gsl_vector_get(minimizer.pointee.x, $0) }
          return (x, gsl_multimin_fminimizer_minimum(minimizer))
        }
      }
    }
  }
}
