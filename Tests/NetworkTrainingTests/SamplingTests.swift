// The three sampling regimes: what they promise exactly, and their statistics at a false-alarm rate of 10⁻⁹ each.

import ArrayFiles
import NetworkTraining
import RandomStreams
import Testing

@Suite struct SamplingTests {
  func sampler(_ sampling: Sampling, _ size: Int, of n: Int, seed: UInt64 = 1) throws -> BatchSampler {
    try BatchSampler(sampling, batchSize: BatchSize(size), of: n, stream: "tests/batches", seed: seed)
  }

  @Test(arguments: Sampling.allCases) func batchesAreFunctionsOfTheStep(sampling: Sampling) throws {
    var source = try sampler(sampling, 5, of: 23)
    var batch = [Int](repeating: 0, count: 5)
    let forwards = (0..<40).map { source.batch(step: $0) }
    for k in (0..<40).reversed() {
      source.fill(&batch, step: k)
      #expect(batch == forwards[k])
    }
    #expect(try sampler(sampling, 5, of: 23, seed: 2).batch(step: 0) != forwards[0])
    #expect(forwards.joined().allSatisfy { (0..<23).contains($0) })
  }

  @Test func subsetsHaveNoRepetition() throws {
    let source = try sampler(.withoutReplacement, 9, of: 10)
    for k in 0..<200 { #expect(Set(source.batch(step: k)).count == 9) }
    #expect(Set(try sampler(.withoutReplacement, 10, of: 10).batch(step: 3)) == Set(0..<10))
  }

  @Test func epochsCoverEverySampleOnce() throws {
    let source = try sampler(.epochShuffling, 4, of: 20)
    for epoch in 0..<50 {
      let all = (0..<5).flatMap { source.batch(step: epoch * 5 + $0) }
      #expect(all.sorted() == Array(0..<20))
    }
    // 22 = 5 · 4 + 2: two samples are left out of each epoch, and not the same ones.
    let odd = try sampler(.epochShuffling, 4, of: 22)
    #expect(odd.batchesPerEpoch == 5)
    let left = (0..<20).map { e in Set(0..<22).subtracting((0..<5).flatMap { odd.batch(step: e * 5 + $0) }) }
    #expect(left.allSatisfy { $0.count == 2 } && Set(left).count > 5)
  }

  @Test(arguments: Sampling.allCases) func indicesAreUniform(sampling: Sampling) throws {
    let (n, m, steps) = (10, 4, 8000)
    var source = try sampler(sampling, m, of: n)
    var batch = [Int](repeating: 0, count: m)
    // One index of each step, from all positions in turn: within a batch, indices may depend on each other.
    var (counts, pairs, successions) = ([Int](repeating: 0, count: n), [Int](), [Int]())
    pairs = [Int](repeating: 0, count: n * n)
    successions = pairs
    var previous = 0
    for k in 0..<steps {
      // Every second batch, which for shuffling (⌊10/4⌋ = 2 an epoch) is one batch of each permutation.
      source.fill(&batch, step: 2 * k + k % 2)
      counts[batch[k % m]] += 1
      pairs[batch[0] * n + batch[1]] += 1
      if k % 2 == 1 { successions[previous * n + batch[0]] += 1 }
      previous = batch[0]
    }
    #expect(chiSquare(counts) < chiSquareAlarm(n - 1))
    #expect(chiSquare(successions) < chiSquareAlarm(n * n - 1), "successive batches are independent")
    if sampling == .withReplacement {
      #expect(chiSquare(pairs) < chiSquareAlarm(n * n - 1))
    } else {
      let distinct = (0..<n * n).filter { $0 / n != $0 % n }.map { pairs[$0] }
      #expect(distinct.reduce(0, +) == steps, "no index repeats within a batch")
      #expect(chiSquare(distinct) < chiSquareAlarm(distinct.count - 1))
    }
    // The alarm is not deaf: one cell in ten too full by half.
    var planted = counts
    planted[0] += steps / n / 2
    #expect(chiSquare(planted) > chiSquareAlarm(n - 1))
  }

  @Test func impossibleBatchesAreRefused() throws {
    #expect(throws: NetworkTrainingError.self) { try BatchSize(0) }
    #expect(throws: NetworkTrainingError.self) { try sampler(.withoutReplacement, 11, of: 10) }
    #expect(throws: NetworkTrainingError.self) { try sampler(.epochShuffling, 11, of: 10) }
    #expect(throws: NetworkTrainingError.self) { try sampler(.withReplacement, 1, of: 0) }
    #expect(try sampler(.withReplacement, 11, of: 10).batch(step: 0).count == 11)
    for bad in [0, -0.1, .nan, .infinity] { #expect(throws: NetworkTrainingError.self) { try LearningRate(bad) } }
  }

  @Test func ordersAreWrittenDownAndReadBack() throws {
    let source = try sampler(.withoutReplacement, 3, of: 8)
    let order = BatchOrder(recording: source, steps: 6)
    #expect(order.array.shape == [6, 3])
    let back = try BatchOrder(NumericArray(npy: order.array.npy(), file: "o.npy"), population: 8)
    #expect(back == order)
    var batch = [0, 0, 0]
    back.fill(&batch, step: 4)
    #expect(batch == source.batch(step: 4))
    #expect(
      throws: NetworkTrainingError.invalidBatchOrder(
        file: "array", step: 1, position: 0, found: "index 8", expected: "0 to 7")
    ) { try BatchOrder(NumericArray(shape: [2, 2], [0, 1, 8, 2]), population: 8) }
    #expect(throws: NetworkTrainingError.self) { try BatchOrder(NumericArray(shape: [2], [0, 1]), population: 8) }
    #expect(throws: NetworkTrainingError.self) {
      try BatchOrder(NumericArray(shape: [1, 2], [0.5, 1]), population: 8)
    }
  }
}
