// A claim: a pure function, its statement and hypotheses, the checks that test it, and its wrong versions.

public import RandomStreams

/// A mathematical statement with the function that implements it and the means to doubt it.
///
/// The type's name states the conclusion; numbers of a paper are data, because they move between versions.
public protocol Claim: Sendable {
  /// The function under test. Mutants replace it; checks see nothing else of the claim.
  associatedtype Subject: Sendable

  /// Where the statement was printed.
  static var source: Source { get }
  /// Formula, meaning and hypotheses.
  static var statement: Statement { get }
  /// The true function, which the checks receive under the same type as its mutants.
  static var subject: Subject { get }
  /// Independent tests, of at least two kinds of evidence.
  static var checks: [Check<Subject>] { get }
  /// Wrong versions of the function, one fault each.
  static var mutants: [Mutant<Subject>] { get }
  /// Inputs outside the hypotheses on which the conclusion must fail.
  static var boundaries: [Boundary] { get }
}

extension Claim {
  /// The claim's name, used in file names, streams and on the command line.
  public static var slug: String { String(describing: Self.self) }
  public static var boundaries: [Boundary] { [] }
}

/// Where a statement was printed.
public struct Source: Sendable, Equatable, Codable {
  /// The paper, e.g. "arXiv 2506.18588".
  public let paper: String
  /// The number in that paper, e.g. "Proposition 5".
  public let number: String

  /// A place in print.
  ///
  /// - Parameters:
  ///   - paper: how a reader finds it, e.g. "arXiv 2506.18588".
  ///   - number: the statement in it, e.g. "Proposition 5".
  public init(paper: String, _ number: String) {
    self.paper = paper
    self.number = number
  }
}

/// What is asserted, and under which hypotheses.
public struct Statement: Sendable, Codable {
  /// One line of mathematics.
  public let formula: String
  /// The same in words.
  public let meaning: String
  /// The conditions under which ``formula`` is asserted, the source's own and those it lacks.
  public let hypotheses: [Hypothesis]
  /// How the formula here differs from the printed one.
  public let differsFromPrint: String

  /// An assertion from its parts.
  ///
  /// - Parameters:
  ///   - formula: one line of mathematics.
  ///   - meaning: the same in words.
  ///   - hypotheses: what the checks may presume; one that the source lacks turns *holds* into *holds under*.
  ///   - differsFromPrint: what was corrected or made precise, in words.
  public init(
    _ formula: String, meaning: String, hypotheses: [Hypothesis], differsFromPrint: String = "no difference"
  ) {
    self.formula = formula
    self.meaning = meaning
    self.hypotheses = hypotheses
    self.differsFromPrint = differsFromPrint
  }
}

/// A condition of a statement.
public struct Hypothesis: Sendable, Equatable, Codable {
  /// What the source says of it.
  public enum Standing: Sendable, Equatable, Codable {
    /// Printed in the source as a condition of the statement.
    case stated
    /// The source is silent, because the statement is this package's own.
    case own
    /// Not mentioned; if it turns out to be needed, that is a finding.
    case unstated
    /// The source asserts the conclusion expressly where this hypothesis fails: as printed, the statement is false.
    case contradicted
    /// The source builds on it as an assumption of its own, and measurements contradict the assumption.
    case assumed
  }

  /// The condition in words, e.g. "σ₁ > σ₂".
  public let text: String
  /// Whether, and how, the source mentions the condition.
  public let standing: Standing
  /// Whether nothing is missing from the source.
  public var isStated: Bool { standing == .stated || standing == .own }

  /// A condition that the source prints; the claim *holds* with it.
  public static func stated(_ text: String) -> Hypothesis { Hypothesis(text: text, standing: .stated) }
  /// A condition of a statement that no source printed, because it is this package's own.
  public static func own(_ text: String) -> Hypothesis { Hypothesis(text: text, standing: .own) }
  /// A condition about which the source is silent: the claim *holds under* it.
  public static func unstated(_ text: String) -> Hypothesis { Hypothesis(text: text, standing: .unstated) }
  /// An assumption of the source that measurements contradict: the claim *fails as stated*.
  public static func assumed(_ text: String) -> Hypothesis { Hypothesis(text: text, standing: .assumed) }
  /// A condition outside which the source asserts the conclusion, wrongly: the claim *fails as stated*.
  public static func contradicted(_ text: String) -> Hypothesis { Hypothesis(text: text, standing: .contradicted) }
}

/// A single-fault wrong version of a claim's function, which the checks must catch.
public struct Mutant<Subject: Sendable>: Sendable {
  /// The fault, in words.
  public let name: String
  /// The faulty function.
  public let subject: Subject

  /// One planted fault.
  ///
  /// - Parameters:
  ///   - name: the fault in words, e.g. "divides by M, not M − 1"; checks declare themselves blind by it.
  ///   - subject: a function of the claim's own type, right but for that fault.
  public init(_ name: String, _ subject: Subject) {
    self.name = name
    self.subject = subject
  }
}

