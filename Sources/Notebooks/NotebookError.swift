// What is wrong with a notebook itself: file, line, value, remedy.

/// A notebook, or a file that it quotes, that cannot be understood.
public struct NotebookError: Error, Equatable, Sendable, CustomStringConvertible {
  public let file: String
  /// Counted from 1.
  public let line: Int
  /// What was found, and what to write instead.
  public let problem: String

  public init(file: String, line: Int, problem: String) {
    self.file = file
    self.line = line
    self.problem = problem
  }

  public var description: String { "\(file):\(line): \(problem)" }
}
