// Markdown: which blocks are derivation, where an offset stands, and how an error is shown.

import Derivations
import SymbolicCalculus
import Testing

@Suite struct SourceTests {
  private func blocks(_ text: String) -> [String] {
    let source = DerivationSource(name: "page.md", text: text)
    return source.blocks.map(source.string)
  }

  @Test func fences() {
    #expect(blocks("a\n```derivation\nx\ny\n```\nb\n") == ["x\ny\n"])
    #expect(blocks("~~~ derivation of this\nx\n~~~\n```derivation\ny\n```") == ["x\n", "y\n"])
    #expect(blocks("````derivation\nx\n```\ny\n````\n") == ["x\n```\ny\n"])
    #expect(blocks("- item\n\n    ```derivation\n    x\n    ```\n") == ["    x\n"])
    #expect(blocks("```derivation\r\nx\r\n```\r\n") == ["x\r\n"])
    #expect(blocks("```derivation\n```\n") == [""])
    // A block that shows how a block is written is none; nor is one of another kind.
    #expect(blocks("````markdown\n```derivation\nx\n```\n````\n~~~derivation\ny\n~~~\n") == ["y\n"])
    #expect(blocks("```swift\nlet x\n```\n```derivations\nx\n```\n```derivation\nz\n```") == ["z\n"])
  }

  @Test func documentsThatCannotBeRead() {
    func message(_ source: DerivationSource) -> String { source.errors.first?.message ?? "" }
    let open = DerivationSource(name: "p", text: "text\n\n```derivation\nlet x : scalar\n")
    #expect(message(open) == "this block is never closed")
    #expect(open.position(of: open.errors[0].span.lowerBound) == (3, 1))
    #expect(message(DerivationSource(name: "p", text: "no block\n")).contains("no derivation"))
    #expect(message(DerivationSource(name: "p", bytes: [0x60, 0xFF, 0xFE])).contains("UTF-8"))
    #expect(message(DerivationSource(name: "p", bytes: [UInt8](repeating: 32, count: 10_000_001))).contains("10 MB"))
    let long = DerivationSource(derivation: String(repeating: "a ", count: 600_000))
    #expect(message(long).contains("at most 1000000"))
    #expect(DerivationDocument(long).claims.isEmpty && DerivationDocument(long).errors.count == 1)
    let tokens = DerivationDocument(DerivationSource(derivation: String(repeating: "a ", count: 300_000)))
    #expect(tokens.errors.contains { $0.message.contains("more than 200000 words") })
  }

  @Test func errorsAreShownInTheFile() {
    let text = "# Title\r\n\r\n```derivation\r\nlet A, B : matrix[2, 3]\r\n\r\nclaim 好C: A'B A = 1\r\n```\r\n"
    let document = DerivationDocument(DerivationSource(name: "proof.md", text: text))
    #expect(
      document.renderedErrors == [
        """
        proof.md:6:11: error: shapes do not fit: A'B is matrix[3, 3], A is matrix[2, 3]; the inner sizes 3 and 2 differ
          claim 好C: A'B A = 1
                     ^~~~~
          hint: did you mean (A'B) A'?
        """
      ])
  }

  @Test func tabsAndLongLinesKeepTheMarkInPlace() {
    let tabbed = DerivationSource(name: "t", derivation: "claim C:\tx = 1")
    #expect(DerivationDocument(tabbed).renderedErrors[0].split(separator: "\n")[2] == "          \t^")
    let padding = String(repeating: " ", count: 5000)
    let wide = DerivationSource(name: "w", derivation: "claim C:\(padding)x\(padding)= 1")
    let lines = DerivationDocument(wide).renderedErrors[0].split(separator: "\n")
    #expect(lines[0].hasPrefix("w:1:5009:"))
    #expect(lines[1].count < 200)
    #expect(Array(lines[1])[lines[2].count - 1] == "x")
  }

  @Test func errorSpansManyLines() {
    let document = DerivationDocument(
      DerivationSource(name: "m", derivation: "let A : matrix[2, 3]\nclaim C: A\n  A = 1"))
    #expect(document.renderedErrors[0].contains("claim C: A\n           ^\n  hint"))
  }

  @Test func templateReads() throws {
    let document = DerivationDocument(DerivationSource(name: "new.md", text: DerivationTemplate.text(title: "New")))
    #expect(document.renderedErrors == [])
    #expect(document.claims.map(\.name) == ["Gradient", "Minimum", "Logarithm"])
  }
}
