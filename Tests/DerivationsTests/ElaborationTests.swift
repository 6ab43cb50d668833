// Statements become typed trees: shapes, definitions, families, singular triplets, processes.

import Derivations
import ExactArithmetic
import SymbolicCalculus
import Testing

/// A document without errors.
private func document(_ text: String) throws -> DerivationDocument {
  let document = DerivationDocument(DerivationSource(derivation: text))
  try #require(document.renderedErrors == [])
  return document
}

private let names = """
  let m, n, N, M : dimension  let s : positive scalar  let A, B : matrix[m, n]  let S : spd matrix[n, n]
  let x, y : vector[n]  let z : vector[m n]  let g[1..N] : iid vector[n]  let b[1..M] : sample of g with replacement
  let Z : scalar ~ normal(0, s)  let f : function of vector[n]  let F : function of matrix[m, n] to vector[m]
  let h : function of time  let c : adapted function of time  let t : time
  brownian W  brownian V[1..N] : vector[n]
  process K[l in 1..N] : positive scalar, dK[l] = h(t) K[l] dt + c(t) K[l] dW, K[l](0) = s
  process X : vector[n], dX = -X dt + S dV[1], X(0) = 0
  define p = A x  define q[i] = g[i] g[i]'  define w(Y : matrix[m, n]) = tr(Y' Y)
  define L = sum(l in 1..N) log K[l]
  assume (sigma, u, v) = svd(A)  assume (σ, l1, r1) = top_singular_triplet(B)
  claim All: s = s
  """

