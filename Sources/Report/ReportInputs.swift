// What a report is made of: results that others computed. Whatever is missing is left out, and the page says so.

public import Derivations
public import Experiments
private import Foundation
public import LipschitzDynamics
public import Reporting

/// The results that a report shows.
public struct ReportInputs: Sendable {
  public var record: VerificationRecord
  public var paper: Paper
  /// Checked derivation documents, one a claim, named as the claim.
  public var derivations: [DocumentOutcome] = []
  public var experiments: [ExperimentResult] = []
  public var benchmarks: [BenchmarkLog] = []
  /// Markdown: what the paper needs beyond what it states.
  public var findings: String?
  /// Pictures that the findings show, by the name of the file.
  public var pictures: [String: [UInt8]] = [:]

  public init(record: VerificationRecord, paper: Paper) { (self.record, self.paper) = (record, paper) }
}

/// One experiment's outcome with the machine it ran on and its figure.
public struct ExperimentResult: Sendable {
  public let outcome: Outcome
  public let machine: VerificationRecord.Machine?
  /// SVG.
  public var figure: [UInt8]?

  private struct Record: Decodable {
    let outcome: Outcome
    let machine: VerificationRecord.Machine?
  }

  /// Reads what `lipdyn experiment run` wrote as `result.json`.
  ///
  /// - Throws: ``ReportError`` naming the file, what is wrong in it, and the remedy.
  public init(json: [UInt8], origin: String) throws(ReportError) {
    do {
      let record = try JSONDecoder().decode(Record.self, from: Data(json))
      (outcome, machine) = (record.outcome, record.machine)
    } catch {
      throw ReportError(
        field: origin, problem: "it is no result of an experiment (\(summary(of: error)))",
        remedy: "write one with lipdyn experiment run")
    }
  }
}

/// One file of kept timings.
public struct BenchmarkLog: Sendable {
  public let name: String
  public let text: String

  public init(name: String, text: String) { (self.name, self.text) = (name, text) }
}

/// Why a report cannot be made.
public struct ReportError: Error, Equatable, CustomStringConvertible {
  public let field: String
  public let problem: String
  public let remedy: String

  public init(field: String, problem: String, remedy: String) {
    (self.field, self.problem, self.remedy) = (field, problem, remedy)
  }

  public var description: String { "\(field): \(problem); \(remedy)" }
}

extension VerificationRecord {
  /// Reads what `lipdyn verify --json` wrote.
  ///
  /// - Throws: ``ReportError`` naming the file, what is wrong in it, and the remedy.
  public init(json: [UInt8], origin: String) throws(ReportError) {
    do {
      self = try JSONDecoder().decode(VerificationRecord.self, from: Data(json))
    } catch {
      throw ReportError(
        field: origin, problem: "it is no JSON of lipdyn verify (\(summary(of: error)))",
        remedy: "write one with lipdyn verify --json FILE")
    }
    guard schema == 3 else {
      throw ReportError(
        field: origin, problem: "schema is \(schema), and this version reads 3",
        remedy: "write it again with lipdyn verify --json FILE")
    }
    guard !claims.isEmpty else {
      throw ReportError(field: origin, problem: "it has no claims", remedy: "write one with lipdyn verify --json FILE")
    }
    var seen: Set<String> = []
    for row in claims {
      guard PaperClaims.slugs.contains(row.claim) else {
        throw ReportError(
          field: origin, problem: "'\(row.claim)' is no claim of this version",
          remedy: "write it again with lipdyn verify --json FILE")
      }
      guard seen.insert(row.claim).inserted else {
        throw ReportError(
          field: origin, problem: "'\(row.claim)' stands in it twice",
          remedy: "write it again with lipdyn verify --json FILE")
      }
      guard Standing(verdict: row.verdict) != nil else {
        throw ReportError(
          field: origin, problem: "'\(row.verdict)' is no verdict",
          remedy: "they are \(Standing.allCases.filter { $0 != .notRun }.map(\.rawValue).joined(separator: ", "))")
      }
    }
  }
}

/// The first thing wrong with JSON, in one line.
private func summary(of error: any Error) -> String {
  guard let error = error as? DecodingError else { return "it cannot be read" }
  switch error {
  case .keyNotFound(let key, _): return "it has no \(key.stringValue)"
  case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
    let place = context.codingPath.map(\.stringValue).joined(separator: ".")
    return (place.isEmpty ? "" : "\(place): ") + context.debugDescription
  @unknown default: return "it cannot be read"
  }
}

/// A claim's verdict, with the sign and the class it has on every page.
enum Standing: String, CaseIterable {
  case holds
  case holdsUnder = "holds under H"
  case fails = "fails as stated"
  case refuted
  case inconclusive
  case notRun = "not run"

  init?(verdict: String) { self.init(rawValue: verdict) }

  var sign: String {
    switch self {
    case .holds: "●"
    case .holdsUnder: "◐"
    case .fails: "○"
    case .refuted: "✕"
    case .inconclusive: "?"
    case .notRun: "–"
    }
  }

  var kind: String {
    switch self {
    case .holds: "good"
    case .holdsUnder: "care"
    case .fails, .refuted: "bad"
    case .inconclusive, .notRun: "none"
    }
  }

  /// The verdict with its sign, which is for the eye only.
  var html: HTML {
    tag("span", "verdict \(kind)") {
      tag("span", "sign", ["aria-hidden": "true"]) { sign }
      " " + (self == .fails ? "fails as printed" : rawValue)
    }
  }
}
