// Simulated processes of documents against their laws, and refusals of values that do not fit.

import Derivations
import Foundation
import SymbolicCalculus
import Testing

@Suite("Simulated processes of a document")
struct ProcessSimulationTests {
  private func theory(_ text: String) throws -> Theory {
    let document = DerivationDocument(DerivationSource(name: "test", derivation: text))
    try #require(document.errors.isEmpty, "\(document.renderedErrors)")
    return try #require(document.sections.last).scope.theory
  }

  private let geometric = """
    brownian W
    let t : time
    let μ : adapted function of time
    let λ : scalar
    let K0 : positive scalar
    process K : positive scalar, dK = K (μ(t) dt + λ dW), K(0) = K0
    """
  private let geometricValues: [String: NestedNumbers] = ["μ": .number(0.3), "λ": .number(0.4), "K0": .number(2)]

  private func moments(_ x: [Double]) -> (mean: Double, variance: Double) {
    let mean = x.reduce(0, +) / Double(x.count)
    return (mean, x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count - 1))
  }

  /// Steps of the logarithm are exact for constant coefficients: the law is that of the formula at any step.
  @Test("a geometric Brownian motion has its logarithm's law")
  func logNormal() throws {
    let simulation = try ProcessSimulation("K", in: theory(geometric), settings: geometricValues)
    #expect(simulation.entries == ["K"])
    let n = 20_000
    let paths = try simulation.paths(0..<n, horizon: 2, steps: 4, observed: [0, 4], seed: 1)
    #expect(paths[0][0].allSatisfy { $0 == 2 })
    let (mean, variance) = moments(paths[1][0].map { log($0) })
    #expect(abs(mean - (log(2.0) + 2 * (0.3 - 0.08))) < 5 * (0.32 / Double(n)).squareRoot())
    #expect(abs(variance / 0.32 - 1) < 5 * (2 / Double(n)).squareRoot())
  }

  @Test("a path depends on its number and the seed alone")
  func chunks() throws {
    let simulation = try ProcessSimulation("K", in: theory(geometric), settings: geometricValues)
    func run(_ paths: Range<Int>, _ seed: UInt64) throws -> [Double] {
      try simulation.paths(paths, horizon: 1, steps: 8, observed: [8], seed: seed)[0][0]
    }
    let whole = try run(0..<101, 3)
    #expect(try run(0..<50, 3) + run(50..<101, 3) == whole)
    #expect(try run(0..<101, 4) != whole)
  }

  /// Euler's own moments: mean c + (1 − h)ⁿ(x₀ − c), variance v ← (1 − h)² v + 2qh in every entry, without correlation.
  @Test("a vector without a start takes one, and has Euler's moments entry by entry")
  func ornsteinUhlenbeck() throws {
    let text = """
      let P : dimension
      let q : positive scalar
      let c : vector[P]
      brownian B : vector[P]
      process x : vector[P], dx = -(x - c) dt + sqrt(2 q) dB
      """
    let pair = { (a: Double, b: Double) in NestedNumbers.list([.number(a), .number(b)]) }
    let simulation = try ProcessSimulation(
      "x", in: theory(text), settings: ["P": .number(2), "q": .number(0.5), "c": pair(1, -1), "x(0)": pair(3, 0)])
    #expect(simulation.entries == ["x[1]", "x[2]"])
    let (n, steps, h) = (20_000, 10, 0.1)
    let last = try simulation.paths(0..<n, horizon: 1, steps: steps, observed: [steps], seed: 2)[0]
    let decay = pow(1 - h, Double(steps))
    let variance = (0..<steps).reduce(0) { v, _ in (1 - h) * (1 - h) * v + h }
    let error = 5 * (variance / Double(n)).squareRoot()
    for (x, target) in zip(last, [1 + 2 * decay, -1 + decay]) {
      #expect(abs(moments(x).mean - target) < error)
      #expect(abs(moments(x).variance / variance - 1) < 5 * (2 / Double(n)).squareRoot())
    }
    let product = zip(last[0], last[1]).map { ($0 - 1 - 2 * decay) * ($1 + 1 - decay) }
    #expect(abs(moments(product).mean) < error * variance.squareRoot())
  }

  @Test("a matrix and a family are read row after row, and moved as declared")
  func matrices() throws {
    let text = """
      let A : matrix[2, 3]
      let a[i in 1..2] : scalar
      process θ : matrix[2, 3], dθ = A dt
      process y[i in 1..2] : scalar, dy[i] = a[i] dt
      """
    let row = { (a: Double) in NestedNumbers.list([.number(a), .number(a + 1), .number(a + 2)]) }
    let theory = try theory(text)
    let matrix = try ProcessSimulation(
      "θ", in: theory, settings: ["A": .list([row(1), row(4)]), "θ(0)": .list([row(0), row(0)])])
    #expect(matrix.entries == ["θ[1,1]", "θ[1,2]", "θ[1,3]", "θ[2,1]", "θ[2,2]", "θ[2,3]"])
    let end = try matrix.paths(0..<2, horizon: 1, steps: 4, observed: [4], seed: 1)[0]
    #expect(end == [1, 3, 5, 4, 6, 8].map { [$0, $0] })
    let family = try ProcessSimulation(
      "y", in: theory, settings: ["a": .list([.number(5), .number(7)]), "y(0)": .list([.number(0), .number(1)])])
    #expect(family.entries == ["y[1]", "y[2]"])
    #expect(try family.paths(0..<1, horizon: 1, steps: 4, observed: [4], seed: 1)[0] == [[5], [8]])
  }

  @Test("values that do not fit are refused by name")
  func refusals() throws {
    let theory = try theory(geometric)
    func refusal(_ process: String, _ change: (inout [String: NestedNumbers]) -> Void) -> String {
      var settings = geometricValues
      change(&settings)
      do {
        _ = try ProcessSimulation(process, in: theory, settings: settings)
        return ""
      } catch { return error.description }
    }
    #expect(refusal("K") { _ in }.isEmpty)
    #expect(refusal("Z") { _ in }.contains("declared are W, K"))
    #expect(refusal("K") { $0["λ"] = nil }.contains("--set 'λ=…'"))
    #expect(refusal("K") { $0["nu"] = .number(1) }.contains("does not depend on nu"))
    #expect(refusal("K") { $0["K0"] = .number(-1) }.contains("declared positive"))
    #expect(refusal("K") { $0["λ"] = .list([.number(1)]) }.contains("λ takes one finite number"))
  }
}
