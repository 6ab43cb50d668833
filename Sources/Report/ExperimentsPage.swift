// What training runs measured, against what the paper and its corrections predict.

internal import Experiments
internal import Reporting

extension ExperimentResult {
  /// The `id` of its section.
  var identifier: String { "\(anchor(outcome.name))-\(outcome.scale.rawValue)" }
}

extension Outcome {
  /// Whether the experiment names a statement of the paper, such as "Theorem 17" or "Section 8.5".
  func mentions(_ number: String) -> Bool {
    ([paper] + findings.map(\.says)).contains { text in
      guard let range = text.firstRange(of: number) else { return false }
      let next = text[range.upperBound...].first
      return !(next.map { $0.isNumber } ?? false)
        && !(next == "." && (text[range.upperBound...].dropFirst().first.map { $0.isNumber } ?? false))
    }
  }
}

extension ExperimentVerdict {
  var html: HTML {
    switch self {
    case .agrees: tag("span", "verdict good") { "● agrees" }
    case .agreesInSignOnly: tag("span", "care") { "◐ in sign only" }
    case .disagrees: tag("span", "verdict bad") { "○ disagrees" }
    case .notDecidable: tag("span", "none") { "? not decidable at this scale" }
    }
  }
}

struct ExperimentsPage {
  let site: SiteContext

  private var results: [ExperimentResult] { site.inputs.experiments }
  var page: Page { Page(file: "experiments.html", title: "Experiments", body: body) }

  @HTMLBuilder private var body: [HTML] {
    tag("h1") { "Experiments" }
    if results.isEmpty {
      tag("p") { "No experiment’s result is in this report. To have them:" }
      tag("pre") {
        tag("code") {
          "lipdyn experiment run --all --scale quick --output experiments\n"
          "lipdyn report --experiments experiments/quick --output report\n"
        }
      }
    } else {
      tag("p") {
        "A prediction names a number; runs measure it with a 99 % interval; the interval, not the point, decides. Where a "
        "run is too small to decide, the verdict says so. “Paper” marks what the paper predicts, “corrected” what "
        "its corrected statement does."
      }
      index
      for result in results { section(result) }
    }
  }

  private var index: HTML {
    table(
      caption: "Verdicts by experiment",
      ["experiment", "in the paper", "scale"] + ExperimentVerdict.allCases.map(heading),
      results.map { result in
        [
          link("#\(result.identifier)") { prose(result.outcome.title) }, HTML(result.outcome.paper),
          HTML(result.outcome.scale.rawValue),
        ]
          + ExperimentVerdict.allCases.map { verdict in
            let n = result.outcome.findings.count { $0.verdict == verdict }
            return HTML(n == 0 ? "" : "\(n)")
          }
      })
  }

  private func heading(_ verdict: ExperimentVerdict) -> HTML {
    verdict == .notDecidable ? "not decidable" : HTML(verdict.rawValue)
  }

  private func section(_ result: ExperimentResult) -> HTML {
    let outcome = result.outcome
    return tag("section", nil, ["aria-labelledby": result.identifier]) {
      tag("h2", nil, ["id": result.identifier]) { prose(outcome.title) }
      tag("p", "small soft") {
        "\(outcome.paper). \(settings(outcome)).\(machine(result))"
      }
      table(
        "stack", caption: "Predictions of \(outcome.title)",
        ["prediction", "source", "measured against predicted", "", "verdict"],
        outcome.findings.map { finding in
          [
            prose(finding.says),
            HTML([finding.source, finding.variant].compactMap { $0 }.filter { $0 != "none" }.joined(separator: ", ")),
            IntervalPlot(finding).svg,
            numbers(finding),
            finding.verdict.html,
          ]
        })
      if result.figure != nil {
        tag("figure") {
          tag(
            "img", nil,
            [
              "src": site.figureFile(result), "loading": "lazy",
              "alt":
                "Curves of “\(outcome.title)”: the runs of every variant beside what is predicted; the numbers are in the table above.",
            ])
          tag("figcaption") { "\(outcome.title): runs beside predictions, by variant." }
        }
      }
      tag("pre") {
        tag("code") { "lipdyn experiment run \(outcome.name) --scale \(outcome.scale.rawValue)\n" }
      }
    }
  }

