// Campaigns from files: what they refuse, what they measure, and that a stop costs nothing.

import Experiments
import Foundation
import RandomStreams
import Testing

@Suite("Campaigns") struct CampaignTests {
  static let document = """
    {
      "schema": 1, "name": "small", "title": "Small", "paper": "none", "figure": "sweep",
      "variants": [
        {"name": "plain", "x": 1},
        {"name": "decay", "x": 2, "regularizers": ["weight-decay(0.05)"]},
        {"name": "norm", "x": 3, "network": "conv(3,padding=1) batch-norm relu maxpool(2) flatten linear(10)"}
      ],
      "predictions": [
        {"says": "a step moves Z as the terms say", "source": "paper", "measure": "stepSlope",
          "variant": "plain", "expects": {"value": 1, "tolerance": 0.3}},
        {"says": "a step scatters Z as λ_Z² says", "source": "paper", "measure": "stepResidualVariance",
          "variant": "plain", "expects": {"value": 1, "tolerance": 0.4}},
        {"says": "decay holds Z down", "source": "paper", "measure": "changeDifference",
          "variant": "decay", "baseline": "plain", "expects": {"sign": "negative"}}
      ],
      "quick": {
        "data": "digits", "images": 300, "network": "linear(12) tanh linear(10)", "batchSize": 16, "learningRate": 0.05,
        "steps": 240, "seeds": 4, "sharesInitialWeights": false, "rows": 40, "termImages": 0
      },
      "full": {
        "data": "digits", "network": "linear(12) tanh linear(10)", "batchSize": 16, "learningRate": 0.05,
        "steps": 240, "seeds": 4, "sharesInitialWeights": false, "rows": 40, "termImages": 200
      }
    }
    """

