// Marked regions of compiled files, which notebooks quote.

/// The lines between `// region: NAME` and `// endregion` of a Swift file, without their common indentation.
public enum SourceRegion {
  /// - Parameters:
  ///   - region: its name, as after `// region:`.
  ///   - text: the whole file.
  ///   - file: what errors call the file.
  /// - Throws: ``NotebookError`` if the region is missing, has no end, is there twice or holds another.
  public static func lines(of region: String, in text: String, file: String) throws(NotebookError) -> [String] {
    let lines = text.lines
    let markers = lines.indices.filter { marker(lines[$0]) != nil }
    let starts = markers.filter { marker(lines[$0]) == region }
    guard let start = starts.first else {
      let names = markers.compactMap { marker(lines[$0]) }.filter { !$0.isEmpty }
      throw NotebookError(
        file: file, line: 1,
        problem: "no '// region: \(region)' here; "
          + (names.isEmpty ? "mark one, and end it with // endregion" : "there are \(names.joined(separator: ", "))"))
    }
    if starts.count > 1 {
      throw NotebookError(file: file, line: starts[1] + 1, problem: "region '\(region)' is here twice; rename one")
    }
    guard let end = markers.first(where: { $0 > start }), marker(lines[end]) == "" else {
      throw NotebookError(
        file: file, line: start + 1, problem: "region '\(region)' has no end before the next; write // endregion")
    }
    let body = lines[start + 1..<end]
    let indentation = body.filter { !$0.allSatisfy(\.isWhitespace) }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
    return body.map { String($0.dropFirst(indentation)) }
  }

  /// The name that a line opens a region under, "" if it ends one, nil if it does neither.
  private static func marker(_ line: String) -> String? {
    let text = line.drop { $0 == " " }
    if text == "// endregion" { return "" }
    return text.hasPrefix("// region: ") ? String(text.dropFirst(11)) : nil
  }
}
