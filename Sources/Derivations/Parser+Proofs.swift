// Claims and their proofs: chains of relations with reasons.

internal import SymbolicCalculus

extension Parser {
  mutating func claim() throws(DerivationError) -> StatementSyntax.Kind {
    let name = try expectName("the claim's name")
    try expect(":", " and the statement")
    let start = token
    let statement = try comparison()
    if acceptWord("by") {
      let step = ChainSyntax.Step(
        relation: statement.relation, right: statement.right, reason: try reason(), span: span(from: start))
      return .claim(
        name, statement,
        proof: [ChainSyntax(name: nil, first: statement.left, steps: [step], span: span(from: start))])
    }
    if case .sign(let sign) = token.kind, Relation(rawValue: sign) != nil {
      throw DerivationError(
        "a claim has one relation", at: token.span,
        hint: "make two claims, or claim what the ends say and prove it by the chain")
    }
    guard isWord("proof") else { return .claim(name, statement, proof: []) }
    let opening = token
    advance()
    var chains: [ChainSyntax] = []
    while !isWord("qed") {
      if case .name(let word) = token.kind, Token.statementWords.contains(word) {
        throw DerivationError(
          "\(token.description) inside the proof of \(name.text)", at: token.span,
          hint: "end the proof with qed")
      }
      if token.kind == .end {
        throw DerivationError("this proof has no end", at: opening.span, hint: "end it with qed")
      }
      if let last = chains.last, last.name == nil {
        throw DerivationError(
          "expected ‘qed’ or a relation, found \(token.description)", at: token.span,
          hint: "a chain that stands before the last is a ‘have Name: …’")
      }
      chains.append(try chain())
    }
    guard let last = chains.last, last.name == nil else {
      throw DerivationError("the proof of \(name.text) has no chain for the claim itself", at: token.span)
    }
    advance()
    return .claim(name, statement, proof: chains)
  }

  private mutating func chain() throws(DerivationError) -> ChainSyntax {
    let start = token
    var name: Syntax.Name?
    if acceptWord("have") {
      name = try expectName("a name for this step")
      try expect(":")
    }
    let first = try expression()
    var steps: [ChainSyntax.Step] = []
    while true {
      let stepStart = token
      guard let relation = relation() else { break }
      let right = try expression()
      let reason = acceptWord("by") ? try reason() : nil
      // have A: a = b ⏎ c = d would read as a = b c = d.
      if name != nil, reason == nil, isRelation, let place = continuedLine(from: stepStart) {
        throw DerivationError(
          "a step that others cite ends with a reason, and this line would be a factor of the one before",
          at: place.span,
          hint: "write by algebra before it")
      }
      steps.append(ChainSyntax.Step(relation: relation, right: right, reason: reason, span: span(from: stepStart)))
    }
    guard !steps.isEmpty else { throw expected("a relation such as ‘=’") }
    if name != nil, steps.last?.reason == nil {
      throw DerivationError(
        "a step that others cite ends with a reason", at: token.span,
        hint: "line ends mean nothing: without a reason, such as by algebra, the next line would be a factor")
    }
    return ChainSyntax(name: name, first: first, steps: steps, span: span(from: start))
  }

  private var isRelation: Bool {
    if case .sign(let sign) = token.kind { Relation(rawValue: sign) != nil } else { false }
  }

  /// The first token since `start`, outside brackets, that begins a line and is multiplied with what stands before it.
  private func continuedLine(from start: Token) -> Token? {
    guard var k = tokens[..<position].lastIndex(of: start) else { return nil }
    var brackets = 0
    while k < position {
      let token = tokens[k]
      switch token.kind {
      case .sign("("), .sign("["): brackets += 1
      case .sign(")"), .sign("]"): brackets -= 1
      default: break
      }
      if token.startsLine, k > 0, brackets == 0 || brackets == 1 && token.kind == .sign("(") {
        let isFactor: Bool =
          switch token.kind {
          case .name, .number, .sign("("): true
          default: false
          }
        let endsFactor: Bool =
          switch tokens[k - 1].kind {
          case .name, .number, .sign(")"), .sign("]"), .sign("'"): true
          default: false
          }
        if isFactor && endsFactor { return token }
      }
      k += 1
    }
    return nil
  }

  private mutating func reason() throws(DerivationError) -> Reason {
    if case .quoted(let words) = token.kind {
      advance()
      return .words(words)
    }
    let word = try expectName("a reason")
    switch word.text {
    case "algebra": return .algebra
    case "definition": return .definition
    case "assumption": return .assumption
    case "differentiation": return .differentiation
    case "ito": return .ito
    case "isserlis": return .isserlis
    case "cite":
      let name = try expectName("what to cite").text
      guard accept(".") else { return .cite(document: nil, name: name) }
      return .cite(document: name, name: try expectName("a claim of \(name)").text)
    default:
      let known = ["algebra", "definition", "assumption", "differentiation", "ito", "isserlis", "cite"]
      throw DerivationError(
        "‘\(word.text)’ is no reason", at: word.span,
        hint: Spelling.nearest(to: word.text, among: known).map { "did you mean \($0)?" }
          ?? "known are \(known.joined(separator: ", ")); other words stand in quotes")
    }
  }

  mutating func comparison() throws(DerivationError) -> Comparison {
    let left = try expression()
    guard let relation = relation() else { throw expected("a relation such as ‘=’") }
    return Comparison(left: left, relation: relation, right: try expression())
  }
}
