// Little memory, and numbers on the command line that ask for much: one line, no signal, no waiting for ever.

import Foundation
import Testing

@Suite("Memory")
struct MemoryTests {
  @Test("a limit on the address space ends in a result or in one line", arguments: [250, 300, 350, 400, 600, 1000])
  func limits(mebibytes: Int) throws {
    for arguments in [["verify", "LogNormalMGF"], ["simulate", "gbm", "--paths", "100", "--steps", "10"]] {
      // With BLAS's own threads, as most people have it.
      let run = try ToolRun(
        arguments: arguments, environment: ["OPENBLAS_NUM_THREADS": "4"], addressSpace: mebibytes)
      #expect(run.status == 0 || (run.errors.split(separator: "\n").count == 1 && run.output == ""), "\(run)")
      #expect(run.status != 124, "\(arguments) waits for ever")
      #expect(mebibytes < 1000 || run.status == 0)
    }
  }

  @Test(
    "what would need more than the machine has is refused before anything is allocated",
    arguments: [
      "simulate gbm --paths 1000000000000", "simulate gbm --paths 10 --steps 1000000000000",
      "simulate gbm --paths 1000000 --steps 100000 --observations 100000 --output b.npz",
      "simulate matrix --rows 100000 --columns 100000 --paths 10",
      "simulate matrix --rows 1000 --columns 1000 --rank 1000000 --paths 10", "simulate ou --multilevel 1e-9",
      "simulate gbm --paths 100000000000 --variance-reduction", "train --model 64-1000000000-10",
      "train --model 64-1000000-1000000-10", "variance --runs 1000000000000",
      "variance --data digits --model 64-100000-10 --runs 100", "svag --runs 10 --steps 1000000000",
      "train-network --data digits --network flatten·linear(1000000000)·linear(10)",
      "train-network --data digits --network conv(1000000,padding=1)·flatten·linear(10)",
      "train-network --data digits --network conv(4,padding=1000000)·flatten·linear(10)",
      "train-network --data digits --network flatten·linear(10) --batch-size 100000000",
      "calibrate LogNormalMGF --seeds 100000000000", "benchmark stream --names 1000000 --seeds 1000000",
    ])
  func bombs(line: String) throws {
    let arguments = line.split(separator: " ").map { $0.replacingOccurrences(of: "·", with: " ") }
    try ToolRun(arguments: arguments, addressSpace: 700).expectRefusal()
  }
}
