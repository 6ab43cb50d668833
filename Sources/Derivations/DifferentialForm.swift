// Where differentials may stand: dX, dt and dW are multiplied and added, never divided by or put under a function.

internal import ExactArithmetic
internal import SymbolicCalculus

enum DifferentialForm {
  /// The fewest and the most differential factors of a term; nil for 0, which goes with any.
  ///
  /// Throws where a differential stands that must not, or a term lacks one beside terms that have one.
  static func degrees(of e: Expression) throws(DerivationError) -> ClosedRange<Int>? {
    switch e.node {
    case .number(0), .zero: return nil
    case .number, .size, .variable, .identity, .ones, .basis, .singular: return 0...0
    case .timeDifferential, .brownianDifferential: return 1...1
    case .differential(let x):
      try none(in: x, "inside d( )")
      return 1...1
    case .defined(_, _, let x), .negate(let x), .transpose(let x), .entry(let x, _), .sum(_, let x):
      return try degrees(of: x)
    case .add(let terms):
      var all: ClosedRange<Int>?
      for term in terms {
        guard let degrees = try degrees(of: term) else { continue }
        guard let sum = all else {
          all = degrees
          continue
        }
        if (sum.lowerBound == 0) != (degrees.lowerBound == 0) {
          throw DerivationError("a differential and something without one are added", at: term.span)
        }
        all = min(sum.lowerBound, degrees.lowerBound)...max(sum.upperBound, degrees.upperBound)
      }
      return all
    case .multiply(let a, let b), .scale(let a, let b): return try product([a, b])
    case .apply(let function, let arguments):
      switch function {
      case .trace, .vec, .unvec, .diag, .diagonal, .kron, .hadamard: return try product(arguments)
      default:
        for argument in arguments { try none(in: argument, "under \(function.rawValue)") }
        return 0...0
      }
    case .divide(let a, let b):
      try none(in: b, "in a divisor")
      return try degrees(of: a)
    case .power(let base, let exponent):
      try none(in: exponent, "in an exponent")
      guard let degrees = try degrees(of: base) else { return nil }
      guard degrees.upperBound > 0 else { return 0...0 }
      guard case .number(let value) = exponent.node, let power = Int(value.description), (1...64).contains(power) else {
        throw DerivationError("a differential has positive integer powers only", at: e.span)
      }
      return bounded(degrees.lowerBound * power, degrees.upperBound * power)
    case .derivative(let f, let x, let directions):
      try none(in: f.body, "inside a function")
      try none(in: x, "in a derivative's point")
      return try product(directions)
    case .gradient(let f, let x), .hessian(let f, let x):
      try none(in: f.body, "inside a function")
      try none(in: x, "in a derivative's point")
      return 0...0
    case .product(_, let x): return try none(in: x, "inside prod")
    case .call(_, let x): return try none(in: x, "in a function's argument")
    case .processValue(_, let t): return try none(in: t, "in a time")
    case .expectation(let x), .variance(let x): return try none(in: x, "inside an expectation")
    case .covariance(let x, let y):
      try none(in: x, "inside an expectation")
      return try none(in: y, "inside an expectation")
    case .integral(_, let a, let b, let body):
      try none(in: a, "in a bound")
      try none(in: b, "in a bound")
      try linear(body, in: "an integral")
      return 0...0
    }
  }

  /// Whether a differential stands in the expression as a factor.
  static func has(_ e: Expression) throws(DerivationError) -> Bool { try (degrees(of: e)?.upperBound ?? 0) > 0 }

  /// Requires that all sides of a relation have differentials, or none.
  static func checkSides(_ sides: [Expression]) throws(DerivationError) {
    var first: Bool?
    for side in sides {
      guard let degrees = try degrees(of: side) else { continue }
      let has = degrees.upperBound > 0
      if first.map({ $0 != has }) ?? false {
        throw DerivationError(
          "one side of the relation has a differential in every term, the other has none", at: side.span)
      }
      first = has
    }
  }

  /// Requires exactly one dt or dW in every term.
  static func linear(_ form: Expression, in place: String) throws(DerivationError) {
    if let degrees = try degrees(of: form), degrees != 1...1 {
      throw DerivationError(
        degrees.lowerBound == 0
          ? "\(place) needs a differential such as dt or dW in every term"
          : "\(place) has two differentials in one term", at: form.span)
    }
    if let other = differential(in: form) {
      throw DerivationError(
        "\(place) is over time and Brownian motions only", at: other.span,
        hint: "write out this differential in terms of dt and dW")
    }
  }

  /// A d(·) that is neither dt nor dW and stands as a factor.
  private static func differential(in e: Expression) -> Expression? {
    if case .differential = e.node { return e }
    if case .integral = e.node { return nil }
    for child in e.children { if let found = differential(in: child) { return found } }
    return nil
  }

  @discardableResult
  private static func none(in e: Expression, _ place: String) throws(DerivationError) -> ClosedRange<Int> {
    if try has(e) {
      throw DerivationError("a differential \(place)", at: e.span)
    }
    return 0...0
  }

  private static func product(_ factors: [Expression]) throws(DerivationError) -> ClosedRange<Int>? {
    var all: ClosedRange<Int>? = 0...0
    for factor in factors {
      let degrees = try degrees(of: factor)
      guard let sum = all, let degrees else {
        all = nil
        continue
      }
      all = bounded(sum.lowerBound + degrees.lowerBound, sum.upperBound + degrees.upperBound)
    }
    return all
  }

  /// More factors than a hundred are all one: zero.
  private static func bounded(_ lower: Int, _ upper: Int) -> ClosedRange<Int> { min(lower, 100)...min(upper, 100) }
}
