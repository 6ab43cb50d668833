// The processes that mpirun or srun started for one command: rank 0 speaks and writes, all compute.

import ArgumentParser
import DistributedWork
import Foundation
import Reporting

#if MPI
  import MessagePassing
#endif

/// A command whose work several processes can share.
protocol SharedCommand: ParsableCommand {}

enum Ranks {
  private static let started = Result { try launched() }

  /// Who does the work of this run.
  static var sharing: WorkSharing { (try? started.get()) ?? .alone }
  /// Whether this process prints and writes.
  static var isRoot: Bool { sharing.isRoot }
  static var isAlone: Bool { sharing.size == 1 }

  /// Joins the other processes, if there are any.
  ///
  /// - Throws: if this program cannot, because it would then do the same as they, at the same time.
  static func start() throws {
    _ = try started.get()
    guard !isRoot else { return }
    Progress.silence()
    let nowhere = open("/dev/null", O_WRONLY)
    dup2(nowhere, STDOUT_FILENO)
    close(nowhere)
  }

  static func requireShared(_ command: any ParsableCommand) throws {
    let name = type(of: command)._commandName
    guard !isAlone, !(command is any SharedCommand), !["lipdyn", "help"].contains(name) else { return }
    throw UsageError(
      "\(name) is no work for \(sharing.size) processes; start it without mpirun (what can be shared: verify, calibrate, "
        + "simulate, variance, svag, experiment run)")
  }

  /// Waits until all processes have come to their ends.
  ///
  /// - Returns: the status to exit with, on all of them.
  static func end(status: Int32, message: String? = nil) -> Int32 {
    let (status, unknown) = sharing.end(status: status, message: message)
    if let unknown { Progress.write("lipdyn: \(unknown)\n") }
    return status
  }

  private static func launched() throws -> WorkSharing {
    let environment = ProcessInfo.processInfo.environment
    func processes(_ names: String...) -> Int { names.compactMap { environment[$0].flatMap(Int.init) }.max() ?? 1 }
    #if MPI
      // Without these nobody started several processes, and MPI would take half a second to find that out.
      let signs = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"]
      let sharing = signs.contains { environment[$0] != nil } ? WorkSharing(over: try MPITransport()) : .alone
      let isMeantToShare = CommandLine.arguments[0].hasSuffix("lipdyn-mpi")
      let expected = processes("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", isMeantToShare ? "SLURM_STEP_NUM_TASKS" : "PMI_SIZE")
      try UsageError.require(
        sharing.size > 1 || expected == 1,
        "\(expected) processes were started, but do not find each other; use mpirun of Open MPI, or srun --mpi=pmix")
      return sharing
    #else
      let count = processes("OMPI_COMM_WORLD_SIZE", "PMI_SIZE")
      try UsageError.require(
        count == 1,
        "\(count) processes would all do the same: this program was built without MPI; build with LIPDYN_MPI=1, or "
          + "start it without mpirun")
      return .alone
    #endif
  }
}
