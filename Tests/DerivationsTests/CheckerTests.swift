// What the checker accepts, what it refuses, and what it says.

import Derivations
import SymbolicCalculus
import Testing

@Suite("Checker") struct CheckerTests {
  /// The only step's report of a document with one claim.
  private func step(_ text: String) throws -> StepReport {
    let outcome = Repository.check(derivation: text)
    #expect(outcome.document.errors.isEmpty, "\(outcome.report)")
    return try #require(outcome.steps.last)
  }

  // MARK: Evidence

  @Test func kindsOfEvidence() throws {
    #expect(try step("let a, b : scalar claim C: (a + b)^2 = a^2 + 2 a b + b^2").finding.name == "exact")
    #expect(try step("let a, b : scalar claim C: exp(a) exp(b) = exp(a + b)").finding.name == "enclosed")
    #expect(try step("let z : scalar ~ normal(0, 1) claim C: E[cos(z)] = exp(-1/2)").finding.name == "sampled")
    let proof = try step("let a, b : scalar claim C: (a + b)^2 = a^2 + 2 a b + b^2").finding.evidence
    #expect(proof?.failureBits == .infinity && proof?.strength == "equal as rational functions of all entries")
  }

  @Test func counterexamplesAreSmall() throws {
    let found = try step("let n : dimension let A, B : matrix[n, n] claim C: A B = B A").finding
    guard case .refuted(let example) = found else {
      Issue.record("not refuted")
      return
    }
    #expect(example.sizes == ["n": 2] && example.kind == .exact)
    let digits = example.values.flatMap(\.text).filter(\.isNumber)
    #expect(digits.allSatisfy { "012".contains($0) }, "\(example.values)")
  }

  @Test func theyPartWhereTheyDiffer() throws {
    let product = try step("let a, b, c : scalar claim C: a^2 + (b + 1) c = a^2 + (b + 2) c").finding
    guard case .refuted(let inner) = product else {
      Issue.record("not refuted")
      return
    }
    #expect(inner.partsAt?.left?.description == "1" && inner.partsAt?.right?.description == "2")
  }

  // MARK: Hypotheses

  @Test func nothingFollowsFromWhatCannotBe() throws {
    for assumptions in ["assume x > 0 assume x < 0", "assume x^2 < 0", "assume exp(x) = 0"] {
      let name = try step("let x : scalar \(assumptions) claim C: x = 3").finding.name
      #expect(name == "vacuous" || name == "undecided", "\(assumptions): \(name)")
    }
  }

  @Test func hypothesesAreUsed() throws {
    let claims = [
      ("let x : scalar", "let x : positive scalar", "claim C: sqrt(x^2) = x"),
      ("let x : scalar", "let x : scalar assume x > 0", "claim C: abs(x) = x"),
      ("let a, b : scalar", "let a, b : scalar assume a = 2 b", "claim C: a^2 = 4 b^2"),
      (
        "let n : dimension let A, B : matrix[n, n]", "let n : dimension let A, B : matrix[n, n] assume A B = I",
        "claim C: A B A = A"
      ),
      (
        "let n : dimension let A : matrix[n, n]", "let n : dimension let A : symmetric matrix[n, n]", "claim C: A' = A"
      ),
    ]
    for (without, with, claim) in claims {
      #expect(try step(without + " " + claim).finding.evidence == nil, "\(without)")
      #expect(try step(with + " " + claim).finding.evidence != nil, "\(with)")
    }
  }

  @Test func definednessIsAHypothesis() throws {
    let undefined = try step("let K : scalar claim C: exp(log K) = K").finding
    #expect(undefined.name == "undecided" || undefined.name == "refuted")
    #expect(try step("let K : positive scalar claim C: exp(log K) = K").finding.name == "enclosed")
    let batch = "let g[1..M] : iid scalar claim C: Var[mean(g)] = E[1/(M (M - 1)) sum(i in 1..M) (g[i] - mean(g))^2]"
    guard case .undecided(let why) = try step("let M : dimension " + batch).finding else {
      Issue.record("M = 1 was not noticed")
      return
    }
    #expect(why.contains("division by zero at M = 1"))
    #expect(try step("let M : dimension >= 2 " + batch).finding.name == "exact")
  }

  // MARK: Chains and reasons