private func scope() throws -> Scope { try #require(try document(names).claims.first).scope }

@Suite struct ElaborationTests {
  @Test(arguments: [
    ("A'B x", "vector[n]"), ("A S", "matrix[m, n]"), ("x'y", "scalar"), ("x y'", "matrix[n, n]"),
    ("x'y A", "matrix[m, n]"),
    ("A (x'y)", "matrix[m, n]"), ("A ⊗ x", "matrix[m n, n]"), ("vec(A) - z", "vector[m n]"),
    ("mat[m, n](z)", "matrix[m, n]"),
    ("S + I", "matrix[n, n]"), ("I A I", "matrix[m, n]"), ("kron(I, S) vec(S)", "vector[n n]"),
    ("S + 0", "matrix[n, n]"),
    ("0 - A", "matrix[m, n]"), ("A .* B", "matrix[m, n]"), ("diag(x) S", "matrix[n, n]"), ("diagonal(S)", "vector[n]"),
    ("pinv(A)", "matrix[n, m]"), ("det(S) + tr S", "scalar"), ("S^-2", "matrix[n, n]"), ("S^n", "matrix[n, n]"),
    ("norm(A)^n", "scalar"), ("e[n, 1]", "vector[n]"), ("ones[m, n]", "matrix[m, n]"), ("g[1]", "vector[n]"),
    ("g[1][2] x[1]", "scalar"), ("A[1, 2]", "scalar"), ("mean(g)", "vector[n]"), ("mean(b)", "vector[n]"),
    ("q[2]", "matrix[n, n]"),
    ("sigma[1] u[1] v[1]'", "matrix[m, n]"), ("σ l1' B r1", "scalar"), ("w(A + B)", "scalar"), ("f(x + 0)", "scalar"),
    ("F(A)", "vector[m]"), ("h(0) + c(t)", "scalar"), ("D[f](x)[y]", "scalar"), ("D[F](A)[B]", "vector[m]"),
    ("D2[Y -> Y' Y](A)[B, B]", "matrix[n, n]"), ("grad[w](A)", "matrix[m, n]"), ("hess[opnorm](A)", "matrix[m n, m n]"),
    ("D[inv](S)[I]", "matrix[n, n]"), ("D[F](A)[0]", "vector[m]"), ("E[exp(s Z)]", "scalar"),
    ("Var[g[1]]", "matrix[n, n]"),
    ("Cov[g[1], Z]", "vector[n]"), ("Var[Z]", "scalar"), ("dX dX'", "matrix[n, n]"), ("d(L)", "scalar"),
    ("dL", "scalar"),
    ("d(t)", "scalar"), ("dV[2]'dV[2]", "scalar"), ("D[f](X)[dX] + 1/2 D2[f](X)[dX, dX]", "scalar"),
    ("integral(a in 0..t) (h(a) da + c(a) dW)", "scalar"), ("integral(a in 0..t) dV[1]", "vector[n]"),
    ("sum(i in 1..N, j in 1..N where i != j) g[i]'g[j]", "scalar"), ("prod(i in 1..n) x[i]", "scalar"),
    ("min(m, n) + N", "scalar"), ("max(s, 1, x[1])", "scalar"), ("n A", "matrix[m, n]"),
    ("E[g[1]] g[1]'", "matrix[n, n]"),
  ])
  func shape(_ text: String, _ shape: String) throws {
    #expect(try scope().expression(text).shape.description == shape)
  }

  @Test func identityAndZeroTakeTheirSizes() throws {
    let scope = try scope()
    guard case .add(let terms) = try scope.expression("S + I").node else { throw Unexpected() }
    #expect(terms[1] == Expression(.identity, Shape(Dimension("n"), Dimension("n"))))
    let statement = try scope.statement("A - A = 0")
    #expect(statement.right == Expression(.zero, Shape(Dimension("m"), Dimension("n"))))
    guard case .apply(.kron, let factors) = try scope.expression("kron(A, I) + ones[m m, n m]").childrenOfSum[0].node
    else {
      throw Unexpected()
    }
    #expect(factors[1].shape == Shape(Dimension("m"), Dimension("m")))
  }

  @Test func scalarsScaleAndProductsNest() throws {
    let scope = try scope()
    guard case .scale(let inner, let matrix) = try scope.expression("A (x'y)").node else { throw Unexpected() }
    #expect(matrix == (try scope.expression("A")))
    guard case .multiply(let left, _) = inner.node, case .transpose = left.node else { throw Unexpected() }
    guard case .power(_, let exponent) = try scope.expression("s^(-1/2)").node else { throw Unexpected() }
    #expect(exponent.node == .number(Rational(-1, 2)))
  }

  @Test func definitionsKeepTheirNames() throws {
    let scope = try scope()
    guard case .defined("p", [], let meaning) = try scope.expression("p").node else { throw Unexpected() }
    #expect(meaning == (try scope.expression("A x")))
    guard case .defined("q", let indices, let square) = try scope.expression("q[3]").node else { throw Unexpected() }
    #expect(indices == [Dimension(3)])
    #expect(square == (try scope.expression("g[3] g[3]'")))
    #expect(try scope.expression("w(A)").expanded == scope.expression("tr(A' A)"))
    guard case .gradient(let f, _) = try scope.expression("grad[w](B)").node else { throw Unexpected() }
    #expect(f.display == "w" && f.shape == Shape(Dimension("m"), Dimension("n")))
  }

  /// An index that a definition binds inside does not catch the caller's.
  @Test func instancesCaptureNothing() throws {
    let text = """
      let N : dimension  let a[1..N, 1..N] : scalar
      define r[i] = sum(j in 1..N) a[i, j]
      define f(y : scalar) = sum(j in 1..N) y a[j, j]
      claim R: sum(j in 1..N) r[j] = 0
      claim F: sum(j in 1..N) f(a[j, 1]) = 0
      """
    for claim in try document(text).claims {
      guard case .sum(let outer, let body) = claim.statement.left.node, case .defined(_, _, let meaning) = body.node,
        case .sum(let inner, let term) = meaning.node
      else { throw Unexpected() }
      #expect(outer.index != inner.index)
      #expect(term.allIndexNames.isSuperset(of: [outer.index, inner.index]))
    }
  }

  @Test func singularTriplets() throws {
    let scope = try scope()
    #expect(try scope.expression("u[2]").node == .singular(.left, scope.expression("A"), Dimension(2)))
    #expect(try scope.expression("σ").node == .singular(.value, scope.expression("B"), .one))
    #expect(try scope.theory.assumptions.contains { $0.content == .simpleTop(try scope.expression("B")) })
    #expect(try !scope.theory.assumptions.contains { $0.content == .simpleTop(try scope.expression("A")) })
  }

  @Test func differentials() throws {
    let scope = try scope()
    #expect(try scope.expression("dK[2]") == scope.expression("d(K[2])"))
    #expect(try scope.expression("dt").node == .timeDifferential)
    #expect(try scope.expression("d(t)").node == .timeDifferential)
    #expect(try scope.expression("d(W)").node == .brownianDifferential("W", []))
    #expect(try scope.expression("dV[N]").node == .brownianDifferential("V", [Dimension("N")]))
    #expect(try scope.expression("dV[1][2]") == scope.expression("d(V[1][2])"))
    guard case .entry(let whole, _) = try scope.expression("dX[2]").node, case .differential = whole.node else {
      throw Unexpected()
    }
    guard case .differential(let inner) = try scope.expression("dL").node, case .defined("L", _, _) = inner.node else {
      throw Unexpected()
    }
    guard case .integral(let variable, _, _, let form) = try scope.expression("integral(t in 0..1) h(t) dt").node,
      case .scale(let call, let differential) = form.node
    else { throw Unexpected() }
    #expect(variable == "t_2" && differential.node == .timeDifferential)
    #expect(call.node == .call("h", Expression(.variable("t_2", []), .scalar)))
  }

  @Test func declarationsHoldLawsAndDifferentials() throws {
    let scope = try scope()
    let theory = scope.theory
    #expect(theory.processes.map(\.name) == ["K", "X"])
    guard case .process(let differential, let initial?) = theory.processes[1].nature else { throw Unexpected() }
    #expect(differential == (try scope.expression("-X dt + S dV[1]")))
    #expect(initial.node == .zero && initial.shape == .vector(Dimension("n")))
    #expect(theory.processes[0].family == [Expression.Range("l", .one, Dimension("N"))])
    let positive = theory.assumptions.compactMap { assumption -> Statement? in
      if case .statement(let statement) = assumption.content { return statement }
      return nil
    }
    #expect(positive.map(\.left.node) == [.variable("K", [Dimension("l")])])
    #expect(theory.declarations["b"]?.nature == .sample(of: "g", replacement: true))
    #expect(theory.declarations["c"]?.nature == .timeFunction(adapted: true))
    #expect(theory.declarations["F"]?.nature == .function(of: Shape(Dimension("m"), Dimension("n"))))
    guard case .normal(let mean, let variance)? = theory.declarations["Z"]?.nature else { throw Unexpected() }
    #expect(mean.node == .number(0) && variance.node == .variable("s", []))
    #expect(theory.order.firstIndex(of: "g") ?? 0 < theory.order.firstIndex(of: "b") ?? 0)
  }

  @Test func theoriesReadExpressions() throws {
    let theory = try scope().theory
    #expect(try theory.expression("x'S x").shape == .scalar)
    #expect(try theory.statement("S S^-1 = I").relation == .equal)
    #expect(throws: DerivationError.self) { try theory.expression("x +") }
    #expect(throws: DerivationError.self) { try theory.expression("x) y") }
  }

  @Test func sectionsForgetNames() throws {
    let text = """
      let a : scalar  claim Zero: a = a
      section One  let a : scalar  claim First: a = a
      section Two  let a : vector[3]  claim Second: a = a
      """
    let document = try document(text)
    #expect(document.sections.map(\.name) == [nil, "One", "Two"])
    #expect(document.claims.map(\.section) == [nil, "One", "Two"])
    #expect(document.claims.map { $0.statement.left.shape.description } == ["scalar", "scalar", "vector[3]"])
  }

  @Test func chains() throws {
    let text = """
      let a, b, c : scalar  assume a <= b  assume b < c
      claim Less: a < c
      proof
        have Twice: 2 a = a + a by algebra
        a <= b by assumption  < c by cite Paper.Less  = c by "nothing"  = c by cite Twice = c
      qed
      """
    let claim = try #require(try document(text).claims.first)
    #expect(claim.chains.map(\.name) == ["Twice", nil])
    #expect(claim.chains[1].statement.relation == .less)
    #expect(
      claim.chains[1].steps.map(\.reason) == [
        .assumption, .cite(document: "Paper", name: "Less"), .words("nothing"), .cite(document: nil, name: "Twice"),
        nil,
      ])
  }

  /// One statement in error poisons its own names only, and nothing that uses them is reported.
  @Test func errorsDoNotSpread() {
    let text = """
      let a : scalar
      let x : vectr[3]
      claim Uses: x = x
      define y = x'x
      claim UsesToo: y = a
      claim Fine: a = a
      claim Wrong: a = b
      process P : dP = oops dt
      claim After: d(P) = dP
      """
    let document = DerivationDocument(DerivationSource(derivation: text))
    #expect(document.errors.map { document.source.position(of: $0.span.lowerBound).line } == [2, 7, 8])
    #expect(document.claims.map(\.name) == ["Fine"])
  }

  @Test func errorsAreCounted() {
    let wrong = (0..<50).map { "claim C\($0): a = a" }.joined(separator: "\n")
    let document = DerivationDocument(DerivationSource(derivation: wrong))
    #expect(document.errors.count == 20 && document.omittedErrors == 30)
  }

  /// Definitions that double would have 2^60 parts, written out.
  @Test func definitionsCannotExplode() {
    var text = "let a : scalar  define p0 = a  define f0(x : scalar) = x + x\n"
    for k in 1...60 {
      text += "define p\(k) = p\(k - 1) p\(k - 1)\n"
      text += "define f\(k)(x : scalar) = f\(k - 1)(f\(k - 1)(x))\n"
      text += "define i\(k)[j] = \(k == 1 ? "a" : "i\(k - 1)[j] + i\(k - 1)[j + 1]")\n"
    }
    text += "define n0 = a  define d0[i] = 1  let n, m : dimension\n"
    for k in 1...250 {
      text += "section S\(k)x let a : scalar  define q0[j] = a  define r0 = a let n, m : dimension\n"
      for l in 1...(k == 250 ? 290 : 1) {
        text += "define q\(l)[j] = -q\(l - 1)[min(j + 1, n) min(j, m)]\n"
      }
    }
    text += "section Last let a : scalar  define r0 = a\n"
    for k in 1...280 { text += "define r\(k) = -r\(k - 1)\n" }
    let clock = ContinuousClock()
    let time = clock.measure {
      let document = DerivationDocument(DerivationSource(derivation: text))
      #expect(document.errors.contains { $0.message.contains("written out") })
    }
    #expect(time < .seconds(10))
  }

  /// A megabyte of the worst is read, or refused, in seconds.
  @Test(arguments: [
    "let a : scalar claim C: a = " + String(repeating: "a + ", count: 99_000) + "a",
    "let " + String(repeating: "a, ", count: 90_000) + "b : scalar",
    String(repeating: "let a : scalar section S ", count: 20_000),
    (0..<20_000).map { "section S\($0) let a : scalar claim C\($0): a = a " }.joined(),
    (0..<30_000).map { "let a\($0) : scalar claim C\($0): a\($0) = b\($0) " }.joined(),
    "let z[" + String(repeating: "1..2, ", count: 40_000) + "1..2] : scalar",
    "claim C: sum(" + (0..<20_000).map { "i\($0) in 1..2, " }.joined() + "j in 1..2) 1 = 1",
    "let n : dimension let z : vector[min(" + String(repeating: "n + 1, n, ", count: 20_000) + "n)]",
    "let n : dimension let z : vector[" + String(repeating: "n + ", count: 60_000) + "n]",
    "let a : scalar claim C: a = " + String(repeating: "max(a, ", count: 190) + "a"
      + String(repeating: ")", count: 190),
    "let a : scalar claim C: a = max(" + String(repeating: "a, ", count: 90_000) + "a)",
    "let a : scalar claim C: a = a proof a " + String(repeating: "= a by algebra ", count: 30_000) + " qed",
    String(repeating: "by ", count: 150_000), String(repeating: "\"", count: 400_000),
    String(repeating: "\u{301}", count: 400_000), "claim C: a" + String(repeating: "\u{301}", count: 400_000),
    String(repeating: "&", count: 900_000), String(repeating: "‹\n", count: 200_000),
  ])
  func hostileTextIsReadInSeconds(_ text: String) {
    let time = ContinuousClock().measure {
      let document = DerivationDocument(DerivationSource(derivation: text))
      #expect(document.renderedErrors.allSatisfy { $0.utf8.count < 10_000 })
    }
    #expect(time < .seconds(5), "\(text.prefix(60)) took \(time)")
  }
}

private struct Unexpected: Error {}

extension Expression {
  fileprivate var childrenOfSum: [Expression] { children }

  fileprivate var allIndexNames: Set<String> {
    var names: Set<String> = []
    if case .variable(_, let indices) = node { for index in indices { names.formUnion(index.names) } }
    for child in children { names.formUnion(child.allIndexNames) }
    return names
  }
}
