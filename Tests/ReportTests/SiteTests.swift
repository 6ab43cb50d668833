// A whole site from a small record: links, ids, resources, size, determinism, colours, and folders that are refused.

import Derivations
import Foundation
import LipschitzDynamics
import Reporting
import Testing
import VerificationKit

@testable import Report

@Suite("Report site")
struct SiteTests {
  private static let inputs: ReportInputs = {
    let reports = [LogNormalMGF.verify(seed: 1, tier: .quick), NearConvergenceGrowth.verify(seed: 1, tier: .quick)]
    let machine = VerificationRecord.Machine(
      system: "<Debian>", processor: "A & B", cores: 2, libraries: ["lipdyn": "0.1.0", "GSL": "2.7"])
    let record = VerificationRecord(reports, seed: 1, tier: .quick, machine: machine, date: "2026-01-02T03:04:05Z")
    guard let paper = try? Paper.load() else { preconditionFailure("Paper.json does not read") }
    var inputs = ReportInputs(record: record, paper: paper)
    let proof = """
      # A lemma

      ```derivation
      let a, b : scalar
      claim Square: (a + b)^2 = a^2 + 2 a b + b^2
      proof
        (a + b)^2 = (a + b) (a + b)         by algebra
                  = a^2 + 2 a b + b^2       by "<script> & quotes"
      qed
      claim Wrong: a b = a + b
      ```
      """
    inputs.derivations = [
      DerivationChecker().check(DerivationDocument(DerivationSource(name: "LogNormalMGF.md", text: proof)))
    ]
    inputs.findings = """
      # Findings

      | statement | missing |
      |---|---|
      | [Proposition 20](#proposition-20-x) | H |

      ## Proposition 20: x

      *Needed:* a condition on κ_Z, see [the graph](figures/graph.svg) and [elsewhere](https://example.org/).

      ![A picture](figures/p.svg)

          lipdyn verify NearConvergenceGrowth --details

      ## What is left open

      Everything else.
      """
    inputs.pictures = ["p.svg": Array("<svg xmlns=\"http://www.w3.org/2000/svg\"/>".utf8)]
    inputs.benchmarks = [
      BenchmarkLog(name: "2026-01-01-old.txt", text: "round 1: ratio 1.5"),
      BenchmarkLog(
        name: "2026-01-02-net.txt",
        text: """
          # 2 cores; sh run.sh
          {"job": "J4", "tool": "lipdyn", "params": {"net": "mlp", "steps": 10}, "seconds": 0.5}
          {"job": "J4-train", "tool": "peer", "params": {"net": "mlp", "steps": 10}, "seconds": 1}
          {"job": "J4-train", "tool": "peer", "params": {"net": "mlp", "steps": 10}, "seconds": 2}
          """),
    ]
    if let result = try? ExperimentResult(json: Array(experiment.utf8), origin: "result.json") {
      inputs.experiments = [result]
      inputs.experiments[0].figure = Array("<svg xmlns=\"http://www.w3.org/2000/svg\"/>".utf8)
    }
    return inputs
  }()

  private static let experiment = """
    {"outcome": {"schema": 1, "name": "sampling-seeds", "title": "Seeds & <orders>", "paper": "Proposition 20",
      "scale": "quick", "findings": [
        {"says": "x", "source": "paper", "measure": "varianceRatio", "variant": "none", "verdict": "agrees in sign only",
         "expects": {"value": 1, "tolerance": 0.25}, "measured": {"value": 0.5, "lower": 0.25, "upper": 0.6}},
        {"says": "y", "source": "corrected", "measure": "varianceRatio", "expects": {"sign": "positive"},
         "verdict": "not decidable at this scale"}],
      "groups": [{"variant": "none", "runs": 3}],
      "settings": {"data": "mnist", "network": "mlp", "batchSize": 8, "learningRate": 0.1, "steps": 10, "seeds": 3,
        "sharesInitialWeights": true, "rows": 3, "termImages": 0}}}
    """

  /// As Graphviz draws: names and links.
  private static func drawing(_ dot: String) -> String? {
    #expect(dot.contains("URL=\"LogNormalMGF.html\"") && dot.contains("class=\"bad\""))
    return
      "<?xml version=\"1.0\"?><!DOCTYPE svg><svg viewBox=\"0 0 9 9\"><!-- x --><a xlink:href=\"LogNormalMGF.html\"><text>x</text></a></svg>"
  }

  private static let site = ReportSite(inputs, layOut: drawing)

