// Formulas as MathML: from a claim's line of Unicode, and from the trees of derivations.

import Derivations
import Foundation
import FoundationXML
import LipschitzDynamics
import SymbolicCalculus
import Testing
import VerificationKit

@testable import Report

@Suite("Mathematics on a page")
struct MathematicsTests {
  /// Structure without the attributes: "msup(mi:x mn:2)".
  private static func outline(_ markup: String) throws -> String {
    let node = try XMLDocument(xmlString: "<r>\(markup)</r>", options: []).rootElement()
    func write(_ e: XMLElement) -> String {
      let inner = (e.children ?? []).compactMap { $0 as? XMLElement }.filter { $0.name != "mspace" }
      if inner.isEmpty { return "\(e.name ?? "?"):\(e.stringValue ?? "")" }
      let text = inner.map(write).joined(separator: " ")
      return e.name == "mrow" ? "(\(text))" : "\(e.name ?? "?")(\(text))"
    }
    return (node?.children ?? []).compactMap { ($0 as? XMLElement).map(write) }.joined(separator: " ")
  }

  private static func outline(line: String) throws -> String? {
    guard let formula = Formula(line) else { return nil }
    return try formula.pieces.map { piece in
      switch piece {
      case .math(let math): try outline(math.markup)
      case .words(let words): "'\(words)'"
      case .gap: "|"
      }
    }.joined(separator: " ")
  }

