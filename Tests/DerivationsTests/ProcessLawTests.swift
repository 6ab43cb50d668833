// Statements about the law of a process at a time: what simulation accepts, what it refutes, where at( ) may stand.

import Derivations
import SymbolicCalculus
import Testing

@Suite("Laws of processes") struct ProcessLawTests {
  private func finding(_ text: String, _ seed: UInt64 = 1) throws -> Finding {
    let outcome = Repository.check(derivation: text, seed: seed)
    #expect(outcome.document.errors.isEmpty, "\(outcome.document.renderedErrors)")
    return try #require(outcome.steps.last).finding
  }

  private let geometric = """
    let mu, s : scalar
    let k0 : positive scalar
    let T : positive scalar
    brownian W

    """

  @Test(arguments: ["process K", "process K : positive scalar,"])
  func meanOfGeometricBrownianMotion(_ process: String) throws {
    let law = geometric + process + (process.hasSuffix(",") ? " " : " : ") + "dK = mu K dt + s K dW, K(0) = k0\n"
    let right = try finding(law + "assume abs(mu) < 1 assume abs(s) < 3/4 claim C: E[at(K, T)] = k0 exp(mu T)")
    #expect(right.name == "sampled", "\(right)")
    let wrong = try finding(law + "assume s > 1/2 claim C: E[at(K, T)] = k0 exp((mu - 1/2 s^2) T)")
    #expect(wrong.name == "refuted", "\(wrong)")
  }

