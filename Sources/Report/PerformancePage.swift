// Kept timings against peers: medians and ratios from raw lines, the same way as Benchmarks/table.py.

private import Foundation
internal import Reporting

/// One JSON line of a benchmark.
private struct TimingLine: Decodable {
  struct Parameters: Decodable {
    let net: String?
    let activation: String?
    let steps: Int?
  }

  let job: String
  let tool: String
  let params: Parameters?
  let net: String?
  let seconds: Double?
  let processorSeconds: Double?

  private enum CodingKeys: String, CodingKey {
    case job, tool, params, net, seconds
    case processorSeconds = "cpu_s"
  }
}

/// Timings of one job by tool.
struct TimingGroup: Equatable {
  let name: String
  /// Each tool's timings in seconds, our own first.
  let tools: [(tool: String, seconds: [Double])]

  static func == (a: Self, b: Self) -> Bool {
    a.name == b.name && a.tools.map(\.tool) == b.tools.map(\.tool) && a.tools.map(\.seconds) == b.tools.map(\.seconds)
  }

  var ours: Double? { tools.first { $0.tool == "lipdyn" }.map { TimingGroup.median($0.seconds) } }

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let half = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
  }
}

extension BenchmarkLog {
  /// "2026-11-28" of "2026-11-28-networks.txt".
  var date: String { String(name.prefix(10)) }
  /// "networks" of it.
  var topic: String { name.dropFirst(11).split(separator: ".").first.map(String.init) ?? name }

  /// What a person wrote above the lines: the machine and the command.
  var notes: [String] {
    text.split(separator: "\n").prefix { !$0.contains("{\"") }.filter { $0.hasPrefix("#") }.map {
      Markdown.trimmed(String($0.drop { $0 == "#" }))
    }
  }

  /// What the benchmarks' short names stand for, where the kind of line does not say it.
  private static let names = ["J3": "", "J4": "", "J6-track": "σ₁ along SGD"]

  /// Lines of one job (and network, activation, kind of step) together.
  var groups: [TimingGroup] {
    var found: [String: [String: [Double]]] = [:]
    for line in text.split(separator: "\n") {
      guard let brace = line.firstIndex(of: "{"),
        let row = try? JSONDecoder().decode(TimingLine.self, from: Data(line[brace...].utf8)), row.job != "ledger"
      else { continue }
      let label = Markdown.trimmed(String(line[..<brace]))
      let net = row.params?.net ?? row.net ?? ""
      var kind = label.split(separator: "-").dropLast().joined(separator: "-")
      if kind.isEmpty { kind = net.isEmpty ? "" : row.params?.steps != nil ? "plain step" : "noise statistics" }
      if kind.isEmpty { kind = row.params?.activation ?? "" }
      guard let seconds = label.isEmpty ? row.seconds : row.processorSeconds ?? row.seconds, seconds.isFinite,
        seconds > 0
      else {
        continue
      }
      let job = Self.names[row.job.replacing("-train", with: "")] ?? row.job
      let key = [job, net, kind].filter { !$0.isEmpty }.joined(separator: ", ")
      found[key, default: [:]][row.tool, default: []].append(seconds)
    }
    return found.sorted { $0.key < $1.key }.map { name, tools in
      TimingGroup(
        name: name,
        tools: tools.sorted { a, b in (a.key != "lipdyn" ? 1 : 0, a.key) < (b.key != "lipdyn" ? 1 : 0, b.key) }
          .map { (tool: $0.key, seconds: $0.value) })
    }
  }
}

struct PerformancePage {
  let site: SiteContext

  var page: Page { Page(file: "performance.html", title: "Performance", body: body) }

  private var logs: [BenchmarkLog] { site.inputs.benchmarks.sorted { ($1.date, $0.topic) < ($0.date, $1.topic) } }

  @HTMLBuilder private var body: [HTML] {
    let newest = logs.enumerated().filter { n, log in !logs[..<n].contains { $0.topic == log.topic } }.map(\.element)
    let older = logs.enumerated().filter { n, log in logs[..<n].contains { $0.topic == log.topic } }.map(\.element)
    tag("h1") { "Performance" }
    if logs.isEmpty {
      tag("p") { "No kept timings are in this report. To have them, run in the package’s folder:" }
      tag("pre") { tag("code") { "lipdyn report --benchmarks Benchmarks/results --output report\n" } }
    } else {
      tag("p") {
        "Figures are of one run on one machine each, as far as its file names it; on another they differ, and beside other "
        "work, too, so that one job may have two ratios. A ratio is a peer’s median "
        "time over ours, for the same work, from the lines that are kept in Benchmarks/results; above one, the peer "
        "is slower, and below one it is faster."
      }
      for log in newest { section(log) }
      if !older.isEmpty {
        tag("details") {
          tag("summary") { "\(counted(older.count, "earlier run")) of the same jobs" }
          for log in older { section(log) }
        }
      }
    }
  }

  private func section(_ log: BenchmarkLog) -> HTML {
    let groups = log.groups
    return tag("section") {
      tag("h2") { log.topic.replacing("-", with: " ").sentence }
      tag("p", "small soft") {
        "\(log.date). \(log.notes.isEmpty ? "The file names no machine." : log.notes.joined(separator: " "))"
      }
      if groups.isEmpty {
        tag("details") {
          tag("summary") { "Kept as text" }
          tag("pre") { tag("code") { log.text } }
        }
      } else {
        table(
          caption: "Timings of \(log.topic)", ["job", "program", "timings", "median, s", "ratio"],
          groups.flatMap { group in
            group.tools.enumerated().map { n, entry in
              let median = TimingGroup.median(entry.seconds)
              let ratio = entry.tool == "lipdyn" ? nil : group.ours.map { median / $0 }
              return [
                HTML(n == 0 ? group.name : ""), HTML(entry.tool), HTML("\(entry.seconds.count)"), HTML(short(median)),
                ratio.map { r in tag("span", r < 1 ? "care" : nil) { String(format: "%.2f", r) } } ?? "",
              ]
            }
          })
      }
    }
  }
}