/// A demonstration that the conclusion fails once a hypothesis is dropped.
public struct Boundary: Sendable {
  /// The input, in words.
  public let name: String
  /// The hypothesis that the input violates.
  public let dropped: Hypothesis
  /// What to use instead where the hypothesis fails.
  public let remedy: String
  let demonstrate: @Sendable (Setting) throws -> Verdict

  /// - Parameters:
  ///   - name: the input, in words.
  ///   - hypothesis: one of the statement's, which the input violates.
  ///   - remedy: what to use instead where the hypothesis fails.
  ///   - demonstrate: tests the conclusion on an input outside the hypothesis; must end *refuted*.
  public init(
    _ name: String, drops hypothesis: Hypothesis, remedy: String,
    demonstrate: @escaping @Sendable (Setting) throws -> Verdict
  ) {
    self.name = name
    dropped = hypothesis
    self.remedy = remedy
    self.demonstrate = demonstrate
  }
}

/// How much work a run may spend.
public enum Tier: String, Sendable, Codable, CaseIterable {
  /// Seconds a claim: every `swift test`.
  case quick
  /// Minutes a claim: samples and ensembles sixteen times as large.
  case full

  /// The factor on sample sizes.
  public var scale: Int { self == .quick ? 1 : 16 }
}

/// What a check may depend on besides the function under test: nothing else, so that equal settings give equal digits.
public struct Setting: Sendable {
  /// "claim/check": the root of the names of the check's random streams.
  public let name: StreamName
  /// What moves the samples, and nothing else: problems are drawn independently of it.
  public let seed: UInt64
  /// How large samples and ensembles may be.
  public let tier: Tier

  /// The circumstances of one check; ``Claim/verify(seed:tier:includingMutants:progress:)`` makes them for every check.
  ///
  /// - Parameters:
  ///   - name: "claim/check", distinct for every check, so that no two share random numbers.
  ///   - seed: equal seeds give equal digits.
  ///   - tier: multiplies sample sizes.
  public init(name: StreamName, seed: UInt64, tier: Tier) {
    self.name = name
    self.seed = seed
    self.tier = tier
  }

  /// A generator for one purpose of this check.
  public func generator(
    _ purpose: String, algorithm: RandomGenerator.Algorithm = .philox
  ) -> RandomGenerator {
    RandomGenerator(algorithm, stream: name.appending(purpose), seed: seed)
  }
}

extension Setting {
  /// A generator for the *problem* of a statistical check: the same for every seed.
  ///
  /// A check's power depends on its problem. Were the problem drawn anew for every seed, some seeds would meet one
  /// in which a mutant hardly differs; so the problem is fixed, and the seed moves the samples only.
  public func problem(_ purpose: String) -> RandomGenerator {
    RandomGenerator(stream: name.appending("problem").appending(purpose), seed: 0)
  }
}

/// An independent test of a claim's function.
public struct Check<Subject: Sendable>: Sendable {
  /// Unique within the claim; part of the names of the check's random streams, so a new name means new numbers.
  public let name: String
  /// The kind of argument that the verdict rests on; a claim needs at least two kinds.
  public let evidence: Evidence
  /// Mutants that this check cannot see by construction, with the reason.
  public let blindTo: [String: String]
  let body: @Sendable (Subject, Trial<Subject>) throws -> Verdict

  /// A check from its parts; the oracles (``exactIdentity(_:blindTo:cases:)`` and its kin) are the usual way.
  public init(
    _ name: String, _ evidence: Evidence, blindTo: [String: String] = [:],
    body: @escaping @Sendable (Subject, Trial<Subject>) throws -> Verdict
  ) {
    self.name = name
    self.evidence = evidence
    self.blindTo = blindTo
    self.body = body
  }

  /// Runs the check. A hypothesis that the input violates, or an error on the way, leaves it inconclusive.
  public func run(_ subject: Subject, _ trial: Trial<Subject>) -> Verdict {
    do {
      return try body(subject, trial)
    } catch {
      return .inconclusive("\(error)")
    }
  }
}

/// A setting together with the true function and the mutants that a check must be able to resolve.
///
/// Oracles plan with these (a Monte Carlo sample size follows from the nearest mutant), so that the plan is the
/// same whichever function is on trial.
public struct Trial<Subject: Sendable>: Sendable {
  /// Seed, tier and stream names.
  public let setting: Setting
  /// The claim's own function.
  public let reference: Subject
  /// The mutants that the check does not declare itself blind to.
  public let rivals: [Mutant<Subject>]

  /// What the oracles know besides the function on trial.
  ///
  /// - Parameters:
  ///   - setting: seed, tier and stream names.
  ///   - reference: the claim's own function, also when a mutant is on trial.
  ///   - rivals: the mutants that a sample must be large enough to tell from `reference`.
  public init(setting: Setting, reference: Subject, rivals: [Mutant<Subject>]) {
    self.setting = setting
    self.reference = reference
    self.rivals = rivals
  }
}
