// Every derivative against differences of what it is the derivative of, and proof that the judge can say no.

import DenseLinearAlgebra
import Foundation
import NetworkTraining
import Testing

@Suite struct GradientTests {
  static let cases: [([Int], Activation)] = [
    ([3, 2], .relu), ([3, 2], .tanh), ([4, 5, 3], .relu), ([4, 5, 3], .tanh), ([5, 4, 6, 3], .relu),
    ([5, 4, 6, 3], .tanh), ([1, 3, 2, 2, 2], .tanh), ([6, 1, 4], .relu),
  ]

  /// The number of parameters whose central difference contradicts `gradient`.
  func contradictions(_ problem: Problem, _ gradient: NetworkParameters<Double>) -> Int {
    let flat = gradient.flattened
    return flat.indices.count { i in
      let e = NetworkParameters<Double>(flattened: .basis(i, count: flat.count), problem.network.architecture)
      let reference = centralDifference(1e-4) { problem.moved($0, e).evaluate(problem.samples).loss }
      return !(abs(reference.value - flat[i]) <= reference.error)
    }
  }

  @Test(arguments: cases) func meanGradientIsTheDerivativeOfTheMeanLoss(widths: [Int], activation: Activation) throws {
    let problem = try Problem(widths, activation, samples: 7, seed: 1)
    let network = problem.network
    let gradient = network.gradient(.mean, of: problem.passed())
    #expect(contradictions(problem, gradient) == 0)
    #expect(contradictions(problem, network.fullGradient(problem.samples)) == 0)

    // Wrong gradients that a blind judge would let through.
    var wrong = gradient
    wrong.scale(by: 7.0 / 6)
    #expect(contradictions(problem, wrong) > 0, "a lost factor")
    wrong = gradient
    wrong.biases[wrong.biases.count - 1][0] += 1e-7
    #expect(contradictions(problem, wrong) == 1, "one entry off by 1e-7")
  }

  @Test(arguments: cases) func taylorRemaindersHaveTheirOrders(widths: [Int], activation: Activation) throws {
    let problem = try Problem(widths, activation, samples: 5, seed: 2)
    let workspace = problem.passed()
    let v = problem.direction(3)
    let gradient = problem.network.gradient(.mean, of: workspace)
    var curvature = NetworkParameters<Double>(zerosFor: problem.network.architecture)
    problem.network.hessianVectorProduct(
      v, .mean, workspace, TangentWorkspace(for: problem.network.architecture, sampleCount: 5), into: &curvature)
    let (first, second) = (gradient.dot(v), curvature.dot(v))
    let loss = workspace.meanLoss
    func remainder(_ h: Double, _ second: Double) -> Double {
      abs(problem.moved(h, v).evaluate(problem.samples).loss - loss - h * first - h * h / 2 * second)
    }
    let roundOff = 8 * Double.ulpOfOne * (1 + loss)
    // ReLU is smooth only between kinks: stay within the first one along v.
    let start = activation == .relu ? 0.02 : 0.1
    let orderOne = try #require(observedOrder(from: start, roundOff: roundOff) { remainder($0, 0) })
    #expect(abs(orderOne - 2) < 0.1, "first-order remainder of order \(orderOne)")
    let orderTwo = try #require(observedOrder(from: start, roundOff: roundOff) { remainder($0, second) })
    #expect(abs(orderTwo - 3) < 0.2, "second-order remainder of order \(orderTwo)")
    let wrong = try #require(observedOrder(from: start, roundOff: roundOff) { remainder($0, second * 1.5) })
    #expect(wrong < 2.5, "a wrong curvature is seen as order \(wrong)")
  }

  @Test(arguments: cases) func hessianProductsAreDifferencesOfGradients(widths: [Int], activation: Activation) throws {
    let problem = try Problem(widths, activation, samples: 6, seed: 4)
    let v = problem.direction(5)
    let product = problem.network.fullHessianVectorProduct(v, problem.samples).flattened
    for i in product.indices {
      let reference = centralDifference(1e-4) { problem.moved($0, v).fullGradient(problem.samples).flattened[i] }
      #expect(abs(reference.value - product[i]) <= reference.error, "entry \(i)")
    }
    // Symmetry, which the R-operator does not use.
    let w = problem.direction(6)
    let other = problem.network.fullHessianVectorProduct(w, problem.samples).flattened
    let scale = product.norm + other.norm
    #expect(abs(product.dot(w.flattened) - other.dot(v.flattened)) <= 1000 * Double.ulpOfOne * scale)
  }

