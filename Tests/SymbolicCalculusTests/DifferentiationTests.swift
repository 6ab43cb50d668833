// Every rule of differentiation against differences of the function itself.

import Glibc
import SymbolicCalculus
import Testing

private typealias Lambda = Expression.Lambda

private let x = Expression.variable("x")
private let v = Expression.variable("v", .vector("n"))
private let w = Expression.variable("w", .vector("n"))
private let a = Expression.variable("A", Shape("m", "n"))
private let b = Expression.variable("B", Shape("n", "n"))
private let c = Expression.variable("C", Shape("m", "n"))
private let s = Expression.variable("S", Shape("n", "n"))
private let q = Expression.variable("Q", Shape("m", "m"))
private let z = Expression.variable("Z")
/// B made symmetric and positive definite, with a dependence on B that is not linear.
private let spd = b * b.transposed + .identity("n")

/// Entries without pattern, of size one.
private func grid(_ rows: Int, _ columns: Int, _ salt: Double) -> Grid {
  Grid(rows, columns) { sin(1.7 * Double($0) + 2.9 * Double($1) + salt) + (($0 == $1) ? 1.5 : 0) }
}

private func world(_ m: Int, _ n: Int) -> NaiveEvaluation {
  var world = NaiveEvaluation()
  world.sizes = ["m": m, "n": n, "M": 3]
  world.variables = [
    "x": .scalar(0.7), "y": .scalar(1.3), "v": grid(n, 1, 0.3), "w": grid(n, 1, 1.1), "A": grid(m, n, 0.5),
    "B": grid(n, n, 0.9), "C": grid(m, n, 2.2), "S": grid(n, n, 4.1), "Q": grid(m, m, 3.3),
    "a[1]": .scalar(0.4), "a[2]": .scalar(1.9), "a[3]": .scalar(-0.6),
  ]
  world.functions = [
    "L": {
      .scalar(sin($0.entries.enumerated().reduce(0) { $0 + Double($1.offset + 1) * $1.element * $1.element / 5 }))
    },
    "g": { Grid($0.rows, 1) { [g = $0] i, _ in g[i, 0] * g[0, 0] + cos(g[i, 0]) } },
    "mu": { .scalar(exp($0.value) / 3) },
  ]
  world.random = ["Z": [.scalar(-1), .scalar(0.5), .scalar(2)]]
  return world
}

private let scalarRules: [Expression] = [
  x.power(3) - 2 * x + 5, x.power(-2), x.power(.number(3, 2)), Expression(.power(2, x), .scalar), x.power(x),
  x.power(.variable("y")), exp(x) * sin(x), log(x) / cos(x), tanh(x.power(2)), sqrt(1 + x.power(2)), 1 / (1 + exp(-x)),
  .sum("i", to: "M") { Expression.variable("a", .scalar, [$0]).power(2) * exp(x) },
  .sum("x_i", to: "M") { sin(.size($0) * x) },
  .product("i", to: "M") { x + Expression.variable("a", .scalar, [$0]) },
  .product("i", to: "M", excluding: [2]) { exp(.size($0) * x) + 1 },
  expect(exp(x * z)), variance(sin(x * z)), covariance(x * z, exp(x * z)),
  variance(x * z * v + exp(z) * w * x.power(2)),
  .integral("s", from: 0, to: 1) { sin($0 * x) * .dt },
  .integral("s", from: x, to: x.power(2)) { $0 * x * .dt },
  .integral("x", from: 0, to: x) { $0.power(2) * .dt },
  .call("mu", x.power(2)), x * v, inv(spd + x * b), (spd + x * b).power(3), (spd + x * b).power(-2), det(spd + x * b),
  Expression(.defined("p", [], x.power(2)), .scalar) * x,
  Lambda("y") { $0.power(3) * x }.derivative(at: x, along: x),
  Lambda("x") { exp($0) }.derivative(at: x.power(2), along: 1),
  Lambda("t") { .call("mu", $0 * x) }.derivative(at: x, along: 1, x),
]

