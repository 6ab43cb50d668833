// Names and sizes as LaTeX: theta_0 becomes θ with an index, gradL stands upright.

private let greekCommands: Set<String> = [
  "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa",
  "lambda",
  "mu", "nu", "xi", "pi", "varpi", "rho", "varrho", "sigma", "varsigma", "tau", "upsilon", "phi", "varphi", "chi",
  "psi",
  "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "ell",
]

private let greekLetters: [Character: String] = [
  "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta",
  "θ": "theta", "ϑ": "vartheta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi",
  "ρ": "rho", "σ": "sigma", "ς": "varsigma", "τ": "tau", "υ": "upsilon", "φ": "varphi", "ϕ": "phi", "χ": "chi",
  "ψ": "psi",
  "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma",
  "Υ": "Upsilon", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "ℓ": "ell",
]

/// A name of the language as LaTeX: underscores and final digits start an index, to which indices are appended.
///
/// A name with more in it than letters, such as f(x) for a defined function's value, is put together word by word.
func latexName(_ name: String, _ indices: [Dimension] = [], also more: [String] = []) -> String {
  if name.contains("(") { return latexCall(name) }
  var parts = name.split(separator: "_").map(String.init)
  var subscripts: [String] = []
  if let head = parts.first {
    let digits = String(head.reversed().prefix { $0.isNumber }.reversed())
    if !digits.isEmpty, digits.count < head.count {
      parts[0] = String(head.dropLast(digits.count))
      subscripts = [digits]
    }
  }
  subscripts += parts.dropFirst().map(latexWord) + indices.map(\.latex) + more
  let base = latexWord(parts.first ?? name)
  return subscripts.isEmpty ? base : "\(base)_{\(subscripts.joined(separator: ","))}"
}

private func latexCall(_ text: String) -> String {
  var result = ""
  var word = ""
  for character in text + " " {
    if character.isLetter || character.isNumber || character == "_" {
      word.append(character)
    } else {
      if !word.isEmpty { result += latexName(word) }
      word = ""
      result.append(character)
    }
  }
  return String(result.dropLast())
}

private func latexWord(_ word: String) -> String {
  if greekCommands.contains(word) { return "\\" + word }
  if word.count == 1, let letter = word.first { return greekLetters[letter].map { "\\" + $0 } ?? word }
  return word.allSatisfy(\.isNumber) ? word : "\\mathrm{\(word)}"
}

extension Dimension {
  /// The polynomial as LaTeX.
  public var latex: String {
    let sorted = terms.sorted { a, b in
      a.key.count != b.key.count ? a.key.count > b.key.count : a.key.lexicographicallyPrecedes(b.key)
    }
    var text = ""
    for (atoms, coefficient) in sorted {
      let isPlain = coefficient.magnitude == 1 && !atoms.isEmpty
      let term = ((isPlain ? [] : ["\(coefficient.magnitude)"]) + atoms.map(\.latex)).joined(separator: " ")
      text += text.isEmpty ? (coefficient < 0 ? "-" : "") + term : (coefficient < 0 ? " - " : " + ") + term
    }
    return text.isEmpty ? "0" : text
  }
}

extension Dimension.Atom {
  fileprivate var latex: String {
    switch self {
    case .symbol(let name): latexName(name)
    case .minimum(let a, let b): "\\min(\(a.latex), \(b.latex))"
    case .maximum(let a, let b): "\\max(\(a.latex), \(b.latex))"
    }
  }
}
