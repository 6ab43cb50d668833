// lipdyn experiment: the paper's experiments with many seeds, intervals and a verdict a prediction.

import ArgumentParser
import Experiments
import Foundation
import NetworkTraining
import Plotting
import Reporting

struct ExperimentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experiment", abstract: "Repeat an experiment of the paper, and judge each of its predictions.",
    discussion: """
      An experiment is a JSON file: networks, data, seeds, what is measured, and what was predicted. The terms of a run come \
      from images that its batches do not contain, so that a prediction can fail.
      Example: lipdyn experiment run batch-size
      """, subcommands: [List.self, Run.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What can be run.", discussion: "Example: lipdyn experiment list --json -")

    @OptionGroup var output: JSONOutput

    private struct Record: Encodable {
      struct Row: Encodable {
        let name, title, paper: String
        let predictions, quickRuns: Int
      }

      let schema = 1
      let experiments: [Row]
    }

    func run() throws {

      var rows: [Record.Row] = []
      var table = TextTable([("name", .left), ("repeats", .left), ("predictions", .right), ("runs", .right)])
      for e in try ExperimentCatalogue.all() {
        let runs = e.variants(.quick).count * e.quick.seeds
        table.append([e.name, e.paper, "\(e.predictions.count)", "\(runs)"])
        rows.append(
          .init(name: e.name, title: e.title, paper: e.paper, predictions: e.predictions.count, quickRuns: runs))
      }
      for line in table.lines { print(line) }
      try output.write(Record(experiments: rows))
    }
  }

  struct Run: SharedCommand {
    static let configuration = CommandConfiguration(
      abstract: "Train, measure, judge; continue where a former call stopped.",
      discussion: """
        Every run is written to --output when it ends, and its state now and then: the same command continues after an \
        interruption, to the same digits. quick uses embedded data; full needs `lipdyn data fetch` and hours.
        Example: lipdyn experiment run --all --scale quick --output experiments
        """)

    @Argument(help: "Names from `lipdyn experiment list`, or files that end in .json.") var names: [String] = []
    @Flag(help: "Every experiment of the catalogue.") var all = false
    @Option(help: "quick or full.") var scale = "quick"
    @Option(help: "A folder; each experiment has its own in it.") var output = "experiments"
    @Option(help: "Where `lipdyn data fetch` put the data.") var dataFolder = DataCommand.defaultFolder
    @Option(help: "Added to the seeds of all runs.") var seed: UInt64 = 1
    @Option(parsing: .unconditional, help: "Threads; 0 for one a core.") var threads = 0
    @Option(parsing: .unconditional, help: "Seconds between the states that a run keeps for being continued.")
    var stateEvery = 20.0
    @Flag(help: "Say what it would take, and stop.") var estimate = false

    func run() throws {
      guard let scaleName = ScaleName(rawValue: scale) else { throw UsageError("--scale \(scale): use quick or full") }
      try UsageError.require(threads >= 0 && threads <= 1_024, "--threads \(threads): use from 0 to 1024")
      try UsageError.require(
        stateEvery >= 0 && stateEvery <= 86_400, "--state-every \(stateEvery): use from 0 to 86400 seconds")
      try UsageError.require(all != !names.isEmpty, "give the names of experiments, or --all")
      TrainingThreads.limit(to: threads)
      let documents = try all ? ExperimentCatalogue.all() : names.map { try ExperimentCatalogue.named($0) }
      // An estimate leaves nothing behind: a campaign claims its folder, so it gets one for the moment.
      let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("lipdyn-estimate-\(UUID())").path
      defer { if estimate { try? FileManager.default.removeItem(atPath: scratch) } }
      let output = estimate ? scratch : output
      // Everything is checked before anything is computed.
      let campaigns = try documents.map {
        try Campaign(
          $0, scaleName, folder: "\(output)/\(scaleName.rawValue)/\($0.name)", dataFolder: dataFolder, seed: seed,
          stateInterval: .seconds(stateEvery), sharing: Ranks.sharing)
      }
      for campaign in campaigns {
        try UsageError.requireMemory(campaign.estimatedGigabytes, for: campaign.document.name)
      }
      if scaleName == .full || estimate { try announce(campaigns) }
      if estimate { return }
      Interrupt.watch()
      var verdicts: [ExperimentVerdict: Int] = [:]
      for campaign in campaigns {
        let outcome = try perform(campaign)
        guard Ranks.isRoot else { continue }
        guard let outcome else {
          print("interrupted; the same command continues")
          throw ExitCode(130)
        }
        for finding in outcome.findings { verdicts[finding.verdict, default: 0] += 1 }
      }
      print(ExperimentVerdict.allCases.map { "\(verdicts[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", "))
    }

    private func announce(_ campaigns: [Campaign]) throws {
      for campaign in campaigns {
        let minutes = try campaign.estimatedSeconds() / Double(min(TrainingThreads.current, campaign.trials)) / 60
        print(
          "\(campaign.document.name): \(campaign.trials) runs, some \(rounded((minutes * 10).rounded() / 10)) minutes, "
            + "\(rounded((campaign.estimatedGigabytes * 100).rounded() / 100)) GB")
      }
    }

    private func perform(_ campaign: Campaign) throws -> Outcome? {
      let progress = Progress()
      defer { progress.clear() }
      let (name, start) = (campaign.document.name, ContinuousClock.now)
      let records = try campaign.run(
        progress: { share in
          let spent = (ContinuousClock.now - start) / .seconds(1)
          let bar = String(repeating: "█", count: Int(20 * share)) + String(repeating: "░", count: 20 - Int(20 * share))
          progress.now("\(name) \(bar) \(Int(100 * share)) %  \(Int(spent / max(share, 1e-9) - spent)) s left")
        }, isCancelled: { Interrupt.isRequested })
      progress.clear()
      guard let records else { return nil }
      let outcome = Outcome(campaign, records)
      try ExperimentFiles.write(outcome, campaign, records, machine: VerificationRecord.Machine.current)
      report(outcome, seconds: (ContinuousClock.now - start) / .seconds(1))
      print(try FigureFile.write(outcome.figure(campaign, records), to: campaign.folder + "/figure.svg"))
      print("")
      // A long run's reader sees each experiment when it ends, in a pipe too.
      fflush(nil)
      return outcome
    }

    private func report(_ outcome: Outcome, seconds: Double) {
      print("\(outcome.title) (\(outcome.paper))")
      print(
        "\(outcome.settings.data), \(outcome.groups.count) variants of \(outcome.settings.seeds) runs, "
          + "\(outcome.settings.steps) steps"
          + (seconds < 1 ? ", from runs made before" : ", \(Int(seconds.rounded())) s"))
      var table = TextTable([
        ("prediction", .left), ("of", .left), ("measured", .left), ("predicted", .left), ("verdict", .left),
      ])
      for f in outcome.findings {
        let measured = f.measured.map { "\(short($0.value)) [\(short($0.lower)), \(short($0.upper))]" } ?? "–"
        let of = [f.source, f.variant].compactMap { $0 }.joined(separator: ", ")
        table.append([f.says, of, measured, f.expects.description, f.verdict.rawValue])
      }
      for line in table.lines { print(line) }
    }

    private func short(_ x: Double) -> String { String(format: "%.3g", x == 0 ? 0 : x) }
  }
}
