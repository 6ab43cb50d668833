// A checked document as LaTeX: the displayed formulas are the trees that were checked.

internal import SymbolicCalculus

public enum DerivationLaTeX {
  /// A self-contained article of the documents' claims and proofs, each step with its reason and its evidence.
  public static func article(_ outcomes: [DocumentOutcome]) -> String {
    let body = outcomes.map(section).joined(separator: "\n")
    return #"""
      \documentclass{article}
      \usepackage[utf8]{inputenc}
      \usepackage{amsmath,amssymb,amsthm}
      \usepackage[a4paper,margin=25mm]{geometry}
      \allowdisplaybreaks
      \newtheorem{claim}{Claim}
      \begin{document}

      """# + body + "\\end{document}\n"
  }

  private static func section(_ outcome: DocumentOutcome) -> String {
    var text = "\\section*{\(escaped(outcome.document.slug))}\n"
    for claim in outcome.claims {
      text += "\\begin{claim}[\(escaped(claim.name))]\n\\[\n\(claim.statement.latex)\n\\]\n\\end{claim}\n"
      text += "\\noindent\\emph{\(escaped(DerivationText.verdict(claim)))}\n"
      for (name, steps) in chains(claim) {
        guard let first = steps.first, steps.count > 1 || first.reason != nil else { continue }
        text += name.map { "\\par\\noindent\\textit{\(escaped($0)).}\n" } ?? ""
        text += "\\begin{align*}\n  & \(first.statement.left.latex)\\\\\n"
        text += steps.map { step in
          let relation = step.statement.relation.latex
          return "  &\\quad \(relation) \(step.statement.right.latex) && \\text{\(escaped(note(step)))}"
        }.joined(separator: "\\\\\n")
        text += "\n\\end{align*}\n"
      }
    }
    return text
  }

  private static func chains(_ claim: ClaimOutcome) -> [(String?, [StepReport])] {
    var all: [(String?, [StepReport])] = []
    for step in claim.steps where step.number > 0 {
      if let last = all.last, last.0 == step.lemma, step.number > 1 {
        all[all.count - 1].1.append(step)
      } else {
        all.append((step.lemma, [step]))
      }
    }
    return all
  }

  /// Signs that authors use in their words.
  private static let mathematical: [Character: String] = [
    "⊗": "\\otimes", "Σ": "\\sum", "∘": "\\circ", "≤": "\\le", "≥": "\\ge", "≠": "\\ne", "²": "^2", "³": "^3",
    "−": "-", "×": "\\times", "√": "\\surd", "∞": "\\infty", "→": "\\to", "½": "\\tfrac12", "¼": "\\tfrac14",
    "ᵀ": "^\\top",
    "≈": "\\approx", "∑": "\\sum", "–": "\\text{--}", "…": "\\dots",
  ]

  private static func note(_ step: StepReport) -> String {
    let reason = step.reason.map { "by \($0), " } ?? ""
    return reason + (step.finding.evidence?.kind.rawValue ?? "not shown")
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "_", "&", "%", "#", "$", "{", "}": result += "\\\(character)"
      case "^": result += "\\textasciicircum{}"
      case "\\": result += "\\textbackslash{}"
      case "~": result += "\\textasciitilde{}"
      case _ where character.isLetter && !character.isASCII:
        result += "\\ensuremath{\(Expression.variable(String(character), .scalar).latex)}"
      case "\u{2019}", "\u{2018}": result += "'"
      case _ where !character.isASCII: result += "\\ensuremath{\(mathematical[character] ?? "\\cdot")}"
      default: result.append(character)
      }
    }
  }
}
