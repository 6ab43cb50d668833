// Several processes under mpirun give the bytes of one, and none is left alone when another fails.

#if MPI
  import Foundation
  import Testing

  private let isInstalled =
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/mpirun") }

  @Suite("lipdyn-mpi", .serialized, .enabled(if: isInstalled), .timeLimit(.minutes(2)))
  struct MessagePassingTests {
    /// What a command prints and leaves in its folder, by one process without mpirun, by one rank and by several.
    private func outputs(_ arguments: [String], ranks: Int?, threads: Int) throws -> [String: Data] {
      let directory = try TemporaryDirectory()
      let run = try ToolRun(
        arguments: arguments + ["--threads", "\(threads)"], directory: directory.url, ranks: ranks)
      #expect(run.status == 0, "\(run.errors)")
      var outputs = ["standard output": Data(run.output.utf8)]
      for case let path as String in try #require(FileManager.default.enumerator(atPath: directory.url.path)) {
        outputs[path] = FileManager.default.contents(atPath: directory.path(path))
      }
      return outputs
    }

    @Test(
      "ensembles, sweeps and calibrations to the same bytes",
      arguments: [
        "simulate gbm --paths 9000 --steps 20 --output paths.csv --json paths.json",
        "simulate gbm --paths 9000 --steps 20 --output paths.npz",
        "simulate matrix --paths 200 --steps 10 --output paths.npz",
        "simulate ou --multilevel 0.01", "simulate gbm --variance-reduction --paths 5000 --steps 10",
        "calibrate LogNormalMGF --seeds 8 --power --json calibration.json --folder seeds",
        "variance --samples 60 --model 64-4-10 --time 0.5 --warm-up 0 --runs 150 --json variance.json",
        "svag --samples 40 --model 64-4-10 --steps 2 --substeps 8 --runs 600 --checkpoint svag.npz --json svag.json",
      ])
    func sameBytes(_ command: String) throws {
      let words = command.split(separator: " ").map(String.init)
      let alone = try outputs(words, ranks: nil, threads: 2)
      for (ranks, threads) in [(1, 1), (2, 2)] {
        let shared = try outputs(words, ranks: ranks, threads: threads)
        #expect(shared.keys.sorted() == alone.keys.sorted())
        for (name, bytes) in alone { #expect(shared[name] == bytes, "\(name) on \(ranks) ranks") }
      }
    }

    @Test("a document's process, and an experiment with its figure")
    func files() throws {
      let proof = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Proofs/IntegralDynamics.md")
      let document = ["simulate", proof.standardized.path, "--process", "K", "--set", "μ=0.1", "κ=0", "λ=0.3", "K0=1"]
      let simulate = document + ["--paths", "3000", "--steps", "20", "--output", "paths.npz"]
      #expect(try outputs(simulate, ranks: 2, threads: 1) == outputs(simulate, ranks: nil, threads: 2))
      let directory = try TemporaryDirectory()
      let file = directory.path("mine.json")
      try ExperimentCommandTests.document.write(toFile: file, atomically: true, encoding: .utf8)
      var (alone, shared) = (
        try outputs(["experiment", "run", file], ranks: nil, threads: 2),
        try outputs(["experiment", "run", file], ranks: 2, threads: 1)
      )
      // That tells how long it took.
      for name in ["standard output"] { (alone[name], shared[name]) = (nil, nil) }
      #expect(alone.keys.contains("experiments/quick/mine/figure.svg") && alone == shared)
    }

    @Test("a verification to the same record, times apart")
    func verify() throws {
      let claims = ["verify", "LogNormalMGF", "OperatorNormJacobian", "LayerwiseNoise", "--json", "record.json"]
      func record(_ ranks: Int?) throws -> NSObject {
        func timeless(_ value: Any) -> NSObject {
          switch value {
          case let fields as [String: Any]:
            fields.filter { $0.key != "seconds" && $0.key != "date" }.mapValues(timeless) as NSDictionary
          case let list as [Any]: list.map(timeless) as NSArray
          default: value as? NSObject ?? NSNull()
          }
        }
        let found = try outputs(claims, ranks: ranks, threads: 1)
        return timeless(try JSONSerialization.jsonObject(with: try #require(found["record.json"])))
      }
      let alone = try record(nil)
      #expect("\(alone)".contains("OperatorNormJacobian") && !"\(alone)".contains("seconds"))
      #expect(try record(2) == alone && record(3) == alone)
    }

    /// One line of ours among what mpirun has to say.
    private func lines(_ run: ToolRun) -> [Substring] {
      run.errors.split(separator: "\n").filter { $0.hasPrefix("lipdyn: ") }
    }

    @Test("what cannot be shared is refused, what is wrong is said once")
    func refusals() throws {
      for (arguments, word) in [
        (["claims"], "mpirun"), (["verify", "NoSuchClaim"], "NoSuchClaim"),
        (["simulate", "gbm", "--paths", "0"], "--paths"),
        (["simulate", "gbm", "--output", "/nowhere/paths.csv"], "/nowhere"), (["bogus"], "bogus"),
      ] {
        let run = try ToolRun(arguments: arguments, ranks: 2)
        #expect(run.status != 0 && run.output == "")
        #expect(lines(run).count == 1 && lines(run)[0].contains(word), "\(run.errors)")
      }
      let help = try ToolRun(arguments: ["verify", "--help"], ranks: 2)
      #expect(try help.status == 0 && help.output == ToolRun("verify", "--help").output)
    }

    @Test("an error on any rank ends all of them with one line")
    func failure() throws {
      let directory = try TemporaryDirectory()
      try FileManager.default.createDirectory(atPath: directory.path("seeds"), withIntermediateDirectories: false)
      try "no record".write(toFile: directory.path("seeds/seed-20.json"), atomically: true, encoding: .utf8)
      let run = try ToolRun(
        arguments: ["calibrate", "LogNormalMGF", "--seeds", "40", "--folder", directory.path("seeds")], ranks: 3)
      #expect(run.status == 1 && run.output == "")
      #expect(lines(run).count == 1 && lines(run)[0].contains("seed-20.json is no record of a seed"), "\(run.errors)")
    }

    /// What is killed: mpirun, or one of its processes by its place.
    enum Victim { case mpirun, root, other }

    @Test(
      "a killed rank ends all of them, and the same command goes on to the same bytes",
      arguments: [
        (Victim.mpirun, SIGTERM), (.mpirun, SIGKILL), (.root, SIGKILL), (.root, SIGTERM), (.other, SIGKILL),
        (.other, SIGTERM),
      ])
    func death(of victim: Victim, by signal: Int32) throws {
      let directory = try TemporaryDirectory()
      let seeds = directory.path("seeds")
      // mpirun takes a second to end what it started when it is asked politely.
      let count = victim == .mpirun ? 60 : 24
      let command = ["calibrate", "IsotropicNoiseTrace", "--seeds", "\(count)", "--threads", "1"]
      func kept() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: seeds).count) ?? 0 }
      var struck: [pid_t] = []
      let cut = try ToolRun(
        arguments: command + ["--folder", seeds], ranks: 2, killedWhen: { kept() >= 5 },
        by: { mpirun in
          struck = Self.children(of: mpirun)
          kill(victim == .mpirun ? mpirun : victim == .root ? struck.first ?? 0 : struck.last ?? 0, signal)
        })
      #expect(struck.count == 2 && cut.status != 0 && cut.output == "")
      #expect(kept() < count, "it was killed too late to show anything")
      // Even of a killed mpirun no process stays behind.
      let deadline = ContinuousClock.now + .seconds(20)
      while struck.contains(where: { kill($0, 0) == 0 }) && ContinuousClock.now < deadline { usleep(10_000) }
      #expect(struck.allSatisfy { kill($0, 0) != 0 })
      let rest = try ToolRun(arguments: command + ["--folder", seeds], ranks: 2)
      #expect(rest.status == 0 && kept() >= count)
      #expect(try rest.output == ToolRun(arguments: command).output)
    }

    private static func children(of parent: pid_t) -> [pid_t] {
      let path = "/proc/\(parent)/task/\(parent)/children"
      return ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: " ")
        .compactMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
  }
#endif