  @Test("what a fuzzer found: broken nesting and sizes that no machine holds are refused by name")
  func hostileDocuments() throws {
    // Foundation's decoder ends the program on this one.
    for open in ["[", "{\"a\":"] {
      let error = #expect(throws: ExperimentError.self) {
        try ExperimentDocument(Array(String(repeating: open, count: 513).utf8), origin: "f")
      }
      #expect(error?.problem.contains("level 65") == true)
    }
    let sound = Self.document
    _ = try ExperimentDocument(Array(sound.utf8), origin: "f")
    for (field, old, new) in [
      ("quick.steps", "\"steps\": 240", "\"steps\": 9223372036854775807"),
      ("quick.seeds", "\"seeds\": 4", "\"seeds\": 4611686018427387904"),
      ("batchSize", "\"batchSize\": 16", "\"batchSize\": -1"),
    ] {
      #expect(sound.contains(old))
      let error = #expect(throws: ExperimentError.self) {
        try ExperimentDocument(Array(sound.replacingOccurrences(of: old, with: new).utf8), origin: "f")
      }
      #expect(error?.problem.contains(field) == true, "\(String(describing: error))")
    }
  }

  private static func folder() -> String {
    NSTemporaryDirectory() + "lipdyn-campaign-\(UUID().uuidString)"
  }

  private static func rows(_ campaign: Campaign, _ records: [[TrialRecord]]) throws -> (rows: Data, result: Data) {
    struct Nowhere: Codable, Sendable {}
    _ = try ExperimentFiles.write(Outcome(campaign, records), campaign, records, machine: Nowhere())
    func read(_ name: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: campaign.folder + "/" + name))
    }
    return (try read("rows.csv"), try read("result.json"))
  }

  @Test("cut at any row, it goes on to the same bytes", arguments: [ScaleName.quick, .full])
  func cut(_ scale: ScaleName) throws {
    let document = try ExperimentDocument(Array(Self.document.utf8), origin: "test")
    let (whole, parts) = (Self.folder(), Self.folder())
    defer { for f in [whole, parts] { try? FileManager.default.removeItem(atPath: f) } }
    let first = try Campaign(document, scale, folder: whole, dataFolder: "")
    let expected = try Self.rows(first, #require(try first.run(progress: { _ in }, isCancelled: { false })))
    // A stop at every so many questions, from a state that is written at every row.
    let second = try Campaign(document, scale, folder: parts, dataFolder: "", stateInterval: .zero)
    var records: [[TrialRecord]]?
    var calls = 0
    while records == nil && calls < 200 {
      calls += 1
      let budget = Counter(60)
      records = try second.run(progress: { _ in }, isCancelled: { budget.isSpent() })
    }
    #expect(calls > 3)
    let found = try Self.rows(second, #require(records))
    #expect(found.rows == expected.rows && found.result == expected.result)
  }

  @Test("measures what is so, and judges it")
  func verdicts() throws {
    let document = try ExperimentDocument(Array(Self.document.utf8), origin: "test")
    let folder = Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let campaign = try Campaign(document, .quick, folder: folder, dataFolder: "")
    let records = try #require(try campaign.run(progress: { _ in }, isCancelled: { false }))
    #expect(records.count == 3 && records.allSatisfy { $0.count == 4 && $0.allSatisfy { $0.rows.count == 41 } })
    let outcome = Outcome(campaign, records)
    #expect(outcome.findings.map(\.verdict) == [.agrees, .agrees, .agrees], "\(outcome.findings)")
    // Terms with the wrong sign or size must not agree.
    for (factor, measure) in [(-1.0, 0), (2.0, 0), (0.0, 0), (3.0, 1)] {
      let wrong = records.map { runs in
        runs.map { run in
          TrialRecord(
            variant: run.variant, seed: run.seed, learningRate: run.learningRate,
            rows: run.rows.map { row in
              var row = row
              if measure == 0 {
                (row.mu, row.kappa, row.discreteStep) = (factor * row.mu, factor * row.kappa, factor * row.discreteStep)
              } else {
                row.lambdaSquared *= factor
              }
              return row
            })
        }
      }
      #expect(Outcome(campaign, wrong).findings[measure].verdict != .agrees, "\(factor)")
    }
  }

  @Test("a slope against drifts with a known error is not too small, and their residuals not too large")
  func noisyTerms() throws {
    let document = try ExperimentDocument(Array(Self.document.utf8), origin: "test")
    let folder = Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let campaign = try Campaign(document, .quick, folder: folder, dataFolder: "")
    let (eta, lambdaSquared, error) = (0.05, 0.02, 0.8)
    let generator = RandomGenerator(stream: "test/noisy terms", seed: 1)
    func records(knowing known: Bool) -> [[TrialRecord]] {
      (0..<3).map { _ in
        (0..<4).map { seed in
          TrialRecord(
            variant: "plain", seed: seed, learningRate: eta,
            rows: (0..<1_000).map { k in
              var row = TrialRow()
              let drift = generator.gaussian()
              (row.step, row.logNorm) = (Double(k), 0)
              (row.mu, row.kappa, row.discreteStep) = (drift + error * generator.gaussian() + 0.01, 0, 0)
              (row.lambdaSquaredLayerwise, row.lambdaSquared) = (0.02, lambdaSquared)
              row.nextLogNorm = eta * drift + (eta * lambdaSquared).squareRoot() * generator.gaussian()
              row.driftVariance = known ? error * error : 0
              return row
            })
        }
      }
    }
    let right = Outcome(campaign, records(knowing: true)).findings
    #expect(right[0].verdict == .agrees && right[1].verdict == .agrees, "\(right)")
    #expect(abs((right[0].measured?.value ?? 0) - 1) < 0.15 && abs((right[1].measured?.value ?? 0) - 1) < 0.1)
    let wrong = Outcome(campaign, records(knowing: false)).findings
    #expect(wrong[0].verdict != .agrees && wrong[1].verdict != .agrees, "\(wrong)")
  }

  @Test(
    "refuses what cannot be run, naming the field",
    arguments: [
      ("\"schema\": 1", "\"schema\": 2", "schema 2"), ("\"seeds\": 4", "\"seeds\": 2", "at least 4 seeds"),
      ("\"name\": \"small\"", "\"name\": \"a/b\"", "letters"), ("\"name\": \"decay\"", "\"name\": \"plain\"", "unique"),
      ("\"rows\": 40", "\"rows\": 4000", "rows"), ("stepSlope", "slope", "measure"),
      ("\"figure\": \"sweep\",", "", "figure"),
      ("\"baseline\": \"plain\"", "\"baseline\": \"none\"", "none"),
    ])
  func refusals(_ old: String, _ new: String, _ word: String) {
    let text = Self.document.replacingOccurrences(of: old, with: new)
    #expect(text != Self.document)
    #expect {
      try ExperimentDocument(Array(text.utf8), origin: "test")
    } throws: { "\($0)".contains(word) }
  }

  @Test("refuses settings that do not fit together, and another experiment's folder")
  func settings() throws {
    for (old, new, word) in [
      ("weight-decay(0.05)", "weight-decay(-1)", "weight decay"),
      ("linear(12) tanh linear(10)", "linear(12)", "classes"),
      ("\"data\": \"digits\", \"images\": 300", "\"data\": \"letters\"", "letters"),
      ("\"images\": 300", "\"images\": 3000", "1797"),
      ("\"learningRate\": 0.05", "\"learningRate\": -1", "learning rate"),
    ] {
      let text = Self.document.replacingOccurrences(of: old, with: new)
      let document = try ExperimentDocument(Array(text.utf8), origin: "test")
      #expect {
        try Campaign(document, .quick, folder: Self.folder(), dataFolder: "")
      } throws: { "\($0)".contains(word) }
    }
    let folder = Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let document = try ExperimentDocument(Array(Self.document.utf8), origin: "test")
    _ = try Campaign(document, .quick, folder: folder, dataFolder: "")
    #expect(throws: (any Error).self) { try Campaign(document, .quick, folder: folder, dataFolder: "", seed: 2) }
  }

  @Test("the page on experiments names every measure, and its example can be read")
  func page() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let page = try String(contentsOfFile: root + "/Documentation/experiments.md", encoding: .utf8)
    for measure in Measure.allCases { #expect(page.contains("`\(measure.rawValue)`"), "\(measure)") }
    let start = try #require(page.range(of: "```json\n")?.upperBound)
    let end = try #require(page.range(of: "```", range: start..<page.endIndex)?.lowerBound)
    let document = try ExperimentDocument(Array(page[start..<end].utf8), origin: "page")
    #expect(document.name == "mine")
  }

  @Test("every experiment of the catalogue can be run at quick scale")
  func catalogue() throws {
    let all = try ExperimentCatalogue.all()
    #expect(all.count >= 18 && Set(all.map(\.name)).count == all.count)
    for document in all {
      let folder = Self.folder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      _ = try Campaign(document, .quick, folder: folder, dataFolder: "")
    }
  }
}

/// True after so many questions, from any thread.
private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var left: Int
  init(_ count: Int) { left = count }
  func isSpent() -> Bool {
    lock.withLock {
      left -= 1
      return left < 0
    }
  }
}