  @Test func chainsMustEndAtTheClaim() {
    let head = "let a, b : scalar assume a <= b "
    let wrongEnd = Repository.check(derivation: head + "claim C: 2 a <= 2 b + 1 proof 2 a = a + a <= 2 b qed")
    #expect(!wrongEnd.isProved && wrongEnd.isRefuted)
    let weak = Repository.check(derivation: head + "claim C: 2 a = 2 b proof 2 a = a + a <= 2 b qed")
    #expect(!weak.isProved)
    let turned = Repository.check(derivation: head + "claim C: 2 a <= 2 b proof 2 b >= a + b >= 2 a qed")
    #expect(turned.isProved, "\(turned.report)")
    let right = Repository.check(derivation: head + "claim C: 2 a <= 2 b proof 2 a = a + a <= a + b <= 2 b qed")
    #expect(right.isProved, "\(right.report)")
  }

  @Test func falseStepInATrueClaim() throws {
    let outcome = Repository.check(
      derivation: """
        let a, b : scalar
        claim C: (a + b)^2 = a^2 + 2 a b + b^2
        proof
          (a + b)^2 = a^2 + a b + b^2 by algebra
                    = a^2 + 2 a b + b^2 by algebra
        qed
        """)
    #expect(outcome.steps.map(\.finding.name) == ["refuted", "refuted"])
  }

  @Test func reasonsAreChecked() throws {
    func reason(_ text: String) throws -> ReasonFinding { try step(text).reasonFinding }
    let rejected: (ReasonFinding) -> Bool = { if case .rejected = $0 { true } else { false } }
    #expect(try reason("let a : scalar define b = 2 a claim C: b = 2 a by definition") == .confirmed)
    #expect(rejected(try reason("let a : scalar define b = 2 a claim C: b = a + a by definition")))
    let solved = "let n : dimension let A : spd matrix[n, n] let y : vector[n] define w = inv(A) y "
    #expect(try reason(solved + "claim C: y - 2 A w = y - 2 A inv(A) y by definition") == .confirmed)
    let family = "let x[1..3] : scalar define z = x[1] "
    #expect(rejected(try reason(family + "assume x[1] = x[2] claim C: 2 z = 2 x[2] by definition")))
    #expect(try reason("let a, b : scalar assume a <= b claim C: a <= b by assumption") == .confirmed)
    #expect(rejected(try reason("let a, b : scalar assume a <= b claim C: a <= b + 1 by assumption")))
    #expect(try reason("let a : scalar claim C: D[x -> x^3](a)[1] = 3 a^2 by differentiation") == .confirmed)
    #expect(rejected(try reason("let a : scalar claim C: a + a = 2 a by differentiation")))
    let sde = "let m, s : scalar brownian W process K : positive scalar, dK = m K dt + s K dW "
    #expect(try reason(sde + "claim C: d(log K) = (m - 1/2 s^2) dt + s dW by ito") == .confirmed)
    #expect(rejected(try reason(sde + "claim C: dK = m K dt + s K dW by isserlis")))
    #expect(try reason("let z : scalar ~ normal(0, 1) claim C: E[z^4] = 3 by isserlis") == .confirmed)
  }

  // MARK: Citations

  private static let lemma = """
    section Lemma
    let n : dimension >= 2
    let A : spd matrix[n, n]
    let x : vector[n]
    let t : positive scalar
    claim Root: sqrt(t^2) = t
    claim Inverse: inv(A) A x = x

    """

  @Test(arguments: [
    ("let r : positive scalar claim C: 1 + sqrt(r^2) = 1 + r by cite Root", true),
    ("let r : scalar assume r >= 1 claim C: sqrt(r^2) = r by cite Root", true),
    ("let r : scalar assume r != 0 claim C: sqrt(r^2)^2 = r^2 by cite Root", false),
    ("let k : dimension >= 3 let B : spd matrix[k, k] let y : vector[k] claim C: inv(B) B y = y by cite Inverse", true),
    ("let k : dimension let B : spd matrix[k, k] let y : vector[k] claim C: inv(B) B y = y by cite Inverse", false),
    ("let k : dimension >= 2 let B : matrix[k, k] let y : vector[k] claim C: inv(B) B y = y by cite Inverse", false),
    ("let a, b : scalar claim C: a + b = b + a by cite Root", false),
    ("let a, b : scalar claim C: a + b = b + a by cite Nothing", false),
    ("let a, b : scalar claim C: a + b = b + a by cite C", false),
  ])
  func citations(_ user: String, _ isMet: Bool) {
    let outcome = Repository.check(derivation: Self.lemma + "section User " + user)
    #expect(outcome.claims.last?.isProved == isMet, "\(user)\n\(outcome.report)")
  }

  @Test func whatIsNotProvedCannotBeCited() {
    let outcome = Repository.check(
      derivation: "let a : scalar claim Wrong: a^2 = a claim C: a^2 + 1 = a^2 + 1 by cite Wrong")
    #expect(outcome.claims.map(\.isProved) == [false, false])
  }
}