  /// Faults that a fair resolution must see, and what they spoil, whatever the seed.
  @Test(arguments: 1...6)
  func everySeed(_ seed: UInt64) throws {
    let law =
      geometric + "process K : dK = mu K dt + s K dW, K(0) = k0 "
      + "process P : positive scalar, dP = mu P dt + s P dW, P(0) = k0\n"
    let right = ["E[at(K, T)] = k0 exp(mu T)", "E[log(at(P, T))] = log k0 + (mu - 1/2 s^2) T"]
    for claim in right { #expect(try finding(law + "claim C: \(claim)", seed).name == "sampled", "\(claim)") }
    let wrong = [
      "E[at(K, T)] = 1.02 k0 exp(mu T)", "E[at(K, T)] = k0 exp(1.02 mu T)", "E[log(at(P, T))] = log k0 + mu T",
      "Var[log(at(P, T))] = 2 s^2 T", "Var[log(at(P, T))] = 0.98 s^2 T",
    ]
    for claim in wrong { #expect(try finding(law + "claim C: \(claim)", seed).name == "refuted", "\(claim)") }
  }

  @Test func twoNoisesThatDependOnEachOther() throws {
    let law = """
      let r, a, b, u, v : scalar
      let x, y, T : positive scalar
      assume r^2 < 1
      brownian W  brownian V
      process X : dX = a X dt + u X dW, X(0) = x
      process Y : dY = b Y dt + v Y (r dW + sqrt(1 - r^2) dV), Y(0) = y

      """
    #expect(try finding(law + "claim C: E[at(X, T) at(Y, T)] = x y exp((a + b + r u v) T)").name == "sampled")
    #expect(try finding(law + "claim C: E[at(X, T) at(Y, T)] = x y exp((a + b) T)").name == "refuted")
  }

  @Test func logarithm() throws {
    let law = geometric + "process K : positive scalar, dK = mu K dt + s K dW, K(0) = k0\n"
    let right = try finding(law + "claim C: E[log(at(K, 1))] = log k0 + mu - 1/2 s^2")
    #expect(right.name == "sampled", "\(right)")
    let wrong = try finding(law + "assume s > 1/2 claim C: E[log(at(K, 1))] = log k0 + mu")
    #expect(wrong.name == "refuted", "\(wrong)")
  }

  @Test func ornsteinUhlenbeck() throws {
    let law = """
      let x0, s : scalar
      let k : positive scalar
      let T, U : positive scalar
      brownian W
      process X : dX = -k X dt + s dW, X(0) = x0

      """
    let right = [
      "E[at(X, T)] = x0 exp(-k T)", "Var[at(X, T)] = s^2/(2 k) (1 - exp(-2 k T))",
      "Cov[at(X, T), at(X, T + U)] = exp(-k U) s^2/(2 k) (1 - exp(-2 k T))",
    ]
    for claim in right { #expect(try finding(law + "claim C: \(claim)").name == "sampled", "\(claim)") }
    let wrong = ["E[at(X, T)] = x0 exp(k T)", "Var[at(X, T)] = s^2 T", "Var[at(X, T)] = s^2/(2 k)"]
    for claim in wrong { #expect(try finding(law + "claim C: \(claim)").name == "refuted", "\(claim)") }
  }

  @Test func linearInTwoDimensions() throws {
    let law = """
      let a, b : scalar
      let x0 : vector[2]
      let S : matrix[2, 2]
      let J : skew matrix[2, 2]
      brownian B : vector[2]
      process X : vector[2], dX = (a I + J) X dt + S dB, X(0) = x0
      let T : positive scalar

      """
    let square = "norm(x0)^2 exp(2 a T) + norm(S)^2 (exp(2 a T) - 1)/(2 a)"
    let right = try finding(law + "assume a < 0 claim C: E[norm(at(X, T))^2] = \(square)")
    #expect(right.name == "sampled", "\(right)")
    let wrong = try finding(law + "assume a < 0 claim C: E[norm(at(X, T))^2] = norm(x0)^2 exp(2 a T)")
    #expect(wrong.name == "refuted", "\(wrong)")
  }

  @Test func coefficientsThatDependOnTime() throws {
    let law = """
      let t : time
      let f, g : function of time
      let x0 : scalar
      let T : positive scalar
      brownian W
      process X : dX = (f(t) + t) dt + g(t) dW, X(0) = x0

      """
    let right = [
      "E[at(X, T)] = x0 + 1/2 T^2 + integral(s in 0..T) f(s) ds", "Var[at(X, T)] = integral(s in 0..T) g(s)^2 ds",
    ]
    for claim in right { #expect(try finding(law + "claim C: \(claim)").name == "sampled", "\(claim)") }
    let wrong = ["E[at(X, T)] = x0 + 1/2 T^2 + f(T) T", "Var[at(X, T)] = (integral(s in 0..T) g(s) ds)^2"]
    for claim in wrong { #expect(try finding(law + "claim C: \(claim)").name == "refuted", "\(claim)") }
  }

  @Test func timeRunsInsideAndStandsOutside() throws {
    let law = "let t : time brownian W process X : dX = t dt + dW, X(0) = 0 "
    #expect(try finding(law + "claim C: E[at(X, t)] = 1/2 t^2").name == "sampled")
    #expect(try finding(law + "claim C: E[at(X, t)] = t^2").name == "refuted")
  }

  /// The replicates of so heavy a tail agree with each other, on a fortieth of the mean.
  @Test func heavyTailsAreNotDecided() throws {
    let law = "let x : positive scalar brownian W process X : dX = 3 X dW, X(0) = x "
    #expect(try finding(law + "claim C: E[at(X, 1)^2] = x^2 exp(9)").name == "undecided")
  }

  @Test func brownianMotionFamiliesAndRandomStarts() throws {
    let right = [
      "brownian W let s, t : positive scalar claim C: Cov[at(W, s), at(W, s + t)] = s",
      "brownian W let T : positive scalar claim C: E[max(at(W, T), 0)] = 1/2 E[abs(at(W, T))]",
      "brownian W let m : scalar let Z : scalar ~ normal(m, 1) process X : dX = -X dt + dW, X(0) = Z "
        + "claim C: Cov[at(X, 1), Z] = exp(-1)",
      "let L : dimension brownian W let k[1..L] : positive scalar "
        + "process K[l in 1..L] : positive scalar, dK[l] = K[l] dW, K[l](0) = k[l] "
        + "claim C: E[sum(l in 1..L) at(K[l], 1)] = sum(l in 1..L) k[l]",
      "brownian W let a : scalar process X : dX = a dt + dW, X(0) = 0 process Y : dY = X dt, Y(0) = 0 "
        + "claim C: E[at(Y, 1)] = a/2",
    ]
    for text in right { #expect(try finding(text).name == "sampled", "\(text)") }
  }

  @Test func simulationSaysWhatItNeeds() throws {
    let adapted = try finding(
      "let a : adapted scalar brownian W process X : dX = a dt + dW, X(0) = 0 claim C: E[at(X, 1)] = 0")
    guard case .undecided(let why) = adapted else {
      Issue.record("\(adapted)")
      return
    }
    #expect(why.contains("simulate needs the differential of a"), "\(why)")
  }

  @Test func strengthNamesTheScheme() throws {
    let found = try finding(geometric + "process K : dK = K dt + 1/4 K dW, K(0) = k0 claim C: E[at(K, 1)] = k0 exp(1)")
    let strength = try #require(found.evidence?.strength)
    #expect(strength.contains("Euler–Maruyama with steps T/16, T/32, T/64, weak order"), "\(strength)")
  }

  @Test(arguments: [
    ("claim C: at(K, T) = 1", "outside an expectation"),
    ("claim C: d(E[at(K, T)]) = dt", "inside d( )"),
    ("claim C: D[t -> E[at(K, t)]](T)[1] = 1", "in a function that is differentiated"),
    ("claim C: E[integral(s in 0..T) at(K, T) ds] = 1", "under an integral"),
    ("process Y : dY = E[at(K, T)] dt", "in the differential of Y"),
    ("claim C: E[at(X, T)] = 1", "X has no start"),
    ("claim C: E[at(T, T)] = 1", "T is no process"),
    ("claim C: E[at(K, K)] = 1", "the time of at( ) is fixed"),
    ("claim C: E[at(K)] = 1", "at takes a process and a time"),
    ("claim C: E[at(K, at(K, T))] = 1", "the time of at( ) is fixed"),
  ])
  func misplaced(_ text: String, _ message: String) {
    let preamble = """
      brownian W let T : positive scalar
      process K : dK = K dt + dW, K(0) = 1  process X : dX = dW

      """
    let errors = DerivationDocument(DerivationSource(derivation: preamble + text)).renderedErrors
    #expect(errors.count == 1 && errors[0].contains(message), "\(errors)")
  }
}
