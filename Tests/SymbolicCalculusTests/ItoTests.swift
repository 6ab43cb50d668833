// Itô's formula against formulas of the literature, as text.

import Glibc
import SymbolicCalculus
import Testing

private let k = Expression.variable("K")
private let t = Expression.variable("t")
private let mu = Expression.variable("mu")
private let sigma = Expression.variable("sigma")
private let x = Expression.variable("X", .vector("n"))
private let theta = Expression.variable("theta", Shape("m", "n"))
private let s = Expression.variable("S", Shape("n", "d"))
private let drift = Expression.variable("a", .vector("n"))
private let dB = Expression.dW("B", .vector("d"))
private let w = Expression.variable("W")
private func member(_ name: String, _ l: Dimension) -> Expression { .variable(name, .scalar, [l]) }

private let theory: Theory = {
  var theory = Theory()
  for n in ["m", "n", "d", "L"] { theory.declare(Declaration(n, .scalar, nature: .dimension(atLeast: 1))) }
  theory.declare(Declaration("mu", .scalar, nature: .adapted))
  theory.declare(Declaration("sigma", .scalar, nature: .adapted))
  theory.declare(Declaration("a", .vector("n"), nature: .parameter(.none)))
  theory.declare(Declaration("S", Shape("n", "d"), nature: .parameter(.none)))
  theory.declare(Declaration("G", theta.shape, nature: .parameter(.none)))
  theory.declare(Declaration("C", theta.shape, nature: .parameter(.none)))
  theory.declare(Declaration("t", .scalar, nature: .time))
  theory.declare(Declaration("W", .scalar, nature: .brownian))
  theory.declare(Declaration("V", .scalar, nature: .brownian))
  theory.declare(Declaration("B", .vector("d"), nature: .brownian))
  let layers = [Expression.Range("l", 1, "L")]
  theory.declare(Declaration("w", .scalar, family: layers, nature: .brownian))
  theory.declare(Declaration("lambda", .scalar, family: layers, nature: .adapted))
  func process(_ name: String, _ shape: Shape, _ differential: Expression, family: [Expression.Range] = []) {
    theory.declare(
      Declaration(name, shape, family: family, nature: .process(differential: differential, initial: nil)))
  }
  process("K", .scalar, mu * k * .dt + sigma * k * .dW("W"))
  process("J", .scalar, .dt + .dW("V"))
  process("H", .scalar, 2 * Expression.variable("H") * .dW("W"))
  process("X", .vector("n"), drift * .dt + s * dB)
  let (g, c) = (Expression.variable("G", theta.shape), Expression.variable("C", theta.shape))
  process("theta", theta.shape, g * .dt + c * .dW("W"))
  process("k", .scalar, member("k", "l") * member("lambda", "l") * .dW("w", .scalar, ["l"]), family: layers)
  return theory
}()

struct ItoTests {
  @Test(
    arguments: [
      (d(k), "mu K dt + sigma K dW"),
      (d(log(k)), "(mu - 1/2 sigma^2) dt + sigma dW"),
      (d(k.power(2)), "(2 K^2 mu + sigma^2 K^2) dt + 2 K^2 sigma dW"),
      (d(k).power(2), "sigma^2 K^2 dt"),
      (d(k * .variable("J")), "(mu K J + K) dt + sigma K J dW + K dV"),
      (d(k * .variable("H")), "(mu K H + 2 sigma K H) dt + (sigma K H + 2 K H) dW"),
      (d(exp(w)), "1/2 exp(W) dt + exp(W) dW"),
      (d(t * w), "W dt + t dW"),
      (d(t.power(2)), "2 t dt"),
      (d(.call("f", w)), "1/2 D2[f](W)[1, 1] dt + D[f](W)[1] dW"),
      (d(x.transposed * x), "(2 X' a + tr(S S')) dt + 2 X' S dB"),
      (d(x) * d(x).transposed, "S S' dt"),
      (d(x * x.transposed), "(a X' + X a' + S S') dt + S dB X' + X dB' S'"),
      (d(.call("L", x)), "(D[L](X)[a] + 1/2 sum(k in 1..d) D2[L](X)[S e[d, k], S e[d, k]]) dt + D[L](X)[S dB]"),
      (d(log(k)) * .dt, "0"),
      (d(w) * d(.variable("V")), "0"),
      (d(member("k", 1)) * d(member("k", 2)), "0"),
      (d(member("k", "j")).power(2), "k[j]^2 lambda[j]^2 dt"),
      (
        d(.sum("l", to: "L") { log(member("k", $0)) }),
        "-1/2 (sum(l in 1..L) lambda[l]^2) dt + sum(l in 1..L) lambda[l] dw[l]"
      ),
      (d(.sum("l", to: "L") { member("k", $0) }).power(2), "(sum(l in 1..L) k[l]^2 lambda[l]^2) dt"),
      (
        d(exp(.integral("s", from: 0, to: t) { .call("f", $0) * .dt + .dW("W") })),
        "(exp(integral(s in 0..t) (f(s) ds + dW)) f(t) + 1/2 exp(integral(s in 0..t) (f(s) ds + dW))) dt"
          + " + exp(integral(s in 0..t) (f(s) ds + dW)) dW"
      ),
      (d(sigma * w), "W dsigma + sigma dW + dsigma dW"),
      (d(drift.transposed * x), "a' a dt + a' S dB"),
    ] as [(Expression, String)])
  func formulas(_ e: Expression, _ text: String) throws {
    let result = try itoExpanded(e, in: theory).description
    #expect(result == text)
  }

  /// Drift u₁ᵀG v₁ + ½ D²σ₁[C, C], diffusion u₁ᵀC v₁; the second derivative by differences.
  @Test(arguments: [(2, 3), (3, 2)]) func operatorNorm(_ size: (Int, Int)) throws {
    let form = try itoExpanded(d(opnorm(theta)), in: theory)
    let (g, c) = (Expression.variable("G", theta.shape), Expression.variable("C", theta.shape))
    var world = NaiveEvaluation()
    world.sizes = ["m": size.0, "n": size.1]
    for (name, salt) in [("theta", 0.5), ("G", 1.0), ("C", 2.0)] {
      world.variables[name] = Grid(size.0, size.1) { sin(2 * Double($0) + 5 * Double($1) + salt) }
    }
    let top = Expression.Lambda("X", theta.shape) { opnorm($0) }
    let (u, v) = (singular(.left, theta, 1), singular(.right, theta, 1))
    let drift = u.transposed * g * v + top.derivative(at: theta, along: c, c) / 2
    let diffusion = u.transposed * c * v
    func value(_ dt: Double, _ dW: Double) -> Double {
      world.with("dt", .scalar(dt)).with("dW", .scalar(dW))(form).value
    }
    #expect((value(1, 0) - world(drift).value).magnitude < 1e-6)
    #expect((value(0, 1) - world(diffusion).value).magnitude < 1e-12)
  }

  @Test func adaptedPathsHaveNoDerivative() {
    var theory = theory
    theory.declare(Declaration("path", .scalar, nature: .timeFunction(adapted: true)))
    #expect(throws: EvaluationError.self) { try itoExpanded(d(.call("path", t) * t), in: theory) }
    #expect(throws: EvaluationError.self) { try itoExpanded(d(abs(k)), in: theory) }
  }
}
