// Runs a claim's checks on the claim and on every mutant, and computes the verdict: nothing is typed by hand.

internal import RandomStreams

/// How one check ended on the claim's own function.
public struct CheckReport: Sendable, Codable {
  /// The check's name, unique within its claim.
  public let name: String
  /// The kind of argument that the verdict rests on.
  public let evidence: Evidence
  /// How the check ended on the true function.
  public let verdict: Verdict
  /// Wall-clock time on the true function alone, without mutants.
  public let seconds: Double
}

/// How one mutant fared against one check.
public enum MutantOutcome: Sendable, Equatable, Codable {
  /// The check refuted the mutant, as it should.
  case killed
  /// The check declares that it cannot see this mutant, with the reason.
  case blind(String)
  /// The check ended otherwise on the mutant: it cannot see the fault, or not decide. The verdict says which.
  case survived(Verdict)
}

/// One row of the kill matrix.
public struct MutantReport: Sendable, Codable {
  /// The planted fault, in words.
  public let name: String
  /// In the order of the claim's checks.
  public let outcomes: [MutantOutcome]

  /// Killed by at least one check and by every check that does not declare itself blind.
  public var isKilled: Bool {
    outcomes.contains(.killed) && outcomes.allSatisfy { if case .survived = $0 { false } else { true } }
  }
}

/// Whether the conclusion failed, as it must, without a hypothesis.
public struct BoundaryReport: Sendable, Codable {
  /// The input outside the hypothesis, in words.
  public let name: String
  /// The hypothesis that the input violates.
  public let dropped: Hypothesis
  /// What to use where the hypothesis fails.
  public let remedy: String
  /// How the conclusion fared on that input; refuted is what it must be.
  public let verdict: Verdict
  /// Whether the counterexample is one: the conclusion was refuted where the hypothesis fails.
  public var isDemonstrated: Bool { verdict.isRefuted }
}

/// The computed end of a claim.
public enum ClaimVerdict: Sendable, Equatable, CustomStringConvertible {
  /// Every check supports it and can fail; no hypothesis is missing from the source.
  case holds
  /// As ``holds``, but hypotheses that the source does not state were shown to be needed.
  case holdsUnder([String])
  /// The corrected statement holds, under hypotheses where the source expressly claims or assumes more and is contradicted.
  case failsAsStated([String])
  /// A check contradicts the true function; which, and where.
  case refuted(String)
  /// Nothing was contradicted, but some check, mutant or boundary leaves a doubt; which.
  case inconclusive(String)

  /// Whether a correct statement was established, be it the printed one or a corrected one.
  public var isPass: Bool {
    switch self {
    case .holds, .holdsUnder, .failsAsStated: true
    case .refuted, .inconclusive: false
    }
  }

  /// The vocabulary of tables and JSON.
  public var label: String {
    switch self {
    case .holds: "holds"
    case .holdsUnder: "holds under H"
    case .failsAsStated: "fails as stated"
    case .refuted: "refuted"
    case .inconclusive: "inconclusive"
    }
  }

  public var description: String {
    switch self {
    case .holds: "holds"
    case .holdsUnder(let hypotheses): "holds under: \(hypotheses.joined(separator: "; "))"
    case .failsAsStated(let hypotheses): "fails as stated; holds under: \(hypotheses.joined(separator: "; "))"
    case .refuted(let why): "refuted: \(why)"
    case .inconclusive(let why): "inconclusive: \(why)"
    }
  }
}

/// Everything that a run found about one claim.
public struct ClaimReport: Sendable, Codable {
  /// The claim's name.
  public let slug: String
  /// Where the statement was printed.
  public let source: Source
  /// What was asserted, with its hypotheses.
  public let statement: Statement
  /// One entry a check, in the claim's order.
  public let checks: [CheckReport]
  /// The kill matrix, one row a mutant; empty if the run left mutants out.
  public let mutants: [MutantReport]
  /// One entry a dropped hypothesis; empty if the run left mutants out.
  public let boundaries: [BoundaryReport]
  /// Wall-clock time of everything, mutants and boundaries included.
  public let seconds: Double

  /// Refuted if a check refutes; inconclusive unless every check supports, every mutant is killed and every boundary
  /// demonstrated; else whether it holds as printed, under more hypotheses, or fails as stated. A hypothesis that the
  /// source lacks counts wherever it is listed; that some claim demonstrates it is for the suite's own tests to see.
  public var verdict: ClaimVerdict {
    for check in checks { if case .refuted(let why) = check.verdict { return .refuted("\(check.name): \(why)") } }
    for check in checks {
      if case .inconclusive(let why) = check.verdict { return .inconclusive("\(check.name): \(why)") }
    }
    if Set(checks.map(\.evidence)).count < 2 { return .inconclusive("fewer than two kinds of evidence") }
    if mutants.isEmpty { return .inconclusive("no mutant was planted, so nothing shows that the checks can fail") }
    if let survivor = mutants.first(where: { !$0.isKilled }) {
      return .inconclusive("mutant '\(survivor.name)' survived")
    }
    if let undemonstrated = boundaries.first(where: { !$0.isDemonstrated }) {
      return .inconclusive("'\(undemonstrated.name)' should refute the conclusion: \(undemonstrated.verdict.summary)")
    }
    let missing = statement.hypotheses.filter { !$0.isStated }
    if missing.contains(where: { $0.standing != .unstated }) { return .failsAsStated(missing.map(\.text)) }
    return missing.isEmpty ? .holds : .holdsUnder(missing.map(\.text))
  }

