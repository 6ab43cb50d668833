// Every command, found by walking them all: its help has an example, its JSON the documented fields, its output no escapes.

import ArrayFiles
import DenseLinearAlgebra
import Foundation
import Testing

@Suite("Every command")
struct HelpTests {
  /// A command as `--experimental-dump-help` describes it.
  private struct Command: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable { let name: String }
      let names: [Name]?
    }
    let commandName: String
    let arguments: [Argument]?
    let subcommands: [Command]?
  }

  private struct Dump: Decodable { let command: Command }

  /// Every command with the words that call it, the program itself first.
  private static func commands() throws -> [(words: [String], command: Command)] {
    func walk(_ command: Command, _ words: [String]) -> [(words: [String], command: Command)] {
      [(words, command)]
        + (command.subcommands ?? []).filter { $0.commandName != "help" }
        .flatMap { walk($0, words + [$0.commandName]) }
    }
    let text = try ToolRun("--experimental-dump-help").output
    return walk(try JSONDecoder().decode(Dump.self, from: Data(text.utf8)).command, [])
  }

  private static func page() throws -> String {
    let url = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Documentation/command-line.md")
    return try String(contentsOf: url.standardized, encoding: .utf8)
  }

  @Test("the help of every command has an example that calls it")
  func examples() throws {
    let commands = try Self.commands()
    #expect(commands.count >= 30)
    for (words, _) in commands {
      let run = try ToolRun(arguments: words + ["--help"])
      #expect(run.status == 0 && run.errors.isEmpty)
      #expect(run.output.contains("Example"), "lipdyn \(words.joined(separator: " ")) --help has no example")
      // `document` is what `simulate` does by itself.
      let call = (["lipdyn"] + words.filter { $0 != "document" }).joined(separator: " ")
      let text = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(text.contains(call), "the example of \(call) does not call it")
    }
  }

  @Test("without a command it shows three jobs, each a command that there is")
  func jobs() throws {
    let run = try ToolRun()
    #expect(run.status == 0 && run.errors.isEmpty)
    let known = Set(try Self.commands().map { $0.words.first ?? "" })
    let calls = run.output.split(separator: "\n").filter { $0.hasPrefix("    lipdyn ") }
    #expect(calls.count == 3)
    for call in calls { #expect(known.contains(String(call.split(separator: " ")[1]))) }
    for job in ["Verify", "Simulate", "Check a derivation"] { #expect(run.output.contains(job)) }
  }

  /// Commands that print results in another form, or none; Documentation/command-line.md says which.
  private static let others = [
    "train", "train-network", "experiment run", "regularizers", "new-derivation", "data fetch", "plot",
    "report", "fuzz",
  ]

  @Test("every command that prints results takes --json")
  func json() throws {
    for (words, command) in try Self.commands() where (command.subcommands ?? []).isEmpty && words[0] != "benchmark" {
      let name = words.joined(separator: " ")
      let takes = (command.arguments ?? []).contains { $0.names?.contains { $0.name == "json" } ?? false }
      #expect(takes != Self.others.contains(name), "lipdyn \(name)")
    }
  }

  @Test("JSON on standard output stands alone, and its fields are the documented ones")
  func fields() throws {
    let directory = try TemporaryDirectory()
    let (weights, gradients) = (directory.path("W.npy"), directory.path("G.npy"))
    let theta = Matrix<Double>([[3, 0, 0], [0, 1, 0]])
    try NumericArray(theta).writeNPY(to: weights)
    try NumericArray(stack: [theta, -theta]).writeNPY(to: gradients)
    let document = directory.path("d.md")
    try """
    ```derivation
    let mu : scalar
    process x : scalar, dx = mu dt
    claim C: mu + 0 = mu
    ```
    """.write(toFile: document, atomically: true, encoding: .utf8)
    let record = directory.path("r.json")
    #expect(try ToolRun("verify", "LogNormalMGF", "--json", record).status == 0)
    let path = ["--paths", "60", "--steps", "10"]
    let small = ["--runs", "50", "--threads", "1"]
    let calls: [(command: String, arguments: [String])] = [
      ("claims", ["claims"]), ("show", ["show", "LogNormalMGF"]), ("graph", ["graph", "--results", record]),
      ("verify", ["verify", "LogNormalMGF", "--mutants"]),
      ("calibrate", ["calibrate", "LogNormalMGF", "--seeds", "2", "--power"]),
      ("simulate", ["simulate", "ou"] + path),
      ("simulate", ["simulate", "matrix", "--rows", "3", "--columns", "2"] + path),
      ("simulate", ["simulate", document, "--process", "x", "--set", "mu=1", "x(0)=1"] + path),
      ("simulate … --multilevel", ["simulate", "gbm", "--multilevel", "0.05"]),
      ("simulate … --variance-reduction", ["simulate", "gbm", "--variance-reduction"] + path),
      ("layer", ["layer", "--weights", weights, "--gradients", gradients, "--learning-rate", "0.1"]),
      ("variance", ["variance", "--samples", "60", "--model", "64-4-10", "--time", "0.5", "--warm-up", "0"] + small),
      ("svag", ["svag", "--samples", "40", "--model", "64-4-10", "--steps", "2", "--substeps", "8"] + small),
      ("check", ["check", document]), ("experiment list", ["experiment", "list"]), ("data list", ["data", "list"]),
    ]
    let page = try Self.page().split(separator: "\n")
    for (command, arguments) in calls {
      let run = try ToolRun(arguments: arguments + (command == "layer" ? ["--json"] : ["--json", "-"]))
      #expect(run.status == 0, "\(arguments): \(run.errors)")
      let object = try #require(
        try? JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], "\(arguments): \(run.output)")
      let row = try #require(page.first { $0.hasPrefix("| `\(command)` |") }, "\(command) is not in command-line.md")
      #expect(row.contains("| \(object["schema"] as? Int ?? 0) |"), "schema of \(command)")
      for key in object.keys where key != "schema" { #expect(row.contains("`\(key)`"), "\(command): \(key)") }
      for element in object.values.compactMap({ ($0 as? [[String: Any]])?.first }) where command != "check" {
        for key in element.keys where command != "variance" {
          #expect(row.contains("`\(key)`"), "\(command): \(key) of an element")
        }
      }
    }
  }

  @Test("exit statuses are the documented ones")
  func statuses() throws {
    let directory = try TemporaryDirectory()
    func document(_ text: String) throws -> String {
      let path = directory.path("d.md")
      try "```derivation\n\(text)\n```\n".write(toFile: path, atomically: true, encoding: .utf8)
      return path
    }
    let page = try Self.page()
    let calls: [(Int32, [String])] = [
      (0, ["claims"]), (1, ["show", "NoSuchClaim"]), (1, ["check", directory.path("none.md")]),
      (1, ["simulate", "gbm", "--paths", "0"]), (1, ["data", "check", directory.path("none")]),
      (2, ["check", try document("let a, b : scalar claim C: a + b = b - a")]), (64, ["bogus"]),
      (64, ["verify", "--bogus"]),
    ]
    for (status, arguments) in calls {
      #expect(try ToolRun(arguments: arguments).status == status, "\(arguments)")
      #expect(page.contains("\n| \(status) |"))
    }
    let vacuous = try document("let a : scalar assume a < 0 assume a > 0 claim C: a = a + 1")
    #expect(try ToolRun("check", vacuous).status == 3 && page.contains("\n| 3 |") && page.contains("\n| 130 |"))
  }

  @Test("piped output has no escapes, with or without NO_COLOR")
  func plainOutput() throws {
    for arguments in [[], ["--help"], ["claims"], ["verify", "LogNormalMGF"], ["simulate", "gbm", "--paths", "100"]] {
      let run = try ToolRun(arguments: arguments)
      #expect(!run.output.contains("\u{1B}") && !run.errors.contains("\u{1B}"), "\(arguments)")
    }
  }

  @Test(
    "a terminal gets a line that rewrites itself, a dumb one does not, and none gets colours", arguments: [true, false])
  func terminal(isDumb: Bool) throws {
    let terminal = try PseudoTerminal()
    let run = try ToolRun(
      arguments: ["simulate", "gbm", "--paths", "20000", "--steps", "200"],
      environment: ["TERM": isDumb ? "dumb" : "xterm", "NO_COLOR": "1"],
      standardError: terminal.end)
    #expect(run.status == 0)
    let text = terminal.read()
    #expect(text.contains("\u{1B}[2K") != isDumb, "\(text)")
    // Every escape erases a line; a colour would be another.
    #expect(text.components(separatedBy: "\u{1B}").count == text.components(separatedBy: "\u{1B}[2K").count)
  }

  @Test("completions exist for three shells and know every command", arguments: ["bash", "zsh", "fish"])
  func completions(_ shell: String) throws {
    let run = try ToolRun("--generate-completion-script", shell)
    #expect(run.status == 0 && run.errors.isEmpty)
    // Two are for those who change the code.
    for (words, _) in try Self.commands() where !["benchmark", "fuzz"].contains(words.first) {
      if let last = words.last { #expect(run.output.contains(last), "\(shell): \(words)") }
    }
  }
}

/// A terminal that nobody looks at.
private struct PseudoTerminal {
  private let master: Int32
  /// What a program writes to.
  let end: FileHandle

  init() throws {
    // Glibc has it, but its header is not among those that Swift sees.
    typealias OpenPTY =
      @convention(c) (
        UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<CChar>?, UnsafeRawPointer?,
        UnsafeRawPointer?
      ) -> Int32
    let symbol = try #require(dlsym(dlopen(nil, RTLD_NOW), "openpty"))
    var (master, end): (Int32, Int32) = (-1, -1)
    try #require(unsafeBitCast(symbol, to: OpenPTY.self)(&master, &end, nil, nil, nil) == 0)
    self.master = master
    self.end = FileHandle(fileDescriptor: end, closeOnDealloc: true)
    // Reading ends where nothing is left, though `end` stays open.
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
  }

  func read() -> String {
    var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
    while case let count = Foundation.read(master, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    close(master)
    return String(decoding: bytes, as: UTF8.self)
  }
}
