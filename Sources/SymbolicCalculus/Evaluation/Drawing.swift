// Where a point's numbers come from: named streams, in several manners, moved by small steps when a search asks for it.

internal import ExactArithmetic
internal import RandomStreams

/// A domain whose elements can be drawn at random.
protocol DrawingDomain: ScalarDomain {
  /// An element for an entry that is free; `generator` is seeded by the entry's name. `spread` asks for readable values.
  func draw(_ generator: RandomGenerator, spread: Spread) throws(EvaluationError) -> Element
  /// The greater of two, by a domain that need not decide one sign for it; nil for all others.
  func maximum(_ a: Element, _ b: Element) -> Element?
}

/// A domain of real numbers, where positive means something.
protocol ApproximatesReals {}

extension DrawingDomain {
  func maximum(_ a: Element, _ b: Element) -> Element? { nil }
  func draw(_ generator: RandomGenerator, spread: Spread) throws(EvaluationError) -> Element {
    try element(generator.rational(spread))
  }
}

/// How rational numbers are drawn.
enum Spread: Sendable {
  /// −2 … 2: for counterexamples that are to be read.
  case small
  /// p/q with |p| ≤ 30, q ≤ 7.
  case wide
  /// The same times 2ᵏ with |k| ≤ 24, another k for every number.
  case scaled
  /// Mostly zeros and ones; singular, of low rank, on the boundary of what a constraint admits.
  case degenerate
  /// −1 … 1 in sixteenths: for dynamics that are simulated, which greater rates make stiff.
  case moderate
}

/// A step of a search: about half of all numbers move, by up to four times 2⁻ᵉ, positive ones by a factor of up to 1 + 2⁻ᵉ.
struct Move: Hashable, Sendable {
  var seed: UInt64
  var exponent: Int
}

/// The numbers of one name and purpose, one after the other.
struct Source<D: DrawingDomain> {
  let domain: D
  let spread: Spread
  let generator: RandomGenerator
  /// Only real numbers move.
  let moves: [(generator: RandomGenerator, size: Rational)]

  private var isReal: Bool { domain is any ApproximatesReals }

  func element(_ own: Spread? = nil) throws(EvaluationError) -> D.Element {
    guard isReal else { return try domain.draw(generator, spread: own ?? spread) }
    var x = generator.rational(own ?? spread)
    for (generator, size) in moves { x = x + 4 * size * generator.step }
    return try domain.element(x)
  }

  /// Positive in a real domain, or perhaps zero; any element elsewhere.
  func positive(orZero: Bool = false) throws(EvaluationError) -> D.Element {
    guard isReal else { return try domain.draw(generator, spread: spread) }
    var x = generator.positive(spread)
    let isZero = spread == .degenerate && generator.uniform(below: 2) == 0
    for (generator, size) in moves {
      let step = size * generator.step
      x = step.sign < 0 ? x / (1 - step) : x * (1 + step)
    }
    return try domain.element(isZero && orZero ? 0 : x)
  }
}

extension RandomGenerator {
  fileprivate func rational(_ spread: Spread) -> Rational {
    switch spread {
    case .small: Rational(uniform(below: 5) - 2)
    case .wide: Rational(uniform(below: 61) - 30, uniform(below: 7) + 1)
    case .scaled: rational(.wide) * scale
    case .degenerate: Rational([0, 0, 0, 1, 1, -1][uniform(below: 6)])
    case .moderate: Rational(uniform(below: 33) - 16, 16)
    }
  }

  fileprivate func positive(_ spread: Spread) -> Rational {
    switch spread {
    case .small: Rational(uniform(below: 3) + 1)
    case .wide: Rational(uniform(below: 30) + 1, uniform(below: 7) + 1)
    case .scaled: positive(.wide) * scale
    case .degenerate: Rational(uniform(below: 2) + 1)
    case .moderate: Rational(uniform(below: 8) + 3, 8)
    }
  }

  private var scale: Rational { Rational(2).power(uniform(below: 49) - 24) }

  /// Zero, or in −1 … 1.
  fileprivate var step: Rational { uniform(below: 2) == 0 ? 0 : Rational(uniform(below: 33) - 16, 16) }
}
