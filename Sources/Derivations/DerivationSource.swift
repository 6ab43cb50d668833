// A Markdown document: which of its bytes are derivation, and where an offset stands for a reader.

/// The text of a document and the ranges of its fenced `derivation` blocks.
///
/// Offsets everywhere are UTF-8 offsets into ``text``, so that a place in a block is a place in the file.
public struct DerivationSource: Hashable, Sendable {
  /// How messages call the document: usually its path.
  public let name: String
  public let text: String
  /// What lies between the fences, in order.
  public let blocks: [Range<Int>]
  /// What is wrong with the document as a whole: its size, its encoding, its fences.
  public let errors: [DerivationError]
  private let bytes: [UInt8]
  private let lineStarts: [Int]

  /// Files beyond this are refused.
  public static var maximumBytes: Int { Limits.fileBytes }

  /// A Markdown document, given as the bytes of a file.
  public init(name: String, bytes: [UInt8]) {
    guard bytes.count <= Limits.fileBytes else {
      let megabytes = Limits.fileBytes / 1_000_000
      self.init(
        name: name, bytes: [], text: "", blocks: [],
        errors: [
          DerivationError("the file has \(bytes.count) bytes; at most \(megabytes) MB are read", at: 0..<0)
        ])
      return
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      self.init(
        name: name, bytes: [], text: "", blocks: [],
        errors: [DerivationError("the file is not UTF-8 text", at: 0..<0)])
      return
    }
    let (blocks, errors) = Self.findBlocks(bytes)
    self.init(name: name, bytes: bytes, text: text, blocks: blocks, errors: errors)
  }

  /// A Markdown document.
  public init(name: String, text: String) { self.init(name: name, bytes: Array(text.utf8)) }

  /// Text of the language alone, without Markdown around it.
  public init(name: String = "input", derivation: String) {
    let bytes = Array(derivation.utf8)
    let errors = Self.tooMuch([0..<bytes.count])
    self.init(
      name: name, bytes: bytes, text: derivation, blocks: errors.isEmpty ? [0..<bytes.count] : [], errors: errors)
  }

  private init(name: String, bytes: [UInt8], text: String, blocks: [Range<Int>], errors: [DerivationError]) {
    (self.name, self.bytes, self.text, self.blocks, self.errors) = (name, bytes, text, blocks, errors)
    lineStarts = [0] + bytes.indices.lazy.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
  }

  private static func tooMuch(_ blocks: [Range<Int>]) -> [DerivationError] {
    let size = blocks.reduce(0) { $0 + $1.count }
    guard size > Limits.derivationBytes else { return [] }
    return [DerivationError("\(size) bytes of derivation; at most \(Limits.derivationBytes) are read", at: 0..<0)]
  }
}

// MARK: - Fences

extension DerivationSource {
  private struct Fence {
    var mark: UInt8
    var length: Int
    var info: ArraySlice<UInt8>
  }

  /// A line that opens or closes a block: at least three ` or ~. Fences may be indented at will, as in lists.
  private static func fence(_ line: ArraySlice<UInt8>) -> Fence? {
    let body = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard let mark = body.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return nil }
    let info = body.drop { $0 == mark }
    guard body.count - info.count >= 3 else { return nil }
    if mark == UInt8(ascii: "`"), info.contains(mark) { return nil }
    return Fence(mark: mark, length: body.count - info.count, info: info)
  }

  private static func isBlank(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.allSatisfy { $0 == 32 || $0 == 9 } }

  private static func findBlocks(_ bytes: [UInt8]) -> ([Range<Int>], [DerivationError]) {
    var blocks: [Range<Int>] = []
    var open: (fence: Fence, span: Range<Int>, content: Int)?
    // Some editors begin a file with a byte order mark.
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let line = bytes[start..<(end > start && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end)]
      if let fence = fence(line) {
        if let opening = open {
          if fence.mark == opening.fence.mark, fence.length >= opening.fence.length, isBlank(fence.info) {
            if isDerivation(opening.fence.info) { blocks.append(opening.content..<start) }
            open = nil
          }
        } else {
          open = (fence, line.startIndex..<line.endIndex, min(end + 1, bytes.count))
        }
      }
      start = end + 1
    }
    if let open {
      let error = DerivationError(
        "this block is never closed", at: open.span,
        hint: "end it with a line of \(open.fence.length) \(open.fence.mark == 96 ? "backticks" : "tildes")")
      return (blocks, [error])
    }
    if blocks.isEmpty {
      return (
        [], [DerivationError("no derivation in this document", at: 0..<0, hint: "begin a block with ```derivation")]
      )
    }
    let errors = tooMuch(blocks)
    return (errors.isEmpty ? blocks : [], errors)
  }

  /// Whether the first word after the fence is `derivation`.
  private static func isDerivation(_ info: ArraySlice<UInt8>) -> Bool {
    info.split { $0 == 32 || $0 == 9 }.first?.elementsEqual("derivation".utf8) ?? false
  }
}

// MARK: - Places

extension DerivationSource {
  /// Line and column of an offset, both from 1; a column is a character as a reader counts.
  public func position(of offset: Int) -> (line: Int, column: Int) {
    let offset = max(0, min(offset, bytes.count))
    var (low, high) = (0, lineStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return (low + 1, string(lineStarts[low]..<offset).count + 1)
  }

  /// The source text of a span.
  public func string(_ span: Range<Int>) -> String {
    String(decoding: bytes[span.clamped(to: 0..<bytes.count)], as: UTF8.self)
  }

  /// `file:line:column: error: message`, the line, a mark under the place, and the hint.
  public func rendering(_ error: DerivationError) -> String {
    let (line, column) = position(of: error.span.lowerBound)
    var lines = ["\(name):\(line):\(column): error: \(error.message)"]
    if !bytes.isEmpty {
      let start = lineStarts[line - 1]
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      var before = characters(start..<max(start, min(error.span.lowerBound, end)))
      var marked = characters(error.span.clamped(to: start..<end))
      var after = characters(max(start, min(error.span.upperBound, end))..<end)
      if before.count > 60 { before = ["…"] + before.suffix(59) }
      if marked.count > 80 { (marked, after) = (marked.prefix(79) + ["…"], []) }
      if after.count > 60 { after = after.prefix(59) + ["…"] }
      let shown = String(before + marked + after).filter { $0 != "\r" && $0 != "\r\n" }
      let indent = before.map { $0 == "\t" ? "\t" : String(repeating: " ", count: Self.width($0)) }.joined()
      let marks = max(1, marked.reduce(0) { $0 + Self.width($1) })
      lines += ["  " + shown, "  " + indent + "^" + String(repeating: "~", count: marks - 1)]
    }
    if let hint = error.hint { lines.append("  hint: \(hint)") }
    return lines.joined(separator: "\n")
  }

  /// A span's characters; one with more marks than any script has is shown as unknown.
  private func characters(_ span: Range<Int>) -> [Character] {
    string(span).map { $0.utf8.count > 64 ? "\u{FFFD}" : $0 }
  }

  /// The cells that a character takes in a terminal: two for East Asian wide characters and pictures, none for controls.
  private static func width(_ character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    switch scalar.value {
    case 0..<32: return character == "\t" ? 1 : 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
