// The battery on every generator, on every way to address the counter-based streams, and on many streams in turn, which
// is how simulations use them; and on bad generators, which it must reject.

import Glibc
import Testing

@testable import RandomStreams

/// Where 32-bit words come from.
struct WordSource: Sendable, CustomTestStringConvertible {
  let name: String
  let start: @Sendable () -> () -> UInt32

  init(_ name: String, _ start: @escaping @Sendable () -> () -> UInt32) { (self.name, self.start) = (name, start) }

  /// Words by their number.
  init(_ name: String, byIndex word: @escaping @Sendable (Int) -> UInt32) {
    self.init(name) {
      var index = -1
      return {
        index += 1
        return word(index)
      }
    }
  }

  func words(_ count: Int) -> [UInt32] {
    let next = start()
    return (0..<count).map { _ in next() }
  }

  var testDescription: String { name }
}

extension RandomGenerator {
  /// The upper bits of uniforms, sixteen at a time where the algorithm has fewer than 32.
  fileprivate func word() -> UInt32 {
    switch algorithm {
    case .ranlxs2, .mrg, .cmrg: UInt32(uniform(below: 65_536)) << 16 | UInt32(uniform(below: 65_536))
    default: next32()
    }
  }
}

@Suite struct BatteryTests {
  static let count = 1 << 19

  static let generators: [WordSource] = RandomGenerator.Algorithm.allCases.flatMap { algorithm in
    [
      WordSource(algorithm.rawValue) {
        let generator = RandomGenerator(algorithm, stream: "battery", seed: 1)
        return generator.word
      },
      inTurn("\(algorithm.rawValue), 64 names") {
        RandomGenerator(algorithm, stream: StreamName("a").appending($0), seed: 1)
      },
      inTurn("\(algorithm.rawValue), 64 seeds") { RandomGenerator(algorithm, stream: "a", seed: UInt64($0)) },
    ]
  }

  private static func inTurn(_ name: String, _ generator: @escaping @Sendable (Int) -> RandomGenerator) -> WordSource {
    WordSource(name) {
      let generators = (0..<64).map(generator)
      var turn = -1
      return {
        turn = (turn + 1) % 64
        return generators[turn].word()
      }
    }
  }

  /// By number of a stream, of a seed, or of a place in a counter-based stream.
  static let addressed: [WordSource] = {
    let (uniforms, normals) = (CounterUniforms("battery", seed: 1), CounterNormals("battery", seed: 1))
    let words: [(String, @Sendable (Int) -> UInt32)] = [
      ("first words by name", { RandomGenerator(stream: StreamName("a").appending($0), seed: 1).next32() }),
      ("first words by seed", { RandomGenerator(stream: "a", seed: UInt64($0)).next32() }),
      ("uniforms by path", { upper(uniforms.uniform(path: $0, step: 0)) }),
      ("uniforms by step", { upper(uniforms.uniform(path: 1, step: $0)) }),
      ("uniforms by component", { upper(uniforms.uniform(path: 1, step: 0, component: $0)) }),
      (
        "uniforms by name", { upper(CounterUniforms(StreamName("a").appending($0), seed: 1).uniform(path: 0, step: 0)) }
      ),
      ("uniforms by seed", { upper(CounterUniforms("a", seed: UInt64($0)).uniform(path: 0, step: 0)) }),
      ("lower bits of uniforms", { lower(uniforms.uniform(path: $0, step: 0)) }),
      ("normals by path", { upper(law(normals.normal(path: $0, step: 0))) }),
      ("normals by step", { upper(law(normals.normal(path: 1, step: $0))) }),
      ("normals by seed", { upper(law(CounterNormals("a", seed: UInt64($0)).normal(path: 0, step: 0))) }),
      (
        "normals beside uniforms",
        {
          $0 % 2 == 0
            ? upper(law(normals.normal(path: $0 / 2, step: 0))) : upper(uniforms.uniform(path: $0 / 2, step: 0))
        }
      ),
    ]
    return words.map { WordSource($0.0, byIndex: $0.1) }
  }()

  private static func upper(_ uniform: Double) -> UInt32 { UInt32(uniform * 0x1p32) }
  private static func lower(_ uniform: Double) -> UInt32 { UInt32(truncatingIfNeeded: UInt64(uniform * 0x1p52)) }
  /// The normal's distribution function, which makes it uniform.
  private static func law(_ normal: Double) -> Double { 0.5 * erfc(-normal / 2.0.squareRoot()) }

  /// What a test may report by chance, so that all together do with probability 10⁻⁶.
  static let threshold =
    1e-6 / Double((generators + addressed).count * BatteryTest.all.count + 2 * families.count)

  @Test(arguments: generators + addressed)
  func wordsAreIndependentAndUniform(source: WordSource) {
    let words = source.words(Self.count)
    for test in BatteryTest.all {
      let p = test.probability(words)
      #expect(p > Self.threshold, "\(test.name): p = \(p)")
    }
  }

  // MARK: Across streams

  /// Many streams of one kind.
  struct Family: Sendable, CustomTestStringConvertible {
    let name: String
    let source: @Sendable (Int) -> WordSource
    var testDescription: String { name }
    var streams: [[UInt32]] { (0..<64).map { source($0).words(4_096) } }
  }