  @Test(arguments: cases) func layerBatchesHoldEverySamplesOwnGradient(widths: [Int], activation: Activation) throws {
    let problem = try Problem(widths, activation, samples: 4, seed: 7)
    let network = problem.network
    let workspace = problem.passed()
    let w: Vector<Double> = [0.3, -1.2, 0, 2]
    var expected = NetworkParameters<Double>(zerosFor: network.architecture)
    for i in 0..<4 {
      let alone = Samples(
        inputs: problem.samples.inputs.columns(i..<i + 1), labels: [problem.samples.labels[i]],
        classes: problem.samples.classes)
      let own = network.fullGradient(alone)
      expected.add(w[i], own)
      for (l, layer) in workspace.layers.enumerated() {
        let outer = layer.deltas.column(i).outer(layer.inputs.column(i))
        #expect((outer - own.weights[l]).maximumMagnitude <= 64 * Double.ulpOfOne * (1 + outer.maximumMagnitude))
        #expect((layer.deltas.column(i) - own.biases[l]).norm <= 64 * Double.ulpOfOne * (1 + own.biases[l].norm))
      }
    }
    func expectEqual(_ a: NetworkParameters<Double>, _ b: NetworkParameters<Double>) {
      #expect((a.flattened - b.flattened).norm <= 1000 * Double.ulpOfOne * (1 + b.norm))
    }
    expectEqual(network.gradient(.weighted(w), of: workspace), expected)
    let sum = network.gradient(.sum, of: workspace)
    expectEqual(network.gradient(.weighted([1, 1, 1, 1]), of: workspace), sum)
    var mean = sum
    mean.scale(by: 0.25)
    expectEqual(network.gradient(.mean, of: workspace), mean)
    var doubled = sum
    network.gradient(.sum, of: workspace, into: &doubled, adding: true)
    expectEqual(doubled, network.gradient(.weighted([2, 2, 2, 2]), of: workspace))
    // Hessian products reduce as gradients do.
    let v = problem.direction(8)
    let tangents = TangentWorkspace<Double>(for: network.architecture, sampleCount: 4)
    var products = NetworkParameters<Double>(zerosFor: network.architecture)
    network.hessianVectorProduct(v, .weighted(w), workspace, tangents, into: &products)
    var separately = NetworkParameters<Double>(zerosFor: network.architecture)
    for i in 0..<4 {
      network.hessianVectorProduct(
        v, .weighted(w[i] * .basis(i, count: 4)), workspace, tangents, into: &separately, adding: true)
    }
    expectEqual(products, separately)
    network.hessianVectorProduct(v, .weighted([0.25, 0.25, 0.25, 0.25]), workspace, tangents, into: &products)
    expectEqual(products, network.fullHessianVectorProduct(v, problem.samples))
    // A step is the mean gradient times the rate.
    var stepped = network
    stepped.descend(try LearningRate(0.5), workspace)
    var moved = network.parameters
    moved.add(-0.5, mean)
    expectEqual(stepped.parameters, moved)
  }

  @Test func forwardAgreesWithTheFormula() throws {
    let problem = try Problem([3, 4, 2], .tanh, samples: 3, seed: 8)
    let (theta, b) = (problem.network.parameters.weights, problem.network.parameters.biases)
    let logits = problem.network.logits(problem.samples.inputs)
    for i in 0..<3 {
      let hidden = (theta[0] * problem.samples.inputs.column(i) + b[0]).map(tanhByExp)
      let z = theta[1] * hidden + b[1]
      #expect((z - logits.column(i)).norm <= 100 * Double.ulpOfOne * (1 + z.norm))
    }
    #expect(problem.passed().logits == logits)
  }

  @Test func singlePrecisionFollowsDouble() throws {
    let problem = try Problem([6, 8, 4], .tanh, samples: 9, seed: 9)
    let architecture = problem.network.architecture
    let flat = problem.network.parameters.flattened.elements.map { Float($0) }
    let single = MultilayerPerceptron<Float>(
      architecture, parameters: NetworkParameters(flattened: Vector(flat), architecture))
    let samples = Samples<Float>(
      inputs: Matrix(rows: 6, columns: 9, columnMajor: problem.samples.inputs.elements.map { Float($0) }),
      labels: problem.samples.labels, classes: 4)
    let (g, gSingle) = (problem.network.fullGradient(problem.samples), single.fullGradient(samples))
    let difference = Vector(gSingle.flattened.elements.map { Double($0) }) - g.flattened
    #expect(difference.norm <= 200 * Double(Float.ulpOfOne) * g.norm)
  }

  private func tanhByExp(_ x: Double) -> Double { 1 - 2 / (exp(2 * x) + 1) }
}