  private static func text(_ file: String) throws -> String {
    String(decoding: try #require(site.files[file], "\(file) is missing"), as: UTF8.self)
  }

  private static var pages: [(String, String)] {
    site.files.filter { $0.key.hasSuffix(".html") }.sorted { $0.key < $1.key }
      .map { ($0.key, String(decoding: $0.value, as: UTF8.self)) }
  }

  /// Every value of an attribute of a page.
  private static func values(of attribute: String, in page: String) -> [String] {
    page.components(separatedBy: " \(attribute)=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
  }

  @Test("a page a claim, and the five others")
  func files() {
    let expected =
      PaperClaims.slugs.map { "\($0).html" }
      + ["index.html", "findings.html", "graph.html", "experiments.html", "performance.html"]
      + ["figures/p.svg", "figures/sampling-seeds-quick.svg", ReportFolder.marker]
    #expect(Set(Self.site.files.keys) == Set(expected))
  }

  @Test("every link resolves, every id is unique in its page")
  func links() throws {
    let ids = Dictionary(uniqueKeysWithValues: Self.pages.map { ($0.0, Self.values(of: "id", in: $0.1)) })
    var followed = 0
    for (file, page) in Self.pages {
      #expect(Set(ids[file] ?? []).count == ids[file]?.count, "\(file) repeats an id")
      for target in Self.values(of: "href", in: page) + Self.values(of: "src", in: page) where target != "data:," {
        let parts = target.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
        let other = parts[0].isEmpty ? file : parts[0]
        #expect(Self.site.files[other] != nil, "\(file) links to \(target)")
        if parts.count == 2 { #expect(ids[other]?.contains(parts[1]) ?? false, "\(file) links to \(target)") }
        followed += 1
      }
      for name in Self.values(of: "aria-labelledby", in: page) { #expect(ids[file]?.contains(name) ?? false) }
    }
    #expect(followed > 300)
  }

  @Test("nothing is loaded from elsewhere, and no script runs")
  func selfContained() {
    for (file, page) in Self.pages {
      for sign in ["http://", "https://", "url(", "@import", "<script", "<iframe", " onload="] {
        #expect(!page.contains(sign), "\(file) has \(sign)")
      }
    }
  }

  @Test("what is escaped stays escaped, elements close")
  func wellFormed() throws {
    #expect(try Self.text("index.html").contains("A &amp; B, 2 cores; &lt;Debian&gt;"))
    #expect(try Self.text("LogNormalMGF.html").contains("&lt;script&gt; &amp;"))
    #expect(try Self.text("experiments.html").contains("Seeds &amp; &lt;orders&gt;"))
    for (file, page) in Self.pages {
      var open: [String] = []
      for piece in page.components(separatedBy: "<").dropFirst() where !piece.hasPrefix("!") {
        let name = String(piece.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber })
        if ["meta", "link", "img", "br", "hr", "wbr"].contains(name)
          || piece.prefix(while: { $0 != ">" }).hasSuffix("/")
        {
          continue
        }
        if piece.hasPrefix("/") {
          #expect(open.popLast() == name, "\(file) closes \(name)")
        } else {
          open.append(name)
        }
      }
      #expect(open.isEmpty, "\(file) leaves \(open) open")
    }
  }

  @Test("the overview names what fails, what was not run, and what the paper has that no claim checks")
  func overview() throws {
    let page = try Self.text("index.html")
    for words in ["False as printed", "fails as printed", "Not in this run", "Remark 2", "Everything else.", "10⁻⁶"] {
      #expect(page.contains(words), "no '\(words)'")
    }
    let claim = try Self.text("NearConvergenceGrowth.html")
    for words in [
      "stationary Ornstein", "the paper claims the conclusion without it", "findings.html#proposition-20-x",
      "experiments.html#sampling-seeds-quick", "lipdyn verify NearConvergenceGrowth --details --mutants --seed 1",
    ] {
      #expect(claim.contains(words), "no '\(words)'")
    }
    #expect(try Self.text("LayerDynamics.html").contains("was not in the run"))
  }

  @Test("a derivation shows its steps, and the step that is refuted")
  func derivation() throws {
    let page = try Self.text("LogNormalMGF.html")
    #expect(page.contains("A step is refuted") && page.contains("by algebra") && page.contains(">exact<"))
    #expect(page.contains("refuted</span>"))
  }

  @Test("ratios are of medians, a peer's over ours")
  func timings() throws {
    let groups = Self.inputs.benchmarks[1].groups
    #expect(groups == [TimingGroup(name: "mlp, plain step", tools: [("lipdyn", [0.5]), ("peer", [1, 2])])])
    #expect(
      try Self.text("performance.html").contains("<td>3.00</td>") || Self.text("performance.html").contains(">3.00<"))
  }

  @Test("missing parts are left out, and the page says how to get them")
  func missing() throws {
    let bare = ReportSite(ReportInputs(record: Self.inputs.record, paper: Self.inputs.paper)) { _ in nil }
    func text(_ file: String) -> String { String(decoding: bare.files[file] ?? [], as: UTF8.self) }
    #expect(bare.files["findings.html"] == nil && !text("index.html").contains("findings.html"))
    #expect(text("experiments.html").contains("lipdyn experiment run"))
    #expect(text("performance.html").contains("--benchmarks"))
    #expect(text("graph.html").contains("apt install graphviz") && text("graph.html").contains("<table"))
    #expect(text("LogNormalMGF.html").contains("--proofs Proofs"))
  }

  @Test("the same inputs give the same bytes; the whole stays small")
  func determinism() {
    #expect(ReportSite(Self.inputs, layOut: Self.drawing).files == Self.site.files)
    #expect(Self.site.files.values.reduce(0) { $0 + $1.count } < 5_000_000)
    for (file, bytes) in Self.site.files { #expect(bytes.count < 500_000, "\(file)") }
  }

  // MARK: Colours

  /// Relative luminance by WCAG 2.
  private static func luminance(_ hex: String) throws -> Double {
    let value = try #require(Int(hex, radix: 16))
    func part(_ shift: Int) -> Double {
      let c = Double((value >> shift) & 255) / 255
      return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
  }

  @Test("text has a contrast of at least 4.5 on every ground, in light and dark")
  func contrast() throws {
    let css = "\(Style.rules)"
    let schemes = css.components(separatedBy: ":root{").dropFirst().map { String($0.prefix { $0 != "}" }) }
    #expect(schemes.count == 2)
    for scheme in schemes {
      func color(_ name: String) throws -> Double {
        let parts = scheme.components(separatedBy: "--\(name):#")
        return try Self.luminance(String(try #require(parts.dropFirst().first).prefix(6)))
      }
      for ink in ["ink", "soft", "link", "good", "care", "bad", "none"] {
        for ground in ["paper", "wash"] {
          let (a, b) = (try color(ink), try color(ground))
          let ratio = (max(a, b) + 0.05) / (min(a, b) + 0.05)
          #expect(ratio >= 4.5, "\(ink) on \(ground): \(ratio)")
        }
      }
    }
    // No colour is named outside the two schemes.
    #expect(css.components(separatedBy: "#").count - 1 == schemes.joined().components(separatedBy: "#").count - 1)
  }

  // MARK: Folders and records

  private static func scratch() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }

  @Test("an earlier report is replaced whole; any other folder is refused and left alone")
  func folders() throws {
    let scratch = try Self.scratch()
    defer { try? FileManager.default.removeItem(at: scratch) }
    let path = scratch.appendingPathComponent("report").path
    try ReportFolder(path).write(Self.site)
    try Data("old".utf8).write(to: URL(fileURLWithPath: path + "/stale.html"))
    try ReportFolder(path).write(Self.site)
    #expect(!FileManager.default.fileExists(atPath: path + "/stale.html"))
    #expect(FileManager.default.contents(atPath: path + "/index.html").map(Array.init) == Self.site.files["index.html"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["report"])
    let other = scratch.appendingPathComponent("mine").path
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    try Data("x".utf8).write(to: URL(fileURLWithPath: other + "/thesis.tex"))
    for (bad, word) in [
      (other, "no earlier report"), (other + "/thesis.tex", "a file"), (other + "/no/where", "not there"),
    ] {
      let error = #expect(throws: ReportError.self) { try ReportFolder(bad) }
      #expect(error?.description.contains(word) ?? false)
    }
    #expect(FileManager.default.fileExists(atPath: other + "/thesis.tex"))
  }

  @Test(
    "records that do not read name the file, what is wrong and the remedy",
    arguments: [
      ("{", "r.json"), ("{\"schema\": 3}", "it has no "), ("[]", "r.json"),
      (
        "{\"schema\":2,\"seed\":1,\"tier\":\"quick\",\"machine\":{\"system\":\"\",\"processor\":\"\",\"cores\":1,\"libraries\":{}},\"falseAlarmBudget\":1e-6,\"claims\":[]}",
        "schema is 2"
      ),
      (
        "{\"schema\":3,\"seed\":1,\"tier\":\"quick\",\"machine\":{\"system\":\"\",\"processor\":\"\",\"cores\":1,\"libraries\":{}},\"falseAlarmBudget\":1e-6,\"claims\":[]}",
        "no claims"
      ),
    ])
  func records(json: String, word: String) {
    let error = #expect(throws: ReportError.self) { try VerificationRecord(json: Array(json.utf8), origin: "r.json") }
    #expect(error?.description.contains(word) ?? false)
    #expect(error?.description.contains("lipdyn verify --json") ?? false)
  }

  @Test("the paper's sections are the folders of its claims")
  func sections() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/LipschitzDynamics")
    let context = SiteContext(Self.inputs)
    for claim in context.claims {
      let section = try #require(claim.section)
      let folders = try FileManager.default.contentsOfDirectory(atPath: root.path)
        .filter { $0.hasPrefix("S\(section.number)_") }
      let inside = try folders.flatMap {
        try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent($0).path)
      }
      #expect(inside.contains { $0.hasSuffix("_\(claim.slug)") }, "\(claim.slug) is not in section \(section.number)")
    }
  }
}