  static let families: [Family] =
    RandomGenerator.Algorithm.allCases.flatMap { algorithm in
      [
        Family(name: "\(algorithm.rawValue), names") { index in
          WordSource("") { RandomGenerator(algorithm, stream: StreamName("a").appending(index), seed: 1).word }
        },
        Family(name: "\(algorithm.rawValue), seeds") { seed in
          WordSource("") { RandomGenerator(algorithm, stream: "a", seed: UInt64(seed)).word }
        },
      ]
    } + [
      Family(name: "uniforms, names") { index in
        WordSource("") { upper(CounterUniforms(StreamName("a").appending(index), seed: 1).uniform(path: $0, step: 0)) }
      },
      Family(name: "uniforms, steps") { step in
        WordSource("") { upper(CounterUniforms("a", seed: 1).uniform(path: $0, step: step)) }
      },
      Family(name: "normals, names") { index in
        WordSource("") {
          upper(law(CounterNormals(StreamName("a").appending(index), seed: 1).normal(path: $0, step: 0)))
        }
      },
      Family(name: "normals, components") { component in
        WordSource("") { upper(law(CounterNormals("a", seed: 1).normal(path: $0, step: 0, component: component))) }
      },
    ]

  @Test(arguments: families)
  func streamsAreIndependentOfEachOther(family: Family) {
    let streams = family.streams
    let (correlation, coincidence) = (BatteryTest.correlations(of: streams), BatteryTest.coincidences(in: streams))
    #expect(correlation > Self.threshold, "correlations: p = \(correlation)")
    #expect(coincidence > Self.threshold, "coincidences: p = \(coincidence)")
  }

  // MARK: The battery can fail

  /// Bad generators, each with the tests that must see it.
  static let planted: [(WordSource, [String])] = [
    (
      WordSource("a congruential generator of 16 bits") {
        var x: UInt32 = 1
        func half() -> UInt32 {
          x = (25_173 * x + 13_849) & 0xFFFF
          return x
        }
        return { half() << 16 | half() }
      }, ["birthday spacings", "serial, low bits", "gaps"]
    ),
    (
      WordSource("the low bits of a congruential generator") {
        var x: UInt32 = 1
        return {
          x = 1_664_525 &* x &+ 1_013_904_223
          return x
        }
      }, ["serial, low bits", "distances of neighbours"]
    ),
    (
      WordSource("a shift register of 32 bits") {
        var x: UInt32 = 1
        return {
          x ^= x << 13
          x ^= x >> 17
          x ^= x << 5
          return x
        }
      }, ["rank"]
    ),
    (
      WordSource("multiples of the golden ratio") { UInt32(truncatingIfNeeded: $0) &* 0x9E37_79B9 },
      ["runs", "gaps", "spectrum", "serial, high bits", "weights of neighbours"]
    ),
    (
      // 1 in 50 words has its highest bit set, whatever it was.
      altered("a bit that is set too often") { index, words in words[index] | (index % 50 == 0 ? 1 << 31 : 0) },
      ["frequency"]
    ),
    (
      altered("an echo of seven words ago") { index, words in index % 10 == 9 ? words[index - 7] : words[index] },
      ["autocorrelation"]
    ),
    (
      altered("neighbours that are too near") { index, words in
        index % 20 == 1 ? words[index - 1] ^ (words[index] & 0xFFFF) : words[index]
      },
      ["distances of neighbours"]
    ),
    (
      altered("neighbours of like weight") { index, words in
        let (mine, before) = (words[index], words[max(index - 1, 0)])
        // A complement changes the weight and nothing that each bit shows by itself.
        return index % 8 == 1 && (mine.nonzeroBitCount > 16) != (before.nonzeroBitCount > 16) ? ~mine : mine
      },
      ["weights of neighbours"]
    ),
  ]

  /// Words of a good source, some of them changed.
  private static func altered(
    _ name: String, _ word: @escaping @Sendable (Int, [UInt32]) -> UInt32
  ) -> WordSource {
    let good = WordSource("good") { RandomGenerator(stream: "planted", seed: 1).next32 }
    return WordSource(name) {
      let words = good.words(count)
      var index = -1
      return {
        index += 1
        return word(index, words)
      }
    }
  }

  @Test(arguments: planted)
  func badGeneratorsAreRejected(source: WordSource, seenBy tests: [String]) {
    let words = source.words(Self.count)
    let rejecting = BatteryTest.all.filter { $0.probability(words) < Self.threshold }.map(\.name)
    for test in tests { #expect(rejecting.contains(test), "\(test) is blind; rejected by \(rejecting)") }
  }

  @Test("every test of the battery rejects something")
  func noTestIsBlind() {
    #expect(Set(Self.planted.flatMap(\.1)) == Set(BatteryTest.all.map(\.name)))
  }

  @Test("streams that repeat, overlap, or share a part are rejected")
  func badStreamsAreRejected() {
    let good = (0..<64).map { index in
      WordSource("") { RandomGenerator(stream: StreamName("planted").appending(index), seed: 1).next32 }.words(4_096)
    }
    var repeated = good
    repeated[40] = good[3]
    #expect(BatteryTest.correlations(of: repeated) < Self.threshold)
    #expect(BatteryTest.coincidences(in: repeated) < Self.threshold)
    // A thousand words late: no correlation sees it.
    var late = good
    late[40] = Array(good[3].dropFirst(1_000) + good[41].prefix(1_000))
    #expect(BatteryTest.correlations(of: late) > Self.threshold)
    #expect(BatteryTest.coincidences(in: late) < Self.threshold)
    var mixed = good
    mixed[40] = zip(good[40], good[3]).map { $0 / 2 + $1 / 2 }
    #expect(BatteryTest.correlations(of: mixed) < Self.threshold)
  }

  @Test("keys that are not mixed show in the first words")
  func unmixedKeysAreRejected() {
    // A congruential generator seeded with a stream's number, without a hash.
    let words = WordSource("") { UInt32(truncatingIfNeeded: UInt64($0) &* 6_364_136_223_846_793_005 >> 32) }
      .words(Self.count)
    #expect(BatteryTest.all.contains { $0.probability(words) < Self.threshold })
  }
}
