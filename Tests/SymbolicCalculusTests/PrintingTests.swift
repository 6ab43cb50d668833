// What is displayed: minimal brackets that read back to the same value, and LaTeX.

import SymbolicCalculus
import Testing

private typealias Lambda = Expression.Lambda

private let x = Expression.variable("x")
private let y = Expression.variable("y")
private let z = Expression.variable("z")
private let a = Expression.variable("A", Shape("m", "n"))
private let b = Expression.variable("B", Shape("n", "n"))
private let s = Expression.variable("S", Shape("n", "n"))
private let u = Expression.variable("u", .vector("m"))
private let v = Expression.variable("v", .vector("n"))
private let w = Expression.variable("w", .vector("n"))
private let theta = Expression.variable("theta", Shape("m", "n"))
private let half = Expression.number(1, 2)
private let loss = Lambda("X", Shape("m", "n"), display: "L") { .call("L", $0) }
private let top = Lambda("X", Shape("m", "n"), display: "opnorm") { opnorm($0) }
private func family(_ name: String, _ i: Dimension) -> Expression { .variable(name, .scalar, [i]) }

struct PrintingTests {
  @Test(
    arguments: [
      (x + y - z, "x + y - z"),
      (x - (y + z), "x - (y + z)"),
      (-(x + y), "-(x + y)"),
      (-(x * y) + z, "-x y + z"),
      (x * (-y), "-x y"),
      (half * x, "1/2 x"),
      (x * half * y, "1/2 x y"),
      (x / (y * z), "x / (y z)"),
      (x / y * z, "x / y z"),
      (x * (y / z), "x y / z"),
      (x / (y / z), "x / (y / z)"),
      (Expression(.power(x, 2), .scalar), "x^2"),
      ((x + y).power(2), "(x + y)^2"),
      (x.power(-1), "x^-1"),
      (x.power(half), "x^(1/2)"),
      (x.power(2).power(y), "(x^2)^y"),
      (Expression(.power(2, x), .scalar), "2^x"),
      (Expression(.power(-2, x), .scalar), "(-2)^x"),
      (Expression(.power(half, x), .scalar), "(1/2)^x"),
      (-x.power(2), "-x^2"),
      ((-x).power(2), "(-x)^2"),
      (u.transposed * a * v, "u' A v"),
      (u.transposed * (a * v), "u' A v"),
      ((a * b).transposed, "(A B)'"),
      (b.power(-1).transposed, "(B^-1)'"),
      (b.transposed.power(2), "(B')^2"),
      (hadamard(a, theta), "A .* theta"),
      (hadamard(a, theta) * v, "(A .* theta) v"),
      (v[2] * a[1, "j"], "v[2] A[1, j]"),
      ((a * v)[1], "(A v)[1]"),
      (Expression.variable("g", .vector("n"), ["i"])["j"], "g[i][j]"),
      (.identity("n") + .zeros(Shape("n", "n")) + .ones(Shape("n", "n")), "I[n] + ones[n, n]"),
      (.zeros(Shape("m", "n")), "zeros[m, n]"),
      (Expression.ones(.vector("n")) + .basis("n", "i"), "ones[n] + e[n, i]"),
      (mat("m", "n", kron(v, u)), "mat[m, n](kron(v, u))"),
      (exp(x).power(2) + log(x) / 2, "exp(x)^2 + log(x) / 2"),
      (.sum("i", to: "M") { family("a", $0) * y }, "sum(i in 1..M) a[i] y"),
      (.sum("i", to: "M") { family("a", $0) - y }, "sum(i in 1..M) (a[i] - y)"),
      ((.sum("i", to: "M") { family("a", $0) }) / .size("M"), "(sum(i in 1..M) a[i]) / M"),
      (x * .sum("i", to: "M") { family("a", $0) }, "x sum(i in 1..M) a[i]"),
      (.sum("i", to: "M") { family("a", $0) } * x, "(sum(i in 1..M) a[i]) x"),
      (
        .sum("i", to: "M") { i in .sum("j", to: "M", excluding: [i]) { family("a", i) * family("a", $0) } },
        "sum(i in 1..M, j in 1..M where j != i) a[i] a[j]"
      ),
      (.product("i", to: "M") { family("a", $0) }, "prod(i in 1..M) a[i]"),
      (loss.derivative(at: theta, along: a), "D[L](theta)[A]"),
      (top.derivative(at: theta, along: a, a), "D2[opnorm](theta)[A, A]"),
      (Lambda("t") { $0.power(3) }.derivative(at: x, along: 1), "D[t -> t^3](x)[1]"),
      (loss.derivative(at: theta, along: a, a, a), "D2[X_1 -> D[L](X_1)[A]](theta)[A, A]"),
      (loss.gradient(at: theta), "grad[L](theta)"),
      (loss.hessian(at: theta), "hess[L](theta)"),
      (expect(x * y) - covariance(x, y), "E[x y] - Cov[x, y]"),
      (expect(.variable("E")), "Expect[E]"),
      (d(x) - d(x * y), "dx - d(x y)"),
      (x * .dt + y * .dW("W", .scalar, ["l"]), "x dt + y dW[l]"),
      (
        .integral("s", from: 0, to: x) { .call("mu", $0) * .dt + .dW("W") },
        "integral(s in 0..x) (mu(s) ds + dW)"
      ),
      (.size(Dimension("n") + 1) * x, "(n + 1) x"),
      (opnorm(a) - singular(.value, a, "i"), "opnorm(A) - svd(A).s[i]"),
      (Expression(.defined("p", ["i"], x * y), .scalar) * z, "p[i] z"),
    ] as [(Expression, String)])
  func textIsMinimal(_ e: Expression, _ text: String) { #expect(e.description == text) }

  /// A (x'y) B may not lose its brackets: A x' does not fit. u (v'w) may, because (u v')w is the same.
  @Test func onlyHarmlessBracketsGo() {
    let scaled = Expression(.scale(w.transposed * v, b), b.shape)
    #expect(Expression(.multiply(a, scaled), a.shape).description == "A (w' v B)")
    #expect(Expression(.scale(w.transposed * v, u), u.shape).description == "w' v u")
    #expect(Expression(.scale(x, u * v.transposed), a.shape).description == "x u v'")
  }

  @Test(
    arguments: [
      (.variable("theta_0"), "\\theta_{0}"),
      (.variable("sigma1"), "\\sigma_{1}"),
      (.variable("gradL"), "\\mathrm{gradL}"),
      (.variable("x_max"), "x_{\\mathrm{max}}"),
      (.variable("θ"), "\\theta"),
      (Expression.variable("u", .vector("m"), ["i"]).transposed * theta, "u_{i}^{\\top} \\theta"),
      (expect(x.power(2)), "\\mathbb{E}\\left[x^{2}\\right]"),
      (variance(x), "\\mathrm{Var}\\left[x\\right]"),
      (.sum("i", from: 2, to: "m") { family("a", $0).power(2) }, "\\sum_{i=2}^{m} a_{i}^{2}"),
      (
        .sum("i", to: "m", excluding: ["j"]) { family("a", $0) },
        "\\sum_{\\substack{i=1\\\\ i \\ne j}}^{m} a_{i}"
      ),
      (x / (y + z), "\\frac{x}{y + z}"),
      (half * x, "\\frac{1}{2} x"),
      ((x / y).power(2), "\\left(\\frac{x}{y}\\right)^{2}"),
      ((.sum("i", to: "M") { family("a", $0) }) / .size("M"), "\\frac{1}{M} \\sum_{i=1}^{M} a_{i}"),
      (norm(v), "\\lVert v\\rVert_{2}"),
      (norm(a), "\\lVert A\\rVert_{F}"),
      (tr(b * s), "\\operatorname{tr}(B S)"),
      (top.derivative(at: theta, along: a, a), "D^{2} \\sigma_{1}(\\theta)\\left[A, A\\right]"),
      (loss.gradient(at: theta), "\\nabla L(\\theta)"),
      (x * .dt + y * .dW("W"), "x\\,\\mathrm{d}t + y\\,\\mathrm{d}W_{t}"),
      (.integral("s", from: 0, to: .variable("t")) { .call("mu", $0) * .dt }, "\\int_{0}^{t} \\mu(s)\\,\\mathrm{d}s"),
      (.integral("s", from: 0, to: .variable("t")) { _ in .dW("W") }, "\\int_{0}^{t} \\mathrm{d}W_{s}"),
      (hadamard(a, theta), "A \\odot \\theta"),
      (kron(v, u), "v \\otimes u"),
      (pinv(a), "A^{+}"),
      (inv(b), "B^{-1}"),
      (inv(b).transposed, "B^{-\\top}"),
      (sqrtm(b), "B^{1/2}"),
      (x.power(half), "x^{1/2}"),
      (a["i", "j"] * v[1], "A_{ij} v_{1}"),
      (sqrt(x / y), "\\sqrt{\\frac{x}{y}}"),
      (exp(x / 2), "\\exp\\left(\\frac{x}{2}\\right)"),
      (2 * Expression.number(3).power(x), "2 \\cdot 3^{x}"),
      (.variable("gradL") * x, "\\mathrm{gradL}\\,x"),
      (Expression(.defined("p", [], x * y), .scalar), "p"),
      (Expression(.defined("f(theta_0)", [], x * y), .scalar), "f(\\theta_{0})"),
      (d(x).power(2), "(\\mathrm{d}x)^{2}"),
      (
        Lambda("X", display: "X -> X^2") { $0.power(2) }.derivative(at: x, along: 1),
        "D \\left[X \\mapsto X^{2}\\right](x)\\left[1\\right]"
      ),
      (-x + (-y) * z, "-x - y z"),
      (.identity("n") * x, "x I_{n}"),
      (singular(.left, theta, "j"), "u_{j}(\\theta)"),
    ] as [(Expression, String)])
  func latexIsFitToPrint(_ e: Expression, _ text: String) { #expect(e.latex == text) }

  @Test func singularVectorsByTheirDeclaredNames() {
    let e = singular(.left, a, 1).transposed * a * singular(.right, a, "i") - opnorm(a)
    let named = e.namingSingular { part, _, index in part == .left ? ("p", [index]) : nil }
    #expect(named.description == "p[1]' A svd(A).v[i] - opnorm(A)")
    #expect(named.expanded == e)
  }

  @Test func statements() {
    let statement = Statement(x, .lessOrEqual, y + 1)
    #expect(statement.description == "x <= y + 1")
    #expect(statement.latex == "x \\le y + 1")
  }
}
