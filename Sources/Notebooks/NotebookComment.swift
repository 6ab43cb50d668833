// The invisible comments that say how a block is checked.

/// How the output of a bash block is compared with the text block after it.
public struct CheckOptions: Equatable, Sendable {
  public enum Comparison: Equatable, Sendable {
    /// The command must succeed; what it prints does not count.
    case skip
    case compare(Tolerance)
  }

  public var comparison: Comparison = .compare(Tolerance())
  /// The exit status that the block must have.
  public var exit: Int32 = 0
  /// Seconds after which the block is killed.
  public var timeout = 120.0

  public init() {}

  /// These options, with those that `other` states in their place.
  func overridden(by other: CheckOptions) -> CheckOptions {
    let defaults = CheckOptions()
    var result = self
    if other.comparison != defaults.comparison { result.comparison = other.comparison }
    if other.exit != defaults.exit { result.exit = other.exit }
    if other.timeout != defaults.timeout { result.timeout = other.timeout }
    return result
  }
}

/// What a comment before a block says, with its line.
struct NotebookComment {
  enum Content {
    case check(CheckOptions)
    case source(path: String, region: String)
    case figure(String)
  }

  let line: Int
  let content: Content

  /// What a check comment asks for.
  var options: CheckOptions? { if case .check(let options) = content { options } else { nil } }

  /// Nil for anything that is no comment for `lipdyn`: prose, and comments that begin with another word.
  init?(_ text: String, line: Int, file: String) throws(NotebookError) {
    var words = text.split(separator: " ")
    guard words.first == "<!--", words.count > 1, ["check", "source", "figure"].contains(words[1]) else { return nil }
    guard words.last == "-->" else {
      throw NotebookError(file: file, line: line, problem: "this comment has no end on its line; close it with -->")
    }
    words = Array(words.dropFirst().dropLast())
    self.line = line
    func refuse(_ problem: String) -> NotebookError { NotebookError(file: file, line: line, problem: problem) }
    if words[0] == "source" {
      guard words.count == 3, words[2].hasPrefix("region="), words[2].count > 7 else {
        throw refuse("'\(words.joined(separator: " "))': write <!-- source PATH region=NAME -->")
      }
      content = .source(path: String(words[1]), region: String(words[2].dropFirst(7)))
      return
    }
    if words[0] == "figure" {
      guard words.count == 2, !words[1].contains("/") else {
        throw refuse(
          "'\(words.joined(separator: " "))': write <!-- figure FILE -->, a file that a block draws, without a folder")
      }
      content = .figure(String(words[1]))
      return
    }
    var options = CheckOptions()
    var tolerance = Tolerance()
    var skip = false
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count == 2 ? Double(parts[1]) : nil
      switch (parts[0], parts.count, value) {
      case ("skip", 1, _): skip = true
      case ("exact", 1, _): tolerance.isExact = true
      case ("mc", 1, _): tolerance.sigma = tolerance.sigma ?? 5
      case ("sigma", 2, let value?) where value > 0 && value.isFinite: tolerance.sigma = value
      case ("rtol", 2, let value?) where value >= 0 && value < 1: tolerance.relative = value
      case ("atol", 2, let value?) where value >= 0 && value.isFinite: tolerance.absolute = value
      case ("timeout", 2, let value?) where value > 0 && value.isFinite: options.timeout = value
      case ("exit", 2, let value?) where Int32(exactly: value).map({ (0...255).contains($0) }) ?? false:
        options.exit = Int32(value)
      default:
        throw refuse(
          "'\(word)' is no option of check; use skip, exact, rtol=1e-6 (below 1), atol=0.01, mc sigma=5, exit=0 to 255, "
            + "timeout=SECONDS")
      }
    }
    guard
      !tolerance.isExact
        || (tolerance.relative == Tolerance().relative && tolerance.absolute == 0 && tolerance.sigma == nil)
    else { throw refuse("exact excludes rtol, atol and mc; keep one") }
    guard !skip || tolerance == Tolerance() else {
      throw refuse("skip compares nothing; remove the tolerance, or skip")
    }
    options.comparison = skip ? .skip : .compare(tolerance)
    content = .check(options)
  }
}
