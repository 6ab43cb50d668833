// What is written parses to the tree that the language page promises.

import SymbolicCalculus
import Testing

@testable import Derivations

/// The tree with every bracket written.
private func text(_ s: Syntax) -> String {
  func list(_ all: [Syntax]) -> String { all.map(text).joined(separator: ", ") }
  switch s.kind {
  case .number(let value, _): return "\(value)"
  case .name(let name): return name
  case .index(let base, let indices): return "\(text(base))[\(list(indices))]"
  case .transpose(let a): return "\(text(a))'"
  case .negate(let a): return "(-\(text(a)))"
  case .sum(let terms):
    return "("
      + terms.enumerated().map { i, term in
        (term.isSubtracted ? " - " : i == 0 ? "" : " + ") + text(term.syntax)
      }.joined() + ")"
  case .product(let a, let operation, let b):
    let sign = [Syntax.Operation.times: " ", .over: "/", .hadamard: " .* ", .kron: " ⊗ "][operation] ?? "?"
    return "(\(text(a))\(sign)\(text(b)))"
  case .power(let a, let b): return "(\(text(a))^\(text(b)))"
  case .call(let name, let arguments): return "\(name.text){\(list(arguments))}"
  case .unvec(let m, let n, let x): return "mat[\(text(m)), \(text(n))]{\(text(x))}"
  case .range(let ranges, let conditions, let isProduct, let body):
    let runs = ranges.map { "\($0.name.text) in \(text($0.lower))..\(text($0.upper))" }.joined(separator: ", ")
    let but = conditions.map { "\(text($0.left)) != \(text($0.right))" }.joined(separator: ", ")
    return "\(isProduct ? "prod" : "sum")<\(runs)\(but.isEmpty ? "" : " where " + but)>\(text(body))"
  case .integral(let name, let from, let to, let body):
    return "integral<\(name.text) in \(text(from))..\(text(to))>\(text(body))"
  case .calculus(let operation, let function, let point, let directions):
    let f: String
    switch function {
    case .named(let name): f = name.text
    case .lambda(let name, let body): f = "\(name.text) -> \(text(body))"
    }
    return "\(operation.rawValue)<\(f)>{\(text(point))}\(directions.isEmpty ? "" : "[\(list(directions))]")"
  case .moment(let moment, let arguments): return "\(moment)<\(list(arguments))>"
  case .differential(let x): return "d{\(text(x))}"
  }
}

private func parsed(_ source: String, hidden: Set<String> = []) throws -> String {
  let (tokens, errors) = Lexer.tokens(of: DerivationSource(derivation: source))
  try #require(errors.isEmpty)
  var parser = Parser(tokens, functions: ["f"], hidden: hidden)
  let syntax = try parser.expression()
  try #require(parser.token.kind == .end, "\(source) is not read to its end")
  return text(syntax)
}

