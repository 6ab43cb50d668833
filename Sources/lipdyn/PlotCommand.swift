// lipdyn plot: pictures of what the other commands have written.

import ArgumentParser
import ArrayFiles
import Foundation
import Plotting
import Reporting

struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw a ledger, a simulation, a comparison of laws, or a verification.",
    discussion: """
      FILE is what another command wrote, and is recognised by its columns or keys: a ledger (.csv) of train or \
      train-network, observations (.csv) of simulate, or the JSON of variance, svag or verify (which check \
      kills which wrong version; with --slopes the ladders of steps behind derivatives and orders). Needs gnuplot; without \
      it its script is written, and holds all numbers.
      Example: lipdyn train --steps 400 --ledger ledger.csv && lipdyn plot ledger.csv --output ledger.svg
      """)

  @Argument(help: "What to draw.") var file: String
  @Option(help: "FILE.svg, FILE.png, or FILE.gp for gnuplot's script alone.") var output = "figure.svg"

  @Flag(help: "Of a verification: how remainders and errors fall with the step.") var slopes = false

  func run() throws {
    _ = try FigureFile.format(of: output)
    try UsageError.requireWritable([output])
    let text = String(decoding: try FileBytes.read(file, maximumBytes: 1 << 30), as: UTF8.self)
    let figure: Figure
    if slopes {
      figure = try Self.slopes(text, file: file)
    } else {
      figure = file.hasSuffix(".json") ? try Self.json(text, file: file) : try Self.csv(text, file: file)
    }
    print(try FigureFile.write(figure, to: output))
  }

  static func csv(_ text: String, file: String) throws -> Figure {
    let table = try NumberTable(text, file: file)
    if table.has("Z_observed") { return try .ledger(table) }
    if table.has("observed_dZ") { return try .stepwiseLedger(table) }
    if table.has("Z") && table.has("mu_Z") { return try .stepwiseLedger(table) }
    if table.has("mean") && table.has("q05") { return try .fan(table) }
    throw UsageError(
      "\(file): neither a ledger nor observations of a simulation: its columns are \(table.names.prefix(6).joined(separator: ", ")) …"
    )
  }

  static func slopes(_ text: String, file: String) throws -> Figure {
    try JSONNesting.requireShallow(Array(text.utf8), file: file)
    guard let record = try? JSONDecoder().decode(VerificationRecord.self, from: Data(text.utf8)) else {
      throw UsageError("\(file): --slopes needs the JSON of `lipdyn verify`")
    }
    let figure = Figure.slopes(record)
    try UsageError.require(
      !figure.panels.isEmpty,
      "\(file): none of its checks reads an order from a ladder; verify a claim with derivatives, or all, again")
    return figure
  }

  static func json(_ text: String, file: String) throws -> Figure {
    try JSONNesting.requireShallow(Array(text.utf8), file: file)
    let decoder = JSONDecoder()
    let data = Data(text.utf8)
    if let record = try? decoder.decode(VerificationRecord.self, from: data) { return .killMatrix(record) }
    if let record = try? decoder.decode(VarianceRecord.self, from: data), !record.rows.isEmpty {
      return .variance(record)
    }
    if let record = try? decoder.decode(LadderFile.self, from: data) { return .ladder(record.outcome) }
    throw UsageError("\(file): not the JSON of `lipdyn verify`, `variance` or `svag`")
  }
}

/// The numbers of a CSV file; what is no number is NaN.
struct NumberTable {
  let names: [String]
  let file: String
  private var columns: [String: [Double]]
  /// What is no number, as "entry".
  private var words: [String: [String]]

  init(_ text: String, file: String) throws {
    let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
    guard lines.count >= 2 else { throw UsageError("\(file): no rows below a line of column names") }
    self.file = file
    names = lines[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    var columns = names.map { _ in [Double]() }
    var words = names.map { _ in [String]() }
    for (k, line) in lines.dropFirst().enumerated() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      try UsageError.require(
        fields.count == names.count, "\(file): row \(k + 1) has \(fields.count) fields, the head \(names.count)")
      for (i, field) in fields.enumerated() {
        columns[i].append(Double(field) ?? .nan)
        words[i].append(field.trimmingCharacters(in: CharacterSet(charactersIn: "\"")))
      }
    }
    self.columns = Dictionary(zip(names, columns)) { first, _ in first }
    self.words = Dictionary(zip(names, words)) { first, _ in first }
  }

  func has(_ name: String) -> Bool { columns[name] != nil }
  /// - Throws: ``UsageError`` if there is no such column.
  subscript(name: String) -> [Double] {
    get throws {
      guard let column = columns[name] else {
        throw UsageError("\(file): the picture of this table needs a column \(name); write it with lipdyn again")
      }
      return column
    }
  }
  /// The words of a column, each once, in their order.
  func distinct(_ name: String) -> [String] {
    var seen: Set<String> = []
    return (words[name] ?? []).filter { seen.insert($0).inserted }
  }
  /// The rows that have a word in a column.
  func rows(where name: String, is word: String) -> NumberTable {
    let chosen = (words[name] ?? []).indices.filter { words[name]?[$0] == word }
    var part = self
    part.columns = columns.mapValues { column in chosen.map { column[$0] } }
    part.words = words.mapValues { column in chosen.map { column[$0] } }
    return part
  }
  /// Numbers of the layers that have a column of this name.
  func layers(_ name: String) -> [Int] {
    names.compactMap { column in
      column.hasPrefix("layer") && column.hasSuffix("_" + name)
        ? Int(column.dropFirst(5).dropLast(name.count + 1)) : nil
    }
  }
}

/// What a picture needs of `lipdyn svag --json`.
struct LadderFile: Decodable {
  struct Law: Decodable {
    let name: String
    let mean, meanError, standardDeviation, standardDeviationError: Double
  }
  struct Outcome: Decodable {
    let descents, largeSteps: [Law]
    let diffusion, coarseDiffusion, secondOrder: Law
  }
  let outcome: Outcome
}
