// SGD, SVAG and the SDE on two hundred digits: the distance is seen, and it falls along the ladder.

import DenseLinearAlgebra
import LipschitzDynamics
import NetworkTraining
import RandomStreams
import Testing
import VerificationKit

@Suite struct VarianceAmplificationLadderTests {
  static func start() throws -> (MultilayerPerceptron<Float>, Samples<Float>) {
    let digits = try DataSet.digits()
    let samples = digits.subset((0..<200).map { 9 * $0 % digits.count }).samples(as: Float.self)
    let architecture = try Architecture(widths: [64, 16, 10], activation: .tanh)
    return (MultilayerPerceptron(kaiming: architecture, stream: "ladder/initial", seed: 1), samples)
  }

  @Test func theDistanceToTheDiffusionFalls() throws {
    let (network, samples) = try Self.start()
    let ladder = try VarianceAmplificationLadder(
      learningRate: LearningRate(0.8), batchSize: BatchSize(4), steps: 12, substeps: 16)
    let outcome = try #require(
      try ladder.run(network, samples, runs: 600, stream: "tests/ladder", seed: 1))
    // Some forty comparisons at four standard errors: a false alarm in a few hundred seeds, and the seed is fixed.
    #expect(outcome.falls(within: 4), "\(outcome)")
    #expect(outcome.isResolved(at: 4), "\(outcome)")
    #expect(outcome.discretisation.isZero(within: 4), "\(outcome)")
  }

  @Test("for small steps and little noise, the drift of order 2 explains SGD's distance to the SDE")
  func orderTwo() throws {
    let (network, samples) = try Self.start()
    let ladder = try VarianceAmplificationLadder(
      learningRate: LearningRate(0.1), batchSize: BatchSize(4_000), steps: 32, amplifications: [1], substeps: 32)
    let outcome = try #require(try ladder.run(network, samples, runs: 100, stream: "tests/order", seed: 1))
    let (first, second) = (outcome.distances[0], outcome.secondOrderDistance)
    // 3 % remain of the Euler–Maruyama step, and the noise's own.
    #expect(abs(first.mean) > 8 * first.meanError, "\(first)")
    #expect(abs(second.mean) < 0.15 * abs(first.mean), "\(second), \(first)")
  }

  @Test func whatIsNoLadderIsRefused() throws {
    let (rate, size) = (try LearningRate(0.1), try BatchSize(4))
    #expect(throws: HypothesisViolation.self) {
      try VarianceAmplificationLadder(learningRate: rate, batchSize: size, steps: 10, amplifications: [2, 4])
    }
    #expect(throws: HypothesisViolation.self) {
      try VarianceAmplificationLadder(learningRate: rate, batchSize: size, steps: 10, substeps: 6)
    }
    let (network, samples) = try Self.start()
    let ladder = try VarianceAmplificationLadder(learningRate: rate, batchSize: size, steps: 1)
    #expect(throws: HypothesisViolation.self) {
      try ladder.run(network, samples, runs: 3, stream: "tests/few", seed: 1)
    }
    #expect(
      try ladder.run(network, samples, runs: 200, stream: "tests/cancelled", seed: 1, isCancelled: { true }) == nil)
  }
}
