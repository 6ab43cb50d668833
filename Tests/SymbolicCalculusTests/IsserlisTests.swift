// Means of polynomials in Gaussians against the known formulas, as text and by enumeration of a law with the same moments.

import SymbolicCalculus
import Testing

private let z = Expression.variable("Z")
private let g = Expression.variable("g")
private let x = Expression.variable("x", .vector("n"))
private let y = Expression.variable("y", .vector("n"))
private let m = Expression.variable("M", Shape("m", "n"))
private let q = Expression.variable("Q", Shape("n", "n"))
private let p = Expression.variable("P", Shape("n", "n"))
private let a = Expression.variable("A", Shape("n", "n"))
private let b = Expression.variable("B", Shape("m", "m"))
private let c = Expression.variable("C", Shape("n", "m"))
private let u = Expression.variable("u", .vector("n"))
private let v = Expression.variable("v", .vector("n"))
private let sigma = Expression.variable("Sigma", Shape("n", "n"))
private func member(_ i: Dimension) -> Expression { .variable("h", .vector("n"), [i]) }

private let theory: Theory = {
  var theory = Theory()
  for n in ["m", "n", "N"] { theory.declare(Declaration(n, .scalar, nature: .dimension(atLeast: 1))) }
  for (name, shape) in [
    ("mu", Shape.scalar), ("s", .scalar), ("A", Shape("n", "n")), ("B", Shape("m", "m")), ("u", .vector("n")),
    ("Sigma", Shape("n", "n")),
  ] { theory.declare(Declaration(name, shape, nature: .parameter(.none))) }
  func gaussian(_ name: String, _ mean: Expression, _ covariance: Expression, family: [Expression.Range] = []) {
    theory.declare(Declaration(name, mean.shape, family: family, nature: .normal(mean: mean, covariance: covariance)))
  }
  gaussian("Z", .variable("mu"), .variable("s").power(2))
  gaussian("g", 0, 1)
  gaussian("x", .zeros(.vector("n")), sigma)
  gaussian("y", u, .variable("s").power(2))
  gaussian("M", .zeros(Shape("m", "n")), .variable("s").power(2))
  gaussian("Q", .zeros(Shape("n", "n")), 1)
  gaussian("P", .zeros(Shape("n", "n")), .variable("Omega", Shape(Dimension("n") * "n", Dimension("n") * "n")))
  gaussian("h", .zeros(.vector("n")), sigma, family: [Expression.Range("i", 1, "N")])
  gaussian("R", z, 1)
  theory.declare(Declaration("r", .scalar, nature: .independentFamily))
  return theory
}()

struct IsserlisTests {
  @Test(
    arguments: [
      (expect(z), "mu"),
      (expect(z.power(2)), "mu^2 + s^2"),
      (variance(z), "s^2"),
      (expect(z.power(3)), "mu^3 + 3 mu s^2"),
      (expect(z.power(4)), "mu^4 + 6 mu^2 s^2 + 3 s^4"),
      (expect(g.power(8)), "105"),
      (expect(z * g.power(2)), "mu"),
      (variance(z * g), "mu^2 + s^2"),
      (covariance(z, z.power(2)), "2 mu s^2"),
      (expect(x), "zeros[n, 1]"),
      (expect(x * x.transposed), "Sigma"),
      (expect(x.transposed * a * x), "tr(A Sigma)"),
      (expect(norm(y).power(2)), "u' u + s^2 n"),
      (variance(y), "s^2 I[n]"),
      (expect(x * x.transposed * a * x * x.transposed), "tr(A Sigma) Sigma + Sigma A Sigma + Sigma A' Sigma"),
      (
        expect((u.transposed * x) * (v.transposed * x) * (u.transposed * x) * (v.transposed * x)),
        "2 (u' Sigma v)^2 + u' Sigma u v' Sigma v"
      ),
      (expect(x[1] * x["j"]), "Sigma[j, 1]"),
      (expect(m * a * m.transposed), "s^2 tr(A) I[m]"),
      (expect(m.transposed * b * m), "s^2 tr(B) I[n]"),
      (expect(m * c * m), "s^2 C'"),
      (expect(tr(q * a * q.transposed * a)), "tr(A)^2"),
      (expect(norm(m).power(2)), "s^2 m n"),
      (expect(q * q), "I[n]"),
      (expect(q.power(3)), "zeros[n, n]"),
      (expect(q * x), "zeros[n, 1]"),
      (expect(q * x * x.transposed * q.transposed), "tr(Sigma) I[n]"),
      (expect(vec(p) * vec(p).transposed), "Omega"),
      (expect(.sum("i", to: "N") { member($0) } * .sum("i", to: "N") { member($0) }.transposed), "N Sigma"),
      (
        expect(.sum("i", to: "N") { i in .sum("j", to: "N", excluding: [i]) { member(i) * member($0).transposed } }),
        "zeros[n, n]"
      ),
      (expect(member(1) * member(2).transposed), "zeros[n, n]"),
      (expect(member("i") * member("j").transposed), "(I[N])[i, j] Sigma"),
      (expect(.variable("R").power(2) + 0 * z), "mu^2 + s^2 + 1"),
      (expect(kron(x, y)), "zeros[n n, 1]"),
      (expect(hadamard(y, y)), "u .* u + s^2 ones[n]"),
      (expect(kron(x, x)), "vec(Sigma)"),
      (expect(vec(q) * vec(q).transposed), "I[n n]"),
      (expect((q * u)[1].power(2)), "u' u"),
      (expect((a * y)["i"].power(2)), "(A u)[i]^2 + s^2 (A A')[i, i]"),
    ] as [(Expression, String)])
  func formulas(_ e: Expression, _ text: String) throws {
    let result = try isserlis(e, in: theory).description
    #expect(result == text)
  }

