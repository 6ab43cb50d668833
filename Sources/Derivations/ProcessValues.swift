// at(K, T): the value of a process at a time, and where it may stand: under a mean, where nothing moves.

internal import SymbolicCalculus

extension Elaborator {
  mutating func processValue(_ written: [Syntax], _ span: Range<Int>) throws(DerivationError) -> Expression {
    guard written.count == 2 else {
      throw DerivationError("at takes a process and a time", at: span, hint: "write at(K, T)")
    }
    let process = try elaborate(written[0])
    guard case .variable(let name, _) = process.node, let declaration = scope.theory.declarations[name] else {
      throw DerivationError("\(quote(written[0].span)) is no process", at: written[0].span)
    }
    switch declaration.nature {
    case .brownian, .process(_, _?): break
    case .process(_, nil):
      throw DerivationError(
        "\(name) has no start, so its law at a time is not known", at: written[0].span,
        hint: "write process \(name) : d\(name) = …, \(name)(0) = …")
    default: throw DerivationError("\(name) is no process", at: written[0].span)
    }
    let time = try elaborate(written[1])
    let shape = sizes.resolve(time.shape)
    guard shape.isScalar else { throw DerivationError("a time is a scalar, and this is \(shape)", at: written[1].span) }
    if let moving = time.moving(in: scope.theory) {
      throw DerivationError("the time of at( ) is fixed, and \(moving) is not", at: written[1].span)
    }
    return try make(.processValue(process, at: time), declaration.shape, span)
  }
}

enum ProcessValues {
  /// Requires that every at( ) stands inside E, Var or Cov, and not where something is differentiated or integrated.
  static func check(_ e: Expression) throws(DerivationError) { try check(e, isAveraged: false) }

  private static func check(_ e: Expression, isAveraged: Bool) throws(DerivationError) {
    switch e.node {
    case .processValue(_, let time):
      guard isAveraged else {
        throw DerivationError(
          "at( ) outside an expectation", at: e.span, hint: "write E[…], Var[…] or Cov[…] around what is random")
      }
      try refuse(time, "in a time")
    case .expectation, .variance, .covariance: for child in e.children { try check(child, isAveraged: true) }
    case .differential: try refuse(e, "inside d( ), which is about present values")
    case .derivative(let f, _, _), .gradient(let f, _), .hessian(let f, _):
      try refuse(f.body, "in a function that is differentiated")
      for child in e.children.dropFirst() { try check(child, isAveraged: isAveraged) }
    case .integral: try refuse(e, "under an integral")
    default: for child in e.children { try check(child, isAveraged: isAveraged) }
    }
  }

  static func refuse(_ e: Expression, _ place: String) throws(DerivationError) {
    if case .processValue = e.node { throw DerivationError("at( ) \(place)", at: e.span) }
    for child in e.children { try refuse(child, place) }
  }
}

extension Expression {
  /// A name in this that is random or moves with time, if there is one.
  fileprivate func moving(in theory: Theory) -> String? {
    switch node {
    case .variable(let name, _), .call(let name, _):
      if let declaration = theory.declarations[name] {
        switch declaration.nature {
        case .process, .brownian, .adapted, .timeFunction(adapted: true): return name
        default: if declaration.isRandom { return name }
        }
      }
    case .expectation, .variance, .covariance: return nil
    default: break
    }
    for child in children { if let name = child.moving(in: theory) { return name } }
    return nil
  }
}
