// Bounded work: what an evaluation, a step and a document may multiply before they give up.

/// A count of multiplications that runs out; what is spent is also taken from the budget that it belongs to.
public final class WorkBudget: @unchecked Sendable {
  // One checker at a time uses it.
  private var left: Int
  private let whole: WorkBudget?
  private let weight: Int

  public convenience init(_ multiplications: Int, of whole: WorkBudget? = nil) {
    self.init(multiplications, of: whole, weight: 1)
  }

  /// Every multiplication counts as many, where it runs over many draws.
  init(_ multiplications: Int, of whole: WorkBudget?, weight: Int) {
    (left, self.whole, self.weight) = (multiplications, whole, weight)
  }

  /// What may still be spent, here and in all that this belongs to.
  var remaining: Int { min(left, whole?.remaining ?? .max) }
  var isWeighted: Bool { weight > 1 }
  var isSpent: Bool { left < 0 || whole?.isSpent ?? false }

  /// Refuses work that is going to exceed the budget before it is begun.
  func require(_ n: Int) throws(EvaluationError) {
    guard n <= left else { throw .tooLarge("\(n) multiplications, more than the budget allows") }
    try whole?.require(n)
  }

  func spend(_ n: Int) throws(EvaluationError) {
    let cost = n * weight
    left -= cost
    if left < 0 { throw .tooLarge("more multiplications than the budget allows") }
    try whole?.spend(cost)
  }
}
