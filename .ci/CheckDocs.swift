// Finds the public symbols that a reader of the documentation would meet without a word about them. Reads the symbol
// graphs that the compiler extracts from built modules; see .ci/check-docs.
//
// A symbol passes if its comment (its own, or that of the protocol's requirement that it meets) has a first sentence
// with at least one word that its name does not say already, and a `- Throws:` where it throws.

import Foundation

struct Graph: Decodable {
  struct Symbol: Decodable {
    struct Identifier: Decodable { let precise: String }
    struct Kind: Decodable { let identifier: String }
    struct Comment: Decodable {
      struct Line: Decodable { let text: String }
      let lines: [Line]
      let module: String?
    }
    struct Location: Decodable {
      struct Position: Decodable { let line: Int }
      let uri: String
      let position: Position
    }
    struct Fragment: Decodable {
      let kind: String
      let spelling: String
    }

    let identifier: Identifier
    let kind: Kind
    let pathComponents: [String]
    let docComment: Comment?
    let declarationFragments: [Fragment]
    let location: Location?
  }

  let symbols: [Symbol]
}

/// Words of three letters and more, in lower case; camel case counts as several words.
func words(_ text: String) -> Set<String> {
  var spaced = ""
  for character in text {
    if character.isUppercase { spaced.append(" ") }
    spaced.append(character.isLetter || character.isNumber ? Character(character.lowercased()) : " ")
  }
  return Set(spaced.split(separator: " ").map(String.init).filter { $0.count > 2 })
}

/// Whether the declaration has `throws` outside the parentheses of its parameters, which may be closures that throw.
func throwsItself(_ symbol: Graph.Symbol) -> Bool {
  var (depth, outside) = (0, "")
  for character in symbol.declarationFragments.map(\.spelling).joined() {
    if character == "(" { depth += 1 }
    if depth == 0 { outside.append(character) }
    if character == ")" { depth -= 1 }
  }
  return outside.split(separator: "->").first?.split(separator: " ").contains { $0.hasPrefix("throws") } ?? false
}

func fault(of symbol: Graph.Symbol) -> String? {
  let comment = (symbol.docComment?.lines.map(\.text) ?? []).joined(separator: "\n")
  let summary = comment.prefix { $0 != "\n" }
  guard !comment.allSatisfy(\.isWhitespace) else { return "has no comment" }
  let name = words(symbol.pathComponents.joined(separator: " ")).union(["the", "this", "and", "for"])
  // A formula says something without a long word.
  let saysMore = !words(comment).subtracting(name).isEmpty || summary.contains { "=≤≥<>∈∇ΣσΔ·".contains($0) }
  guard saysMore else { return "has a comment that only repeats its name: \(summary)" }
  if symbol.kind.identifier != "swift.typealias", throwsItself(symbol), !comment.contains("- Throws:") {
    return "throws, and does not say when"
  }
  return nil
}

let directory = URL(fileURLWithPath: CommandLine.arguments[1])
let root = CommandLine.arguments[2]
let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
  .filter { $0.lastPathComponent.hasSuffix(".symbols.json") }
var (faults, count): ([(file: String, line: Int, text: String)], Int) = ([], 0)
for file in files {
  for symbol in try JSONDecoder().decode(Graph.self, from: Data(contentsOf: file)).symbols {
    // What the compiler writes itself has no place in a file; what is inherited has none in this room.
    guard let location = symbol.location, let range = location.uri.range(of: root + "/Sources/"),
      symbol.kind.identifier != "swift.extension"
    else { continue }
    count += 1
    guard let text = fault(of: symbol) else { continue }
    let path = "Sources/" + location.uri[range.upperBound...]
    faults.append((path, location.position.line + 1, "\(symbol.pathComponents.joined(separator: ".")) \(text)"))
  }
}
for fault in faults.sorted(by: { ($0.file, $0.line) < ($1.file, $1.line) }) {
  print("\(fault.file):\(fault.line): \(fault.text)")
}
// No symbols at all would be a fault of this check, not a virtue of the code.
guard count >= 100 else {
  print("only \(count) public symbols found: the modules were not built, or moved")
  exit(1)
}
print("\(count) public symbols, \(faults.count) without a proper comment")
exit(faults.isEmpty ? 0 : 1)
