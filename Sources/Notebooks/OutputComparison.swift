// What a block printed beside what its notebook says it prints.

/// The comparison of an expected output with a found one, line by line.
public struct OutputComparison: Sendable {
  /// A line that is not as expected.
  public struct Difference: Equatable, Sendable {
    /// An index into the expected lines; the number of lines where something is missing at the end.
    public let line: Int
    public let problem: String
  }

  public let differences: [Difference]
  /// The expected output as it should be: every line that agreed as it was, with its elisions, and the others as found.
  public let promoted: [String]

  public init(expected: [String], found: [String], tolerance: Tolerance) {
    let splitted = { (line: String) in OutputToken.split(line, joiningErrors: tolerance.sigma != nil) }
    let (left, right) = (expected.map(splitted), found.map(splitted))
    var differences: [Difference] = []
    var promoted: [String] = []
    let steps = Alignment.steps(
      (left.count, right.count), isElision: { left[$0] == [.elision] },
      agree: { Self.complaint(left[$0], right[$1], tolerance) == nil })
    var next = 0
    for step in steps {
      switch step {
      case .pair(let i, _, agree: true), .elided(let i, _):
        promoted.append(expected[i])
        next = i + 1
      case .pair(let i, let j, agree: false):
        let complaint = Self.complaint(left[i], right[j], tolerance) ?? ""
        differences.append(Difference(line: i, problem: complaint))
        promoted.append(Self.keepingElisions(of: expected[i], left[i], in: found[j]))
        next = i + 1
      case .missing(let i):
        differences.append(Difference(line: i, problem: "expected '\(expected[i])', found no such line"))
        next = i + 1
      case .extra(let j):
        differences.append(Difference(line: next, problem: "expected no such line, found '\(found[j])'"))
        promoted.append(found[j])
      }
    }
    self.differences = differences
    self.promoted = promoted
  }

  /// Nil if a line is as expected, and otherwise the first thing that is not.
  private static func complaint(_ expected: [OutputToken], _ found: [OutputToken], _ tolerance: Tolerance) -> String? {
    if !expected.contains(.elision) {
      let shared = zip(expected, found).lazy.compactMap { tolerance.complaint(expected: $0, found: $1) }.first
      if let shared { return shared }
      if expected.count == found.count { return nil }
      let rest = expected.count > found.count ? expected[found.count] : found[expected.count]
      return expected.count > found.count
        ? "expected '\(rest.text)', found the end of the line" : "expected the end of the line, found '\(rest.text)'"
    }
    let steps = Alignment.steps(
      (expected.count, found.count), isElision: { expected[$0] == .elision },
      agree: { tolerance.complaint(expected: expected[$0], found: found[$1]) == nil })
    for step in steps {
      switch step {
      case .pair(let i, let j, agree: false): return tolerance.complaint(expected: expected[i], found: found[j])
      case .missing(let i): return "expected '\(expected[i].text)', found none"
      case .extra(let j): return "expected nothing more here, found '\(found[j].text)'"
      case .pair, .elided: continue
      }
    }
    return nil
  }

  /// The found line, with `…` where the expected line has it between the same neighbours.
  private static func keepingElisions(of line: String, _ expected: [OutputToken], in found: String) -> String {
    guard expected.contains(.elision) else { return found }
    // Word by word, so that the spaces of the found line are kept.
    let pieces = found.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let old = line.split(separator: " ").map(String.init)
    let words = pieces.indices.filter { !pieces[$0].isEmpty }
    let steps = Alignment.steps(
      (old.count, words.count), isElision: { old[$0] == "…" },
      agree: { old[$0] == pieces[words[$1]] })
    var result = pieces
    for case .elided(_, let range) in steps where !range.isEmpty {
      result[words[range.lowerBound]] = "…"
      for index in range.dropFirst() { result[words[index]] = "" }
    }
    return result.joined(separator: " ")
  }
}