private let vectorRules: [Expression] = [
  v.transposed * b * v, norm(v), b * v, v * v.transposed, diag(v) * w, hadamard(v, w), kron(v, w), v[1] * v[2],
  norm(a * v),
  .call("L", v), .call("L", b * v), .call("g", v),
  Lambda("X", .vector("n"), display: "L") { .call("L", $0) }.gradient(at: b * v),
  Lambda("X", .vector("n")) { .call("L", $0) }.derivative(at: v, along: b * v),
  exp(v.transposed * w) / (1 + v.transposed * v),
]

private let matrixRules: [Expression] = [
  tr(q * a * a.transposed), norm(a), vec(a), mat("n", "m", vec(a)), kron(a, v), hadamard(a, c), a.transposed * q * a,
  pinv(a), opnorm(a), singular(.value, a, 2), .call("L", a), a[1, "n"],
  singular(.left, a, 1) * singular(.left, a, 1).transposed, singular(.right, a, 1) * singular(.right, a, 1).transposed,
  singular(.left, a, 2).transposed * c * singular(.right, a, 1), singular(.right, a, 2),
  .sum("i", to: Dimension.minimum("m", "n")) {
    singular(.value, a, $0).power(2) * singular(.left, a, $0).transposed * c * v
  },
]

private let squareRules: [Expression] = [
  inv(b), det(b), b.power(2), b.power(3), b.power(-1), b.power(-3), diagonal(b * b), sqrtm(spd), log(det(spd)),
  tr(inv(spd) * s), b.transposed * s * b, w.transposed * inv(spd) * w,
]

private func close(_ p: Grid, _ q: Grid, _ tolerance: Double = 2e-7) -> Bool {
  (p - q).largest <= tolerance * (1 + p.largest)
}

struct DifferentiationTests {
  private func check(_ e: Expression, _ name: String, _ direction: Expression, _ m: Int, _ n: Int) throws {
    let world = world(m, n)
    let point = world(.variable(name, direction.shape))
    let expected = world.difference(point, world(direction)) { world.with(name, $0)(e) }
    let symbolic = try e.derivative(of: name, along: direction)
    #expect(close(world(symbolic), expected), "D \(e) = \(symbolic)")
    // The tidied form is the same number as what the rules give.
    #expect(close(world(try e.carriedOut), world(e)), "\(e)")
    #expect(close(world(e.simplified), world(e), 1e-9), "\(e) = \(e.simplified)")
  }

  @Test(arguments: scalarRules) func scalars(_ e: Expression) throws { try check(e, "x", .variable("y"), 2, 3) }
  @Test(arguments: vectorRules) func vectors(_ e: Expression) throws { try check(e, "v", w, 2, 3) }
  @Test(arguments: matrixRules, [(2, 3), (3, 2), (4, 2), (3, 3)])
  func matrices(_ e: Expression, _ size: (Int, Int)) throws { try check(e, "A", c, size.0, size.1) }
  @Test(arguments: squareRules) func squares(_ e: Expression) throws { try check(e, "B", s, 2, 3) }

  @Test(arguments: [(2, 4), (4, 2), (3, 3)]) func secondDerivativeOfTheOperatorNorm(_ size: (Int, Int)) throws {
    let world = world(size.0, size.1)
    let e = try Lambda("X", a.shape, display: "opnorm") { opnorm($0) }.derivative(at: a, along: c, c).carriedOut
    let (i, j) = (singular(.left, a, "i"), singular(.right, a, "i"))
    let (u, v) = (singular(.left, a, 1), singular(.right, a, 1))
    let top = singular(.value, a, 1)
    func side(_ size: Dimension, _ form: Expression) -> Expression {
      .sum("i", from: 2, to: size) { top / (top.power(2) - singular(.value, a, $0).power(2)) * form.power(2) }
    }
    let (p, q) = (i.transposed * c * v, u.transposed * c * j)
    let mixed = Expression.sum("i", from: 2, to: .minimum("m", "n")) {
      singular(.value, a, $0) / (top.power(2) - singular(.value, a, $0).power(2)) * (p * q)
    }
    #expect(close(world(e), world(side("m", p) + side("n", q) + 2 * mixed), 1e-10))
  }