  private func settings(_ outcome: Outcome) -> String {
    let s = outcome.settings
    return "\(s.network) on \(s.data)\(outcome.groups.count > 1 ? "; where a variant has no other, " : ", ")"
      + "batch size \(s.batchSize), learning rate \(short(s.learningRate)), \(counted(s.steps, "step")); "
      + "\(counted(outcome.groups.count, "variant")) of \(counted(s.seeds, "run"))"
      + (s.sharesInitialWeights ? " from one initialisation" : "")
  }

  private func machine(_ result: ExperimentResult) -> String {
    result.machine.map { " \($0.processor), \(counted($0.cores, "core"))." } ?? ""
  }

  private func numbers(_ finding: Outcome.Finding) -> HTML {
    let measured =
      finding.measured.map { "\(short($0.value)) [\(short($0.lower)), \(short($0.upper))]" } ?? "not measured"
    return HTML([
      tag("span", "number") { measured }, " ", tag("span", "number soft") { "against \(finding.expects.words)" },
    ])
  }
}

extension ExpectedRange {
  var words: String {
    switch self {
    case .value(let value, let tolerance): "\(short(value)) ± \(short(tolerance))"
    case .positive: "> 0"
    case .negative: "< 0"
    case .magnitudeBelow(let bound): "|·| < \(short(bound))"
    }
  }
}

/// A measured interval over the range that is expected, on a common axis.
struct IntervalPlot {
  private let measured: Estimate?
  private let expects: ExpectedRange
  private static let width = 240.0

  init(_ finding: Outcome.Finding) { (measured, expects) = (finding.measured, finding.expects) }

  /// The ends of the axis, with some room.
  private var axis: (low: Double, high: Double) {
    var marks = [0.0]
    if let measured { marks += [measured.lower, measured.upper] }
    switch expects {
    case .value(let value, let tolerance): marks += [value - tolerance, value + tolerance]
    case .magnitudeBelow(let bound): marks += [-bound, bound]
    case .positive, .negative: break
    }
    let (low, high) = (marks.min() ?? 0, marks.max() ?? 1)
    let room = 0.08 * max(high - low, 1e-12)
    return (low - room, high + room)
  }

  private func place(_ x: Double) -> Double {
    let (low, high) = axis
    return (x - low) / (high - low) * Self.width
  }

  private func written(_ x: Double) -> String { "\((x * 10).rounded() / 10)" }

  private var band: (Double, Double) {
    switch expects {
    case .value(let value, let tolerance): (value - tolerance, value + tolerance)
    case .magnitudeBelow(let bound): (-bound, bound)
    case .positive: (0, axis.high)
    case .negative: (axis.low, 0)
    }
  }

  var svg: HTML {
    let (from, to) = (place(band.0), place(band.1))
    let label =
      measured.map { "Measured \(short($0.value)), from \(short($0.lower)) to \(short($0.upper))" } ?? "Not measured"
    return tag(
      "svg", "interval",
      ["viewBox": "0 0 240 28", "role": "img", "aria-label": "\(label); expected \(expects.words)"]
    ) {
      tag("rect", "band", ["x": written(from), "y": "2", "width": written(max(to - from, 1.5)), "height": "14"])
      tag("line", "axis", ["x1": "0", "x2": "240", "y1": "16.5", "y2": "16.5"])
      tag("line", "zero", ["x1": written(place(0)), "x2": written(place(0)), "y1": "14.5", "y2": "18.5"])
      tag("text", nil, ["x": written(place(0)), "y": "27", "text-anchor": "middle"]) { "0" }
      if let measured {
        tag(
          "line", "span",
          ["x1": written(place(measured.lower)), "x2": written(place(measured.upper)), "y1": "9", "y2": "9"])
        tag("circle", "dot", ["cx": written(place(measured.value)), "cy": "9", "r": "3"])
      }
    }
  }
}