  /// A law on six points with a Gaussian's moments up to the fifth: ±√3, and four times 0.
  @Test(arguments: [
    expect(x * x.transposed * a * x * x.transposed), variance(x.transposed * a * x), variance(y.transposed * a * y),
    expect(hadamard(a * y, y) * y.transposed), expect(kron(y, y.transposed) * norm(y).power(2)),
    covariance(x.transposed * a * x, x[1] * x[2]), expect(z.power(4) - 2 * z.power(3) * x[1]),
    expect(diag(y) * a * diag(y)),
    expect((y - u).transposed * a * (y - x) * (x + y)),
  ]) func meansByEnumeration(_ e: Expression) throws {
    let points = [-3.0.squareRoot(), 0, 0, 0, 0, 3.0.squareRoot()]
    var world = NaiveEvaluation()
    world.sizes = ["n": 2]
    let root = Grid(2, 2) { [[1, 0], [0.5, 0.8]][$0][$1] }
    world.variables = [
      "mu": .scalar(0.3), "s": .scalar(1.2), "u": Grid(2, 1) { i, _ in 0.7 - Double(i) },
      "A": Grid(2, 2) { Double($0) - 2 * Double($1) + 0.5 }, "Sigma": root * root.transposed,
    ]
    let pairs = points.flatMap { p in points.map { q in Grid(2, 1) { i, _ in i == 0 ? p : q } } }
    world.random = [
      "x": pairs.map { root * $0 }, "y": pairs.map { world(u) + 1.2 * $0 }, "Z": points.map { .scalar(0.3 + 1.2 * $0) },
    ]
    world.random = world.random.filter { e.names.contains($0.key) }
    let exact = world(try isserlis(e, in: theory))
    #expect((exact - world(e)).largest < 1e-9, "\(e)")
  }

  @Test(arguments: [m * c * m, m * a * m.transposed * b * m, hadamard(m, m) * c])
  func matricesByEnumeration(_ x: Expression) throws {
    let points = [-3.0.squareRoot(), 0, 0, 0, 0, 3.0.squareRoot()]
    var world = NaiveEvaluation()
    world.sizes = ["m": 2, "n": 2]
    for (name, salt) in [("A", 0.3), ("B", 1.9), ("C", -1.0)] {
      world.variables[name] = Grid(2, 2) { Double($0) - 2 * Double($1) + salt }
    }
    world.variables["s"] = .scalar(1)
    var grids = [Grid(2, 2) { _, _ in 0 }]
    for k in 0..<4 {
      grids = grids.flatMap { grid in
        points.map {
          var next = grid
          next.entries[k] = $0
          return next
        }
      }
    }
    world.random = ["M": grids]
    let exact = world(try isserlis(expect(x), in: theory))
    #expect((exact - world(expect(x))).largest < 1e-9, "\(x)")
  }

  @Test(arguments: [
    expect(exp(z)), expect(1 / z), expect(.variable("r")), expect(abs(g)), expect(opnorm(q)),
    expect(g.power(.variable("mu"))),
  ]) func whatIsNoPolynomialIsRefused(_ e: Expression) {
    #expect(throws: EvaluationError.self) { try isserlis(e, in: theory) }
  }
}
