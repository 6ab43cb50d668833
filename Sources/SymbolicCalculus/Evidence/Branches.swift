// Where abs, min, max and roots of squares change branch: both sides of every branch are sought, and looked at.

internal import ExactArithmetic
internal import RandomStreams

/// A scalar whose sign decides between two formulas.
struct Branch: Hashable {
  /// The function that branches, as in the source.
  let function: String
  let difference: Expression
}

extension Expression {
  /// The branches of this expression, as far as their differences are free of integrals and chance; bound indices take
  /// their first and their last value.
  var branches: [Branch] {
    func difference(_ a: Expression, _ b: Expression) -> Expression {
      Expression(.add([a, Expression(.negate(b), .scalar)]), .scalar)
    }
    switch node {
    case .defined(_, _, let meaning): return meaning.branches
    case .expectation, .variance, .covariance: return []
    case .integral(_, let a, let b, _): return a.branches + b.branches
    case .sum(let range, let body), .product(let range, let body):
      return [range.lower, range.upper].flatMap { body.replacing(index: range.index, by: $0).branches }
    case .derivative(let f, let x, let directions):
      return ([f.body.replacing(f.parameter, by: x), x] + directions).flatMap(\.branches)
    case .gradient(let f, let x), .hessian(let f, let x):
      return [f.body.replacing(f.parameter, by: x), x].flatMap(\.branches)
    default: break
    }
    var own: [Branch] = []
    switch node {
    case .apply(.abs, let a): own = [Branch(function: "abs", difference: a[0])]
    case .apply(.norm, let a) where a[0].shape.isScalar: own = [Branch(function: "norm", difference: a[0])]
    case .apply(let f, let a) where f == .minimum || f == .maximum:
      for i in a.indices {
        own += a[..<i].map { Branch(function: f.rawValue, difference: difference($0, a[i])) }
      }
    case .apply(.sqrt, let a):
      if let base = a[0].squareBase { own = [Branch(function: "sqrt", difference: base)] }
    case .power(let a, let exponent):
      if case .number(let q) = exponent.expanded.node, q.asInt == nil, let base = a.squareBase {
        own = [Branch(function: "root", difference: base)]
      }
    default: break
    }
    return own + children.flatMap(\.branches)
  }

  /// u where this is u², u⁴, … or u u.
  private var squareBase: Expression? {
    switch node {
    case .defined(_, _, let meaning): meaning.squareBase
    case .power(let base, let exponent):
      if base.shape.isScalar, case .number(let q) = exponent.expanded.node, let n = q.asInt, n > 0, n.isMultiple(of: 2)
      {
        base
      } else {
        nil
      }
    case .scale(let a, let b): a == b ? a : nil
    default: nil
    }
  }
}

extension Examiner {
  /// What became of the search on both sides of every branch.
  struct BothSides {
    var counterexample: Counterexample?
    /// The branches of which only one side could be reached, for a reader; nil if there is none.
    var remark: String?
  }

  /// Evaluates a statement on both sides of each of its branches, and in every combination if there are few.
  func bothSides(_ s: Statement, _ points: Points, _ accepted: [Place]) -> BothSides {
    var branches: [Branch] = []
    let derived = points.hypotheses.derived.sorted { $0.key < $1.key }.map(\.value)
    for branch in ([s.left, s.right] + derived).flatMap(\.branches)
    where branches.count < 8 && !branches.contains(branch) && branch.difference.isUndecided {
      branches.append(branch)
    }
    guard !branches.isEmpty else { return BothSides() }
    let differences = branches.map(\.difference)
    var pool: [(place: Place, values: [Double])] = []
    func include(_ place: Place) {
      if let values = values(of: differences, points, place) { pool.append((place, values)) }
    }
    for place in accepted.prefix(12) { include(place) }
    let sizes = points.sizeChoices.prefix(4)
    for k in 0..<24 {
      include(
        Place(
          sizes: sizes[k / 4 % sizes.count], seed: seed &+ UInt64(800_000 + k),
          spread: [.wide, .scaled, .small, .degenerate][k % 4]))
    }
    var unreached: Set<Int> = []
    for pattern in Self.patterns(branches.count) {
      func violation(_ values: [Double]) -> Double {
        zip(pattern, values).reduce(0) { sum, pair in
          let x = Double(pair.0) * pair.1
          return pair.0 == 0 || x > 0 ? sum : x.isNaN ? .infinity : sum - x + 1e-300
        }
      }
      var places = pool.filter { violation($0.values) == 0 }.prefix(4).map(\.place)
      if places.isEmpty {
        let starts = pool.map { ($0.place, violation($0.values)) }.filter { $0.1.isFinite }.sorted { $0.1 < $1.1 }
        // The nearest, and one from elsewhere.
        for (start, least) in starts.prefix(2) + starts.dropFirst(2).suffix(1) {
          let (place, rest) = descended(start, least, until: 0) { place in
            self.values(of: differences, points, place).map(violation)
          }
          if rest == 0 { places.append(place) }
        }
      }
      if places.isEmpty, pattern.count(where: { $0 != 0 }) == 1, let k = pattern.firstIndex(where: { $0 != 0 }) {
        unreached.insert(k)
      }
      for place in places where isSuspect(s, points, place) && isRefuted(s, points, place) {
        return BothSides(counterexample: describe(shrunk(place, s, points), s, points))
      }
    }
    let names = unreached.sorted().map { "\(branches[$0].function) at \(differences[$0]) = 0" }
    let remark = names.isEmpty ? nil : "only one side was reached of " + names.joined(separator: ", ")
    return BothSides(remark: remark)
  }

  /// The sides to stand on, as signs of the differences; 0 is either: each side of each branch, then combinations.
  private static func patterns(_ count: Int) -> [[Int]] {
    let single = (0..<count).flatMap { k in [1, -1].map { sign in (0..<count).map { $0 == k ? sign : 0 } } }
    guard (2...3).contains(count) else { return single }
    return single + (0..<1 << count).map { bits in (0..<count).map { bits >> $0 & 1 == 1 ? 1 : -1 } }
  }

  /// The differences where the hypotheses hold, NaN for one that has no value there; nil where a hypothesis fails.
  private func values(of differences: [Expression], _ points: Points, _ place: Place) -> [Double]? {
    guard let evaluator = try? points.evaluator(FloatingDomain(), at: place) else { return nil }
    for condition in points.hypotheses.conditions {
      guard let holds = try? evaluator.admits(condition), holds else { return nil }
    }
    return differences.map { (try? evaluator.scalarValue($0)) ?? .nan }
  }
}

extension Expression {
  /// Whether a name occurs, without which there is no other side.
  fileprivate var isUndecided: Bool {
    switch node {
    case .variable, .call: true
    default: children.contains(where: \.isUndecided)
    }
  }
}
