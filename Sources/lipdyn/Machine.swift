// The machine and the libraries of a run, for its JSON.

import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import ExactArithmetic
import Foundation
import RandomStreams
import Reporting

extension VerificationRecord.Machine {
  /// This machine, as far as it tells.
  static var current: Self {
    Self(
      system: value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=")
        ?? ProcessInfo.processInfo.operatingSystemVersionString,
      processor: value(of: "model name", in: "/proc/cpuinfo", separator: ":") ?? "unknown",
      cores: ProcessInfo.processInfo.processorCount,
      libraries: [
        "OpenBLAS": BLASThreads.libraryDescription, "GSL": RandomGenerator.libraryVersion,
        "FLINT": Rational.libraryVersion, "libzip": ArrayArchive.libraryVersion, "libarchive": XZFile.libraryVersion,
        "lipdyn": Lipdyn.configuration.version,
      ])
  }

  private static func value(of key: String, in file: String, separator: Character) -> String? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(key) {
      let parts = line.split(separator: separator, maxSplits: 1)
      if parts.count == 2 { return parts[1].trimmingCharacters(in: CharacterSet(charactersIn: " \"\t")) }
    }
    return nil
  }
}
