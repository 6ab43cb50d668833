// Which names an expression depends on, and how: randomly, through what they stand for, on a process at some time.

extension Expression {
  /// Random names that occur, also through names that an assumption defines, and in the laws of others.
  public func randomNames(in theory: Theory, derived: [String: Expression] = [:]) -> Set<String> {
    var found: Set<String> = []
    var open = [self]
    while let e = open.popLast() {
      for name in e.names(in: theory, derived: derived) where theory.declarations[name]?.isRandom ?? false {
        guard found.insert(name).inserted, case .normal(let mean, let covariance)? = theory.declarations[name]?.nature
        else { continue }
        open += [mean, covariance]
      }
    }
    return found
  }

  /// Every declared name that occurs, also through derived names, but not through laws and differentials.
  func names(in theory: Theory, derived: [String: Expression] = [:]) -> Set<String> {
    var found: Set<String> = []
    func visit(_ e: Expression) {
      switch e.node {
      case .variable(let name, _), .call(let name, _), .brownianDifferential(let name, _):
        if found.insert(name).inserted, let meaning = derived[name] { visit(meaning) }
      default: break
      }
      e.children.forEach(visit)
    }
    visit(self)
    return found
  }

  /// Whether a value that an adapted process has at some time occurs; an increment dW does not count.
  func isAdapted(in theory: Theory, derived: [String: Expression]) -> Bool {
    switch node {
    case .variable(let name, _), .call(let name, _):
      if let meaning = derived[name] { return meaning.isAdapted(in: theory, derived: derived) }
      switch theory.declarations[name]?.nature {
      case .adapted, .process, .timeFunction(adapted: true), .brownian: return true
      default: break
      }
    // Averaged over simulated paths.
    case .processValue(_, let time): return time.isAdapted(in: theory, derived: derived)
    default: break
    }
    return children.contains { $0.isAdapted(in: theory, derived: derived) }
  }
}