  @Test func gradientsAndHessiansAreReadOff() throws {
    let quadratic = Lambda("X", .vector("n")) { $0.transposed * s * $0 / 2 + w.transposed * $0 }
    #expect(try quadratic.gradient(at: v).carriedOut.description == "1/2 S v + 1/2 S' v + w")
    #expect(try quadratic.hessian(at: v).carriedOut.description == "1/2 S + 1/2 S'")
    #expect(try Lambda("X", b.shape) { log(det($0)) }.gradient(at: b).carriedOut.description == "inv(B)'")
    #expect(
      try Lambda("X", a.shape) { opnorm($0) }.gradient(at: a).carriedOut.description == "svd(A).u[1] svd(A).v[1]'")
    for f in [
      Lambda("X", a.shape) { tr(q * $0 * s * $0.transposed) }, Lambda("X", a.shape) { norm($0) },
      Lambda("X", a.shape) { .call("L", q * $0) }, Lambda("X", a.shape) { exp(v.transposed * $0.transposed * c * w) },
      Lambda("X", a.shape) { tr(hadamard($0, c) * kron(v, v.transposed) * $0.transposed) },
      Lambda("X", a.shape) { opnorm(q * $0) },
    ] {
      let world = world(2, 3)
      #expect(close(world(try f.gradient(at: a).carriedOut), world(f.gradient(at: a)), 1e-6))
      #expect(close(world(try f.hessian(at: a).carriedOut), world(f.hessian(at: a)), 1e-4))
    }
  }

  @Test func derivativesOfDeclaredFunctionsRemain() throws {
    let f = Lambda("X", .vector("n")) { .call("L", b * $0) }
    #expect(try f.derivative(at: v, along: w).carriedOut.description == "D[L](B v)[B w]")
    #expect(try f.derivative(at: v, along: w, w).carriedOut.description == "D2[L](B v)[B w, B w]")
    #expect(try f.gradient(at: v).carriedOut.description == "B' grad[L](B v)")
    let world = world(2, 3)
    let third = f.derivative(at: v, along: w, w, v)
    #expect(close(world(try third.carriedOut), world(third), 1e-4))
    let hessian = Lambda("X", .vector("n"), display: "L") { .call("L", $0) }.hessian(at: v)
    let expected = world.difference(world(v), world(w)) { world.with("v", $0)(hessian) }
    #expect(close(world(try hessian.derivative(of: "v", along: w)), expected, 1e-4))
  }

  @Test(arguments: [abs(x), min(x, 1), max(x, x.power(2)), d(x.power(2))])
  func noRuleNoResult(_ e: Expression) {
    #expect(throws: EvaluationError.self) { try e.derivative(of: "x", along: 1) }
    #expect(throws: Never.self) { try e.derivative(of: "y", along: 1) }
  }

  @Test func vectorsWithoutSingularValueHaveNoDerivative() {
    let e = Expression.sum("i", to: "m") { singular(.left, a, $0).transposed * c * v }
    #expect(throws: EvaluationError.self) { try e.derivative(of: "A", along: c) }
  }

  @Test func boundNamesAreNotCaught() throws {
    let e = Lambda("y") { $0 * x }.derivative(at: 1, along: 1)
    #expect(try e.replacing("x", by: .variable("y")).carriedOut.description == "y")
    let sum = Expression.sum("i", to: "M") { .size($0) * x }
    #expect(sum.replacing("x", by: .size("i")).description == "sum(i_1 in 1..M) i_1 i")
    #expect(try sum.derivative(of: "x", along: .size("i")).description == "sum(i_1 in 1..M) i_1 i")
  }

  @Test func cleanUpReadsWell() {
    #expect((x + x - 3 * x).simplified.description == "-x")
    #expect((x / x.power(2) * sqrt(x) * sqrt(x)).simplified.description == "1")
    #expect((v.transposed * w + w.transposed * v).simplified.description == "2 v' w")
    #expect((v * (w.transposed * b * v) * v.transposed).simplified.description == "w' B v v v'")
    #expect((tr(b * s) - tr(s * b) + tr(v * w.transposed)).simplified.description == "v' w")
    #expect((inv(b) * b * v).simplified.description == "v")
    #expect((x * (v + w) / x - v).simplified.description == "w")
  }
}
