// Decides statements: the strongest evidence that applies, or a counterexample.

internal import ExactArithmetic
internal import Glibc
internal import RandomStreams

/// Examines statements in a theory.
///
/// Equalities are tested in this order, and the first kind that can evaluate both sides decides: modulo random primes
/// (exact up to a stated probability), in balls (enclosed), in floating point and by Monte Carlo (sampled). A refutation
/// always comes with a real point at which every hypothesis holds for certain.
public struct Examiner: Sendable {
  public let theory: Theory
  public let seed: UInt64
  /// Multiplications that one evaluation may take, and one statement.
  private static let (evaluation, statement) = (2_000_000, 25_000_000)
  /// What this examiner's statements may take together.
  private let budget: WorkBudget?

  public init(_ theory: Theory, seed: UInt64 = 1, budget: WorkBudget? = nil) {
    (self.theory, self.seed, self.budget) = (theory, seed, budget)
  }

  public func examine(_ s: Statement) -> Finding {
    let total = WorkBudget(Self.statement, of: budget)
    let finding = examineAll(s, of: total)
    if case .refuted = finding { return finding }
    return total.isSpent
      ? .undecided("the work that this step needs exceeds the budget: make two steps of it, or name a part of it")
      : finding
  }

  /// Equations among the hypotheses may have several families of solutions, according to what they are solved for.
  private func examineAll(_ s: Statement, of total: WorkBudget) -> Finding {
    let first = Points(theory, [s.left, s.right], budget: Self.evaluation, of: total)
    var finding = examine(s, first)
    if case .refuted = finding { return finding }
    if let missing = first.hypotheses.missing { return .undecided(missing) }
    var isSolved = true
    if case .vacuous = finding { isSolved = false }
    var solutions = Solutions()
    if case .holds = finding { solutions.look(at: first, self) }
    var (choice, choices) = (0, first.hypotheses.choices)
    while choice + 1 < min(12, choices) {
      choice += 1
      let points = Points(theory, [s.left, s.right], budget: Self.evaluation, of: total, choice: choice)
      // What one equation is solved for may leave another more ways.
      choices = max(choices, points.hypotheses.choices)
      if !isSolved {
        let other = examine(s, points)
        if case .vacuous = other { continue }
        finding = other
        if case .holds = finding {
          solutions.look(at: points, self)
          break
        }
        return finding
      }
      // What cannot be solved adds nothing, but solutions that the other choices do not have may stay out of reach.
      let found = acceptedPlaces(points, atLeast: 3)
      if found.unmade != nil { solutions.isIncomplete = true }
      guard let places = found.places else { continue }
      if case .holds = finding { solutions.look(at: points, self) }
      if s.relation == .equal, let objection = realObjection(s, points, places) { return objection }
      for place in places where isRefuted(s, points, place) { return .refuted(describe(place, s, points)) }
      if let found = hunted(s, points, places) { return .refuted(found) }
    }
    if case .holds = finding, let name = solutions.trivial {
      return .undecided(
        "the hypotheses could be met only with \(name) = 0, and others of their solutions may be out of reach: parametrise "
          + "them, as P = A inv(A' A) A' does P P = P")
    }
    return finding
  }

  func examine(_ s: Statement, _ points: Points) -> Finding {
    if let obstacle = points.hypotheses.obstacle { return .undecided(obstacle) }
    let accepted: [Place]
    // Six points for an equality, and more for an inequality, which no single point can show, and for an Itô integral,
    // which half of all points may leave without a meaning.
    let wanted = s.relation != .equal ? 36 : [s.left, s.right].contains(where: \.hasItoIntegrals) ? 24 : 6
    let found = acceptedPlaces(points, atLeast: wanted)
    guard let places = found.places else { return found.absence }
    accepted = places + elsewhere(places, points)
    if let (name, only) = smallestOnly(accepted, points) {
      return .undecided(
        "the hypotheses could be met only at \(name) = \(only), which shows nothing of other sizes")
    }
    return s.relation == .equal ? equality(s, points, accepted) : inequality(s, points, accepted)
  }
}

extension EvaluationError {
  var reason: String {
    switch self {
    case .unsupported(let what), .undefined(let what), .undecided(let what), .tooLarge(let what): what
    }
  }
}
