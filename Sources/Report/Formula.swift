// One line of Unicode mathematics as MathML: what occurs in claims, and nothing guessed.

internal import SymbolicCalculus

/// A claim's formula in pieces: mathematics, words, and places where a narrow page may break the line.
///
/// What the grammar does not know makes the whole formula nil, so that a page shows the line as it was written.
struct Formula {
  enum Piece: Hashable {
    case math(MathML)
    case words(String)
    /// A wider gap, where the source has two spaces: the next part of a list of formulas.
    case gap
  }

  let pieces: [Piece]

  init?(_ line: String) {
    guard let tokens = FormulaToken.tokens(of: line) else { return nil }
    var parser = FormulaParser(tokens)
    guard let pieces = parser.pieces() else { return nil }
    self.pieces = pieces
  }
}

/// A formula on a page: pieces that may wrap, or the line as it is written where it cannot be read.
func typeset(_ line: String, _ kind: String = "formula") -> HTML {
  guard let formula = Formula(line) else { return tag("p", kind) { tag("code", "plain") { line } } }
  // A part stays together where it fits on a line, and breaks before its relations where it does not.
  let parts = formula.pieces.split { $0 == .gap }
  return tag("p", kind) {
    for part in parts {
      tag("span", "part") {
        for piece in part {
          switch piece {
          case .math(let math): [HTML(math), tag("wbr")]
          case .words(let words): [" ", tag("span", "words") { words }, " "]
          case .gap: HTML.empty
          }
        }
      }
      " "
    }
  }
}
