// lipdyn benchmark stream: raw random bits on standard output, for batteries of tests from elsewhere.

import ArgumentParser
import Foundation
import RandomStreams

extension Benchmark {
  struct Stream: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "stream",
      abstract: "Raw 32-bit words of random streams on standard output, until the reader goes away.",
      discussion: """
        One word of each of the streams NAME/0, NAME/1, … under each of the seeds S, S + 1, … in turn. Algorithms with \
        fewer than 32 bits give two halves of 16; normals are made uniform by their distribution function.
        Example: lipdyn benchmark stream --source philox --names 64 --bytes 4096 | od
        """)

    @Option(help: "One of GSL's generators, philox, or the counter-based uniforms or normals.") var source = "philox"
    @Option(help: "NAME of the streams.") var name = "battery"
    @Option(help: "How many streams.") var names = 1
    @Option(help: "S, the first seed.") var seed: UInt64 = 1
    @Option(help: "How many seeds.") var seeds = 1
    @Option(help: "How much to write, rounded up to whole turns; without end if not given.") var bytes: Int?

    func run() throws {
      try UsageError.require((1...1_000_000).contains(names), "--names \(names): use from 1 to 1000000")
      try UsageError.require((1...1_000_000).contains(seeds), "--seeds \(seeds): use from 1 to 1000000")
      try UsageError.require(names * seeds <= 1_000_000, "--names times --seeds: use at most 1000000")
      try UsageError.require(bytes ?? 1 >= 1, "--bytes \(bytes ?? 1): use at least 1")
      let streams = try (0..<names).flatMap { index in
        try (0..<UInt64(seeds)).map { try words(of: StreamName(name).appending(index), seed: seed &+ $0) }
      }
      var (left, block) = (bytes ?? .max, [UInt32]())
      while left > 0 {
        block.removeAll(keepingCapacity: true)
        repeat {
          for next in streams { block.append(next()) }
        } while block.count < 16_384 && 4 * block.count < left
        try block.withUnsafeBytes { try FileHandle.standardOutput.write(contentsOf: Data($0)) }
        left -= min(left, 4 * block.count)
      }
    }

    private func words(of stream: StreamName, seed: UInt64) throws -> () -> UInt32 {
      var path = -1
      switch source {
      case "uniforms":
        let uniforms = CounterUniforms(stream, seed: seed)
        return {
          path += 1
          return UInt32(uniforms.uniform(path: path, step: 0) * 0x1p32)
        }
      case "normals":
        let normals = CounterNormals(stream, seed: seed)
        return {
          path += 1
          let uniform = 0.5 * erfc(-normals.normal(path: path, step: 0) / 2.0.squareRoot())
          return UInt32(min(uniform, 1 - 0x1p-33) * 0x1p32)
        }
      default:
        guard let algorithm = RandomGenerator.Algorithm(rawValue: source) else {
          let all = RandomGenerator.Algorithm.allCases.map(\.rawValue) + ["uniforms", "normals"]
          throw UsageError("--source \(source): use one of \(all.joined(separator: ", "))")
        }
        let generator = RandomGenerator(algorithm, stream: stream, seed: seed)
        switch algorithm {
        case .ranlxs2, .mrg, .cmrg:
          return { UInt32(generator.uniform(below: 65_536)) << 16 | UInt32(generator.uniform(below: 65_536)) }
        default: return generator.next32
        }
      }
    }
  }
}
