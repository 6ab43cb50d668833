// The whole site in memory: the same inputs give the same bytes.

internal import Derivations
internal import Experiments
internal import LipschitzDynamics
internal import Reporting
internal import VerificationKit

/// A static site: every file by its path, ready to be written.
public struct ReportSite: Sendable {
  public let files: [String: [UInt8]]

  /// - Parameter layOut: turns a graph in Graphviz' language into SVG; nil where no program does.
  public init(_ inputs: ReportInputs, layOut: (String) -> String?) {
    let site = SiteContext(inputs)
    var files: [String: [UInt8]] = [:]
    func add(_ page: Page) { files[page.file] = Array(site.document(page).utf8) }
    add(OverviewPage(site: site).page)
    for claim in site.claims { add(ClaimPage(site: site, claim: claim).page) }
    add(GraphPage(site: site, layOut: layOut).page)
    add(ExperimentsPage(site: site).page)
    add(PerformancePage(site: site).page)
    if let findings = inputs.findings {
      let page = FindingsPage(site: site, text: findings)
      add(page.page)
      for name in page.pictures { files["figures/\(name)"] = inputs.pictures[name] }
    }
    for experiment in inputs.experiments {
      if let figure = experiment.figure { files[site.figureFile(experiment)] = figure }
    }
    files[ReportFolder.marker] = Array(
      "A report of lipdyn: this file lets lipdyn report write the folder again.\n".utf8)
    self.files = files
  }
}

/// One page before it has its head and its navigation.
struct Page {
  let file: String
  let title: String
  let body: [HTML]
}

/// A claim with everything that is known of it.
struct SiteClaim {
  let slug: String
  let number: String
  let title: String
  let statement: VerificationKit.Statement
  let paper: Paper.Statement
  /// Of the run; nil if the claim was not in it.
  let row: VerificationRecord.ClaimRow?
  let derivation: DocumentOutcome?
  /// The number and title of the section of the paper.
  let section: Paper.Section?

  var standing: Standing { row.flatMap { Standing(verdict: $0.verdict) } ?? .notRun }
  var file: String { "\(slug).html" }

  /// Boundaries that drop what the paper does not state.
  var news: [VerificationRecord.BoundaryRow] { row?.boundaries.filter { !$0.stated } ?? [] }

  func standing(of hypothesis: String) -> Hypothesis.Standing {
    statement.hypotheses.first { $0.text == hypothesis }?.standing ?? .unstated
  }
}

extension Hypothesis.Standing {
  var label: String {
    switch self {
    case .stated: "stated in the paper"
    case .own: "of this package’s own statement"
    case .unstated: "not stated in the paper"
    case .contradicted: "the paper claims the conclusion without it"
    case .assumed: "an assumption of the paper, contradicted by measurement"
    }
  }

  var kind: String {
    switch self {
    case .stated, .own: "none"
    case .unstated: "care"
    case .contradicted, .assumed: "bad"
    }
  }
}

/// What every page needs to know.
struct SiteContext {
  static let paperTitle = "Optimization-Induced Dynamics of Lipschitz Continuity in Neural Networks"

  let inputs: ReportInputs
  let claims: [SiteClaim]
  let graph: DependencyGraph

  init(_ inputs: ReportInputs) {
    self.inputs = inputs
    let rows = Dictionary(inputs.record.claims.map { ($0.claim, $0) }) { first, _ in first }
    let derivations = Dictionary(inputs.derivations.map { ($0.document.slug, $0) }) { first, _ in first }
    let statements = Dictionary(PaperClaims.all.map { ($0.slug, $0.statement) }) { first, _ in first }
    let paper = inputs.paper
    var section: Paper.Section?
    var claims: [SiteClaim] = []
    for entry in paper.statements {
      section = paper.sections?.first { $0.from == entry.number } ?? section
      guard let slug = entry.claim, let statement = statements[slug] else { continue }
      claims.append(
        SiteClaim(
          slug: slug, number: entry.number, title: entry.title.sentence, statement: statement, paper: entry,
          row: rows[slug], derivation: derivations[slug], section: section))
    }
    self.claims = claims
    graph = DependencyGraph(
      claims.map {
        DependencyGraph.Node(
          id: $0.slug, number: $0.number, verdict: $0.row?.verdict ?? DependencyGraph.notRun,
          statementUses: $0.paper.statementUses ?? [], proofUses: $0.paper.proofUses ?? [])
      })
  }