  /// Distinct kinds of evidence, in the order of the checks.
  public var evidence: [Evidence] {
    checks.reduce(into: []) { kinds, check in if !kinds.contains(check.evidence) { kinds.append(check.evidence) } }
  }

  /// Mutants and dropped hypotheses that were planted.
  public var mutantsPlanted: Int { mutants.count + boundaries.count }
  /// Of ``mutantsPlanted``, those that were caught or demonstrated.
  public var mutantsKilled: Int {
    mutants.count(where: \.isKilled) + boundaries.count(where: \.isDemonstrated)
  }

  /// The largest fraction of its allowed error that any supporting check used.
  public var budgetUsed: Double? {
    checks.compactMap { if case .supported(let budget) = $0.verdict { budget.fractionUsed } else { nil } }.max()
  }

  /// The p-values of its statistical checks.
  public var pValues: [Double] { checks.compactMap(\.verdict.pValue) }
}

extension Claim {
  /// Runs every check on the claim and, unless told otherwise, on every mutant; then the boundaries.
  ///
  /// - Parameters:
  ///   - seed: of all samples; equal seeds give equal digits.
  ///   - tier: how large samples and ensembles are.
  ///   - includingMutants: whether to run the checks on the wrong versions, and the boundaries.
  ///   - progress: called with a line of text as each check begins.
  public static func verify(
    seed: UInt64, tier: Tier, includingMutants: Bool = true, progress: (String) -> Void = { _ in }
  ) -> ClaimReport {
    let clock = ContinuousClock()
    let start = clock.now
    let mutants = includingMutants ? self.mutants : []
    var checkReports: [CheckReport] = []
    var outcomes = [[MutantOutcome]](repeating: [], count: mutants.count)

    for check in checks {
      progress("\(slug): \(check.name)")
      let setting = Setting(name: StreamName(slug, check.name), seed: seed, tier: tier)
      // Planning always sees all visible mutants, so that skipping them leaves every digit as it was.
      let rivals = self.mutants.filter { check.blindTo[$0.name] == nil }
      let trial = Trial(setting: setting, reference: subject, rivals: rivals)
      let begun = clock.now
      let verdict = check.run(subject, trial)
      checkReports.append(
        CheckReport(
          name: check.name, evidence: check.evidence, verdict: verdict, seconds: (clock.now - begun).inSeconds))
      for (index, mutant) in mutants.enumerated() {
        if let reason = check.blindTo[mutant.name] {
          outcomes[index].append(.blind(reason))
        } else {
          let verdict = check.run(mutant.subject, trial)
          outcomes[index].append(verdict.isRefuted ? .killed : .survived(verdict))
        }
      }
    }
    let boundaryReports =
      includingMutants
      ? boundaries.map { boundary -> BoundaryReport in
        progress("\(slug): \(boundary.name)")
        let setting = Setting(name: StreamName(slug, boundary.name), seed: seed, tier: tier)
        let verdict: Verdict
        do { verdict = try boundary.demonstrate(setting) } catch { verdict = .inconclusive("\(error)") }
        return BoundaryReport(
          name: boundary.name, dropped: boundary.dropped, remedy: boundary.remedy, verdict: verdict)
      } : []
    return ClaimReport(
      slug: slug, source: source, statement: statement, checks: checkReports,
      mutants: zip(mutants, outcomes).map { MutantReport(name: $0.name, outcomes: $1) },
      boundaries: boundaryReports, seconds: (clock.now - start).inSeconds)
  }

  /// Declarations that name a mutant which does not exist, or that leave a mutant to no check at all.
  public static var declarationFaults: [String] {
    let names = Set(mutants.map(\.name))
    var faults = checks.flatMap { check in
      check.blindTo.keys.filter { !names.contains($0) }
        .map { "\(slug)/\(check.name) is blind to '\($0)', which is no mutant" }
    }
    faults += names.filter { name in checks.allSatisfy { $0.blindTo[name] != nil } }
      .map { "\(slug): every check is blind to '\($0)'" }
    if names.count != mutants.count { faults.append("\(slug): two mutants share a name") }
    if Set(checks.map(\.name)).count != checks.count { faults.append("\(slug): two checks share a name") }
    return faults.sorted()
  }
}

extension Duration {
  /// The duration as a number of seconds.
  public var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