@Suite struct ParserTests {
  @Test(arguments: [
    // Precedence.
    ("a + b c", "(a + (b c))"), ("a - b - c", "(a - b - c)"), ("1/2 x", "((1/2) x)"), ("a/b c", "((a/b) c)"),
    ("a b/c", "((a b)/c)"), ("-a b", "((-a) b)"), ("-a^2", "(-(a^2))"), ("a * -b", "(a (-b))"), ("a -b", "(a - b)"),
    ("K^-1 dK", "((K^(-1)) dK)"), ("A'^2", "(A'^2)"), ("A^-1'", "(A^(-1))'"), ("x^(1/2) y", "((x^(1/2)) y)"),
    ("A'B", "(A' B)"), ("A''", "A''"), ("a .* b ⊗ c", "((a .* b) ⊗ c)"), ("x[i]^2", "(x[i]^2)"), ("2^a[i]", "(2^a[i])"),
    ("x'y z", "((x' y) z)"), ("2x", "(2 x)"), ("2e[n, i]", "(2 e[n, i])"), ("1e-3 x", "(1/1000 x)"),
    ("0.5", "1/2"), ("--a", "(-(-a))"),
    // Calls and products.
    ("f(x)", "f{x}"), ("f (x)^2", "(f{x}^2)"), ("K(a + b)", "(K (a + b))"), ("K (a + b)", "(K (a + b))"),
    ("log K", "log{K}"), ("log K x", "(log{K} x)"), ("exp x^2", "exp{(x^2)}"), ("exp(x)^2", "(exp{x}^2)"),
    ("tr A'", "tr{A'}"), ("log K[l]", "log{K[l]}"), ("log exp x", "log{exp{x}}"), ("max(a, b, c)", "max{a, b, c}"),
    ("kron(A, B)'", "kron{A, B}'"), ("mat[m, n](x)'", "mat[m, n]{x}'"), ("mean(g)", "mean{g}"),
    // What swallows.
    ("sum(i in 1..M) a[i] b + c", "(sum<i in 1..M>(a[i] b) + c)"),
    ("2 sum(i in 1..M) a[i]/M", "(2 sum<i in 1..M>(a[i]/M))"),
    ("-prod(i in 1..M) a[i]", "(-prod<i in 1..M>a[i])"),
    ("sum(i in 1..M - 1, j in 1..M where i != j) a[i] a[j]", "sum<i in 1..(M - 1), j in 1..M where i != j>(a[i] a[j])"),
    ("integral(s in 0..t) (g ds + h dW) - 1", "(integral<s in 0..t>((g ds) + (h dW)) - 1)"),
    ("sum(f in 1..M) f (x)", "sum<f in 1..M>(f x)"),
    // Calculus and chance.
    ("D[f](x)[E]", "D<f>{x}[E]"), ("D2[X -> tr X](A)[E, F] b", "(D2<X -> tr{X}>{A}[E, F] b)"),
    ("grad[opnorm](A)'", "grad<opnorm>{A}'"), ("hess[f](x)", "hess<f>{x}"), ("E[x y]", "expectation<(x y)>"),
    ("Expect[x]^2", "(expectation<x>^2)"), ("Cov[x, y]", "covariance<x, y>"), ("Var[x]", "variance<x>"),
    ("E x", "(E x)"), ("d(x y)", "d{(x y)}"), ("d (x)", "(d x)"), ("dK[l] dt", "(dK[l] dt)"), ("dK^2", "(dK^2)"),
    ("D[E -> E[1, 2]](A)[B]", "D<E -> E[1, 2]>{A}[B]"),
    // Other letters for the same.
    ("A ⊗ B ∘ C", "((A ⊗ B) .* C)"), ("a · b × c", "((a b) c)"), ("a − b", "(a - b)"), ("Aᵀ B′", "(A' B')"),
    ("σ₁ ν̂", "(σ₁ ν̂)"), ("D[X ↦ X](A)[B]", "D<X -> X>{A}[B]"), ("a # rest\n b", "(a b)"),
  ])
  func expression(_ source: String, _ tree: String) throws {
    #expect(try parsed(source) == tree)
  }

  @Test func declaredNamesHideOperators() throws {
    #expect(try parsed("E[1, 2] D[i, j]", hidden: ["E", "D"]) == "(E[1, 2] D[i, j])")
    #expect(try parsed("Expect[E[1, 2]]", hidden: ["E"]) == "expectation<E[1, 2]>")
    let document = DerivationDocument(
      DerivationSource(
        derivation: """
          let n : dimension  let E : matrix[n, n]  claim One: E[1, 1] = E[1, 1]
          section Next  let Z : scalar ~ normal(0, 1)  claim Two: E[Z] = 0
          """))
    #expect(document.renderedErrors == [])
    guard case .entry(_, _) = try #require(document.claims.first).statement.left.node else {
      Issue.record("E[1, 1] is no entry")
      return
    }
    guard case .expectation(_) = try #require(document.claims.last).statement.left.node else {
      Issue.record("E[Z] is no mean")
      return
    }
  }

  @Test func nestingIsBounded() {
    for hostile in [
      String(repeating: "(", count: 100_000), String(repeating: "-", count: 100_000),
      String(repeating: "log ", count: 50_000), "a" + String(repeating: "'", count: 100_000),
      String(repeating: "a ", count: 100_000), String(repeating: "E[", count: 50_000),
      String(repeating: "sum(i in 1..2) ", count: 10_000), String(repeating: "function of ", count: 10_000),
    ] {
      #expect(throws: (any Error).self) { try parsed(hostile) }
      #expect(!DerivationDocument(DerivationSource(derivation: "claim C: \(hostile)")).errors.isEmpty)
      #expect(!DerivationDocument(DerivationSource(derivation: "let z : \(hostile)")).errors.isEmpty)
    }
  }
}