  func claim(_ slug: String) -> SiteClaim? { claims.first { $0.slug == slug } }
  var run: [SiteClaim] { claims.filter { $0.row != nil } }

  /// Claims in the sections of the paper, in its order.
  var sections: [(section: Paper.Section?, claims: [SiteClaim])] {
    var all: [(section: Paper.Section?, claims: [SiteClaim])] = []
    for claim in claims {
      if let last = all.last, last.section == claim.section {
        all[all.count - 1].claims.append(claim)
      } else {
        all.append((claim.section, [claim]))
      }
    }
    return all
  }

  func figureFile(_ experiment: ExperimentResult) -> String {
    "figures/\(anchor(experiment.outcome.name))-\(experiment.outcome.scale.rawValue).svg"
  }

  /// "Theorem 17" as a link to its page.
  func reference(_ claim: SiteClaim) -> HTML {
    link(claim.file) { HTML("\(claim.number)") }
  }

  private static let places = [
    ("index.html", "Overview"), ("findings.html", "Findings"), ("graph.html", "Dependencies"),
    ("experiments.html", "Experiments"), ("performance.html", "Performance"),
  ]

  /// A page with its head, navigation and foot.
  func document(_ page: Page) -> String {
    let record = inputs.record
    return HTML.document([
      tag("head") {
        tag("meta", nil, ["charset": "utf-8"])
        tag("meta", nil, ["name": "viewport", "content": "width=device-width, initial-scale=1"])
        // An empty picture, so that no browser asks for one.
        tag("link", nil, ["rel": "icon", "href": "data:,"])
        tag("title") { page.title }
        HTML.style(Style.rules)
      },
      tag("body") {
        tag("a", "skip", ["href": "#content"]) { "To the content" }
        tag("header", "site") {
          tag("a", "home", ["href": "index.html"]) { "Lipschitz dynamics, a verification report" }
          tag("nav", nil, ["aria-label": "Pages"]) {
            for (file, name) in Self.places where file != "findings.html" || inputs.findings != nil {
              tag("a", nil, ["href": file, "aria-current": file == page.file ? "page" : nil]) { name }
            }
          }
        }
        tag("main", nil, ["id": "content"]) { page.body }
        tag("footer") {
          tag("p") {
            "Written by lipdyn \(version) from a run of tier \(record.tier) with seed \(record.seed)"
            if let date = record.date { " of \(day(date))" }
            ". Verdicts and measurements come from that run and from kept results; the prose of findings and derivations is "
            "as it was written."
          }
        }
      },
    ])
  }

  var version: String { inputs.record.machine.libraries["lipdyn"] ?? "of unknown version" }
}

extension String {
  /// With a capital at the beginning, if it begins with a word: mathematics stays as it is.
  var sentence: String {
    let word = prefix { $0.isLetter }
    let rest = dropFirst(word.count)
    let isArticle =
      word == "a" && rest.first == " " && rest.dropFirst().first.map { $0.isASCII && $0.isLetter } ?? false
    let isWord =
      word.count >= 3 || isArticle || ["an", "no", "in", "on", "at", "of", "to", "by", "is", "it", "as"].contains(word)
    guard isWord, word.allSatisfy({ $0.isASCII && $0.isLowercase }), !FormulaToken.operators.contains(String(word))
    else {
      return self
    }
    return word.prefix(1).uppercased() + dropFirst()
  }
}