  @Test(
    "indices, exponents, accents and both kinds of scripts",
    arguments: [
      ("σᵢ²", "msubsup(mi:σ mi:i mn:2)"), ("λ_Z²", "msubsup(mi:λ mi:Z mn:2)"),
      ("Σ̂", "mover(mi:Σ mo:^)"), ("ḡ_n", "msub(mover(mi:g mo:¯) mi:n)"),
      ("p_{k+1}ᵀ", "msubsup(mi:p (mi:k mo:+ mn:1) mo:⊤)"), ("Λ^½", "msup(mi:Λ mn:½)"),
      ("K⁽ˡ⁾", "msup(mi:K (mo:( mi:ℓ mo:)))"), ("s_±²", "msubsup(mi:s mo:± mn:2)"),
    ])
  func scripts(line: String, expected: String) throws { #expect(try Self.outline(line: line) == expected) }

  @Test(
    "fractions where both sides are plain, the line's own slash where they are not",
    arguments: [
      ("dK/K", "mfrac((mi:d mi:K) mi:K)"), ("1/(M(M−1))", "mfrac(mn:1 (mi:M (mo:( (mi:M mo:− mn:1) mo:))))"),
      ("(a − b)/h", "mfrac((mi:a mo:− mi:b) mi:h)"), ("η/2σ₁", "mfrac(mi:η (mn:2 msub(mi:σ mn:1)))"),
      ("x/tr F", "mfrac(mi:x (mi:tr mi:F))"), ("(η/2)x", "(mfrac(mi:η mn:2) mi:x)"),
      ("O(η/2)", "(mi:O (mo:( mfrac(mi:η mn:2) mo:)))"), ("x/K(0)", "(mi:x mo:/ (mi:K (mo:( mn:0 mo:))))"),
      ("e^{v/2}", "msup(mi:e (mi:v mo:/ mn:2))"),
    ])
  func fractions(line: String, expected: String) throws { #expect(try Self.outline(line: line) == expected) }

  @Test("Σ with an index or before what it sums is a sum, else a matrix; Π is a product")
  func sums() throws {
    #expect(try Self.outline(line: "Σᵢ gᵢ") == "(munder(mo:∑ mi:i) msub(mi:g mi:i))")
    #expect(try Self.outline(line: "Σμ") == "(mo:∑ mi:μ)")
    #expect(try Self.outline(line: "Σ(θ)") == "(mi:Σ (mo:( mi:θ mo:)))")
    #expect(try Self.outline(line: "Σ^½J") == "(msup(mi:Σ mn:½) mi:J)")
    #expect(try Self.outline(line: "Π_ℓ K") == "(munder(mo:∏ mi:ℓ) mi:K)")
  }

  @Test("fences pair up, bars too, and a bar between spaces means given")
  func fences() throws {
    #expect(try Self.outline(line: "‖a − b‖₂") == "msub((mo:‖ (mi:a mo:− mi:b) mo:‖) mn:2)")
    #expect(try Self.outline(line: "E[ḡ | θ]") == "(mi:E (mo:[ (mover(mi:g mo:¯) mo:| mi:θ) mo:]))")
    #expect(try Self.outline(line: "⟨J, g⟩²") == "msup((mo:⟨ (mi:J mo:, mi:g) mo:⟩) mn:2)")
    #expect(try Self.outline(line: "|m − n|") == "(mo:| (mi:m mo:− mi:n) mo:|)")
  }

  @Test("words stand apart, pieces break before relations, two spaces make a gap")
  func pieces() throws {
    #expect(try Self.outline(line: "a = b,  for all x") == "mi:a (mo:= mi:b mo:,) | 'for all' mi:x")
    #expect(try Self.outline(line: "x for a matrix") == "mi:x 'for a matrix'")
  }

  @Test("what cannot be read is not guessed", arguments: ["a )", "(a", "x ☃", "‖a", "_a", "a^", "1//2", "a/", "{"])
  func refusal(line: String) { #expect(Formula(line) == nil) }

  @Test("every claim's formula is set, and holds every sign of its line", arguments: PaperClaims.slugs)
  func claims(slug: String) throws {
    let line = try #require(PaperClaims.named(slug)).statement.formula
    let formula = try #require(Formula(line), "\(line)")
    let page = typeset(line).markup
    // Nothing may be lost or added on the way: letters, digits and relations, as often as in the line.
    func signs(_ text: String) -> [UnicodeScalar] {
      text.replacing("⊤", with: "T").replacing("∑", with: "Σ").replacing("∏", with: "Π")
        .decomposedStringWithCompatibilityMapping.unicodeScalars
        .filter {
          $0.properties.isAlphabetic || $0.properties.numericType != nil
            || "=≤≥<>→⇒+−±√∫∞∇∂".unicodeScalars.contains($0)
        }
        .sorted()
    }
    let text = try XMLDocument(xmlString: "<r>\(page.replacing("<wbr>", with: ""))</r>", options: []).rootElement()?
      .stringValue
    // A root is drawn, not written.
    #expect(signs(text ?? "") == signs(line.replacing("√", with: "")))
    #expect(formula.pieces.isEmpty == false)
  }

  @Test(
    "LaTeX of a document's prose",
    arguments: [
      (#"\bar g_i^\top"#, "msubsup(mover(mi:g mo:¯) mi:i mo:⊤)"),
      (#"\tfrac12\lambda^2"#, "(mfrac(mn:1 mn:2) msup(mi:λ mn:2))"),
      (#"\sum_{i=1}^N x_i"#, "(munderover(mo:∑ (mi:i mo:= mn:1) mi:N) msub(mi:x mi:i))"),
      (#"\lVert x\rVert - 1"#, "((mo:‖ mi:x mo:‖) mo:− mn:1)"),
      (#"e^{-\int_0^t\mu\,ds}"#, "msup(mi:e (mo:− msubsup(mo:∫ mn:0 mi:t) mi:μ mi:d mi:s))"),
      (#"\operatorname{tr}\bigl(A\bigr)"#, "(mi:tr (mo:( mi:A mo:)))"), (#"\sqrt{\eta}"#, "msqrt(mi:η)"),
    ])
  func latex(source: String, expected: String) throws {
    #expect(try Self.outline(#require(LaTeXFormula.mathML(source)).markup) == expected)
  }

  @Test(
    "LaTeX that is not known is not guessed",
    arguments: [#"\begin{pmatrix}a\end{pmatrix}"#, "(a", #"\unknown"#, "{a", "x_", "a}"])
  func unknownLatex(source: String) { #expect(LaTeXFormula.mathML(source) == nil) }

  @Test(
    "trees of derivations",
    arguments: [
      ("a/b + c^2", "(mfrac(mi:a mi:b) mo:+ msup(mi:c mn:2))"),
      ("-a (b - c)", "(mo:− (mi:a (mo:( (mi:b mo:− mi:c) mo:))))"),
      ("sqrt(a) exp(b)", "(msqrt(mi:a) (mi:exp (mo:( mi:b mo:))))"),
      ("a^(b/c)", "msup(mi:a (mi:b mo:/ mi:c))"),
      ("K0^2 + 1", "(msubsup(mi:K mn:0 mn:2) mo:+ mn:1)"),
      ("gbar^2 c", "(msup(mover(mi:g mo:¯) mn:2) mi:c)"),
      ("abs(a) < 1/2", "((mo:| mi:a mo:|) mo:< mfrac(mn:1 mn:2))"),
    ])
  func trees(source: String, expected: String) throws {
    let text = "let a, b, c, K0, gbar, rate : scalar\nclaim X: " + (source.contains("<") ? source : source + " = 0")
    let document = DerivationDocument(DerivationSource(derivation: text))
    let statement = try #require(document.claims.first?.statement, "\(document.renderedErrors)")
    let math = source.contains("<") ? statement.mathML : statement.left.mathML
    #expect(try Self.outline(math.markup) == expected)
  }

  @Test("names of several letters do not run into each other")
  func names() throws {
    let text = "let rate, time_scale, a : scalar\nclaim X: rate a time_scale = 0"
    let document = DerivationDocument(DerivationSource(derivation: text))
    let statement = try #require(document.claims.first?.statement, "\(document.renderedErrors)")
    let spaces = statement.left.mathML.markup.components(separatedBy: "<mspace width=\"0.17em\"").count - 1
    #expect(spaces == 2, "\(statement.left.mathML.markup)")
    let latex = try #require(LaTeXFormula.mathML(#"E\log K + \tanh(x)"#)).markup
    #expect(latex.components(separatedBy: "<mspace").count - 1 == 2, "\(latex)")
  }

  @Test("a matrix' transpose, trace and sum")
  func matrices() throws {
    let text = """
      let m, n : dimension
      let A : matrix[m, n]
      claim X: tr(A' A) = sum(i in 1..m) sum(j in 1..n) A[i, j]^2
      """
    let document = DerivationDocument(DerivationSource(derivation: text))
    let statement = try #require(document.claims.first?.statement, "\(document.renderedErrors)")
    #expect(try Self.outline(statement.left.mathML.markup) == "(mi:tr (mo:( (msup(mi:A mo:⊤) mi:A) mo:)))")
    let right = try Self.outline(statement.right.mathML.markup)
    #expect(right.hasPrefix("(munderover(mo:∑ (mi:i mo:= mn:1) mi:m) (munderover(mo:∑ "), "\(right)")
  }
}
