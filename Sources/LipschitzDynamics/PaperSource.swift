// Where a claim was printed: in the paper, or here, as a complement to one of its statements.

internal import VerificationKit

extension Source {
  /// A statement of *Optimization-Induced Dynamics of Lipschitz Continuity in Neural Networks*.
  static func luo2025(_ number: String) -> Source { Source(paper: "arXiv 2506.18588", number) }

  /// A statement of this package that corrects or completes one of the paper's.
  static func complement(to number: String) -> Source { Source(paper: "this package", "Complement to \(number)") }
}
