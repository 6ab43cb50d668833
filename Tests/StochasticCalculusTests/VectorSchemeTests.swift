// Orders of the schemes for vector equations: strong ones on Brownian paths with their areas, weak ones without sampling.

import Glibc
import RandomStreams
import StochasticCalculus
import Testing

/// Increments and areas of two Brownian motions over the steps of a dyadic ladder, all of one path on [0, 1].
private struct Ladder {
  /// [level], each of shape [2, steps].
  var increments: [[Double]]
  /// [level], each of shape [steps].
  var areas: [[Double]]

  static let finest = 8
  /// Forty batches.
  static let all = (0..<(40 * batch)).map { Ladder(path: $0) }
  static let batch = 30

  /// The areas of the finest level by Fourier series; those of the others by Chen's rule, without further error.
  init(path: Int) {
    let steps = 1 << Self.finest
    let h = 1 / Double(steps)
    let normals = CounterNormals("ladder", seed: 1)
    var levyArea = LevyArea(
      noises: 2, by: .fourier(terms: LevyArea.terms(noises: 2, steps: steps)), stream: "ladder/areas", seed: 1)
    var (w, a) = ([Double](), [Double]())
    var area = [0.0]
    for step in 0..<steps {
      let increment = (0..<2).map { h.squareRoot() * normals.normal(path: path, step: step, component: $0) }
      levyArea.fill(&area, increments: increment, over: h, path: path, step: step)
      w += increment
      a += area
    }
    (increments, areas) = ([w], [a])
    for level in (0..<Self.finest).reversed() {
      let (fine, halves) = (increments[0], areas[0])
      (w, a) = ([], [])
      for step in 0..<(1 << level) {
        let first = (fine[4 * step], fine[4 * step + 1])
        let second = (fine[4 * step + 2], fine[4 * step + 3])
        w += [first.0 + second.0, first.1 + second.1]
        a.append(halves[2 * step] + halves[2 * step + 1] + (first.0 * second.1 - first.1 * second.0) / 2)
      }
      increments.insert(w, at: 0)
      areas.insert(a, at: 0)
    }
  }

  /// What a scheme is told of the areas.
  enum Telling { case truth, nothing, signs }

  func solve<Process: ItoProcess>(
    _ step: inout ItoStep<Process>, from initial: [Double], level: Int, _ telling: Telling
  ) -> [Double] {
    var state = initial
    var (increment, told) = ([0.0, 0], [0.0])
    let h = 1 / Double(1 << level)
    for k in 0..<(1 << level) {
      (increment[0], increment[1]) = (increments[level][2 * k], increments[level][2 * k + 1])
      switch telling {
      case .truth: told[0] = areas[level][k]
      case .nothing: told[0] = 0
      // A sign that has nothing to do with this area.
      case .signs: told[0] = areas[level][k ^ 1] < 0 ? -h / 2 : h / 2
      }
      step.advance(&state, at: Double(k) * h, by: h, increments: increment, areas: told)
    }
    return state
  }
}

@Suite struct VectorSchemeTests {
  // MARK: Strong orders

  /// The slope of log₂ E|error| over a ladder for each of 40 batches of 30 paths: its mean, and the half-width of its
  /// interval. The error is against a closed form, or else against the next level, whose slope is the same.
  private func strongOrder<Process: ItoProcess>(
    _ process: Process, _ scheme: ItoScheme, from initial: [Double], _ telling: Ladder.Telling = .truth,
    exact: ((Double, [Double]) -> [Double])? = nil
  ) -> (mean: Double, halfWidth: Double) {
    var step = ItoStep(process, scheme: scheme)
    let levels = Array(3...Ladder.finest)
    let slopes = stride(from: 0, to: Ladder.all.count, by: Ladder.batch).map { first in
      var sums = [Double](repeating: 0, count: levels.count)
      for ladder in Ladder.all[first..<(first + Ladder.batch)] {
        let states = levels.map { ladder.solve(&step, from: initial, level: $0, telling) }
        let target = exact.map { $0(1, ladder.increments[0]) }
        for index in states.indices where target != nil || index + 1 < states.count {
          let other = target ?? states[index + 1]
          sums[index] += zip(states[index], other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        }
      }
      let errors = (exact == nil ? sums.dropLast() : sums[...]).map { log2($0) }
      return -slope(levels.prefix(errors.count).map(Double.init), errors)
    }
    return interval(slopes)
  }

  private func expect(_ measured: (mean: Double, halfWidth: Double), order: Double, _ what: String) {
    #expect(measured.halfWidth < 0.1, "the interval must be narrow enough to tell orders apart")
    #expect(abs(measured.mean - order) < measured.halfWidth + 0.05, "\(what): \(measured)")
  }

  /// Commuting matrices: a closed form.
  @Test(arguments: [ItoScheme.eulerMaruyama, .platen, .heun, .weakOrderTwo])
  func commutingLinearNoise(scheme: ItoScheme) throws {
    let measured = strongOrder(
      MixedGeometric(), scheme, from: MixedGeometric.initial, exact: MixedGeometric.solution)
    let order = try #require(scheme.strongOrder(for: .commutative))
    expect(measured, order: order, "\(scheme)")
  }

  /// A nonlinear equation of Stratonovich with a closed form, through the conversion of its drift.
  @Test(arguments: [ItoScheme.eulerMaruyama, .platen, .heun, .weakOrderTwo])
  func commutingNonlinearNoise(scheme: ItoScheme) throws {
    let measured = strongOrder(
      VectorStratonovichProcess(BentPlane()), scheme, from: [0, 0], exact: BentPlane.solution)
    let order = try #require(scheme.strongOrder(for: .commutative))
    expect(measured, order: order, "\(scheme)")
  }

  /// Noises that do not commute: order 1 with areas, and 1/2 for every scheme that is not told of them.
  @Test(arguments: [
    (ItoScheme.platen, Ladder.Telling.truth, 1.0), (.platen, .nothing, 0.5), (.platen, .signs, 0.5),
    (.eulerMaruyama, .truth, 0.5), (.heun, .truth, 0.5), (.weakOrderTwo, .signs, 0.5), (.weakOrderTwo, .truth, 1),
  ])
  fileprivate func noncommutingNoise(scheme: ItoScheme, telling: Ladder.Telling, order: Double) {
    let bent = strongOrder(BentHeisenberg(), scheme, from: [0.2, -0.1, 0.3], telling)
    expect(bent, order: order, "\(scheme), \(telling), nonlinear")
    let linear = strongOrder(LinearSystem.general, scheme, from: [1, 0.5], telling)
    expect(linear, order: order, "\(scheme), \(telling), linear")
  }

  @Test func additiveNoiseHasStrongOrderOne() {
    for scheme in [ItoScheme.eulerMaruyama, .platen, .heun, .weakOrderTwo] {
      let measured = strongOrder(AdditiveSystem(noiseStructure: .general), scheme, from: [0.3, 0.2])
      expect(measured, order: 1, "\(scheme), additive")
    }
  }

  @Test(arguments: [(ItoScheme.eulerMaruyama, 0.5), (.milstein, 1.0), (.platen, 1), (.heun, 1), (.weakOrderTwo, 1)])
  func diagonalNoise(scheme: ItoScheme, order: Double) {
    expect(
      strongOrder(DiagonalSystem(), scheme, from: [0.5, 0.2]), order: order, "\(scheme), diagonal")
    #expect(scheme.strongOrder(for: .diagonal) == order)
  }

  /// Heisenberg's system is integrated without error, X₃ = 2 A at every step size, if the areas are known.
  @Test(arguments: [ItoScheme.platen, .weakOrderTwo])
  func areasAreIntegrated(scheme: ItoScheme) {
    let ladder = Ladder.all[7]
    var step = ItoStep(Heisenberg(), scheme: scheme)
    for level in [0, 3, 8] {
      let state = ladder.solve(&step, from: [0, 0, 0], level: level, .truth)
      #expect(abs(state[2] - 2 * ladder.areas[0][0]) < 1e-14)
    }
    // And so are those of every pair of four noises.
    let (w, areas) = ([0.3, -0.2, 0.5, 0.1], [0.01, 0.02, -0.03, 0.04, 0.05, -0.06])
    let initial = [0.7, 0.4, -0.3, 0.9, 0, 0, 0, 0, 0, 0]
    var state = initial
    var four = ItoStep(Heisenberg(noiseDimension: 4), scheme: scheme)
    four.advance(&state, at: 0, by: 0.25, increments: w, areas: areas)
    for (pair, (i, j)) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)].enumerated() {
      #expect(abs(state[4 + pair] - (initial[i] * w[j] - initial[j] * w[i] + 2 * areas[pair])) < 1e-15)
    }
  }

  // MARK: Weak orders

  /// The outcomes of a step: three-point increments, which have the first five moments of normal ones, and signs of area.
  private static func outcomes(_ h: Double, areas: Bool = true) -> [(
    weight: Double, increments: [Double], areas: [Double]
  )] {
    let points = [(1.0 / 6, -(3 * h).squareRoot()), (2.0 / 3, 0), (1.0 / 6, (3 * h).squareRoot())]
    let signs = areas ? [(0.5, -h / 2), (0.5, h / 2)] : [(1.0, 0.0)]
    return points.flatMap { p in points.flatMap { q in signs.map { (p.0 * q.0 * $0.0, [p.1, q.1], [$0.1]) } } }
  }

  /// E X and E XXᵀ of a linear equation, exactly as a scheme computes them on those outcomes.
  private func moments(of scheme: ItoScheme, _ process: LinearSystem, from initial: [Double], steps: Int, areas: Bool)
    -> [Double]
  {
    var step = ItoStep(process, scheme: scheme)
    let h = 1 / Double(steps)
    var mean = initial
    var square = [
      initial[0] * initial[0], initial[0] * initial[1], initial[0] * initial[1], initial[1] * initial[1],
    ]
    for k in 0..<steps {
      var (newMean, newSquare) = ([0.0, 0], [0.0, 0, 0, 0])
      for outcome in Self.outcomes(h, areas: areas) {
        // A step is a matrix, whose columns are the images of the unit vectors.
        let m = [[1.0, 0], [0, 1]].flatMap { unit in
          var state = unit
          step.advance(
            &state, at: Double(k) * h, by: h, increments: outcome.increments, areas: outcome.areas)
          return state
        }
        for i in 0..<2 { newMean[i] += outcome.weight * (m[i] * mean[0] + m[2 + i] * mean[1]) }
        for entry in 0..<4 {
          let (i, j) = (entry % 2, entry / 2)
          for p in 0..<2 {
            for q in 0..<2 { newSquare[entry] += outcome.weight * m[2 * p + i] * square[2 * q + p] * m[2 * q + j] }
          }
        }
      }
      (mean, square) = (newMean, newSquare)
    }
    return mean + square
  }

  /// The bias of every moment of a linear equation against the exact moment, noises not commuting, no sampling.
  @Test(arguments: [
    (ItoScheme.eulerMaruyama, true, 1.0), (.platen, true, 1), (.heun, true, 1), (.weakOrderTwo, true, 2),
    // Without areas the second moments are wrong by h² a step.
    (.weakOrderTwo, false, 1),
  ])
  func biasOfMoments(scheme: ItoScheme, areas: Bool, order: Double) {
    let process = LinearSystem.general
    let exact = process.moments(initial: [1, 0.5], at: 1)
    let levels = Array(4...8)
    let biases = levels.map { level in
      zip(moments(of: scheme, process, from: [1, 0.5], steps: 1 << level, areas: areas), exact).map { $0 - $1 }
    }
    let x = levels.map { -Double($0) }
    let second = slope(x, biases.map { log2(abs($0[2]) + abs($0[3]) + abs($0[5])) })
    #expect(abs(second - order) < 0.06, "\(biases)")
    let first = slope(x, biases.map { log2(abs($0[0]) + abs($0[1])) })
    #expect(abs(first - (scheme == .weakOrderTwo ? 2 : order)) < 0.06, "\(biases)")
  }

  /// The weak local error of a nonlinear equation, without sampling: E f after a step less E f after its halves goes like
  /// h^{order + 1}.
  private func localOrder<Process: ItoProcess>(_ process: Process, _ scheme: ItoScheme, from initial: [Double])
    -> Double
  {
    var step = ItoStep(process, scheme: scheme)
    func f(_ x: [Double]) -> Double {
      let sum = x.enumerated().reduce(0) { $0 + $1.element / Double($1.offset + 1) }
      return exp(0.5 * sum) + cos(x[0]) * x[x.count - 1]
    }
    let levels = Array(8...11)
    let differences = levels.map { level in
      let h = 1 / Double(1 << level)
      var sum = 0.0
      for outcome in Self.outcomes(h) {
        var state = initial
        step.advance(&state, at: 0, by: h, increments: outcome.increments, areas: outcome.areas)
        sum += outcome.weight * (f(state) - f(initial))
      }
      for first in Self.outcomes(h / 2) {
        var middle = initial
        step.advance(&middle, at: 0, by: h / 2, increments: first.increments, areas: first.areas)
        for second in Self.outcomes(h / 2) {
          var state = middle
          step.advance(&state, at: h / 2, by: h / 2, increments: second.increments, areas: second.areas)
          sum -= first.weight * second.weight * (f(state) - f(initial))
        }
      }
      return log2(abs(sum))
    }
    return slope(levels.map { -Double($0) }, differences) - 1
  }

  @Test(arguments: [ItoScheme.eulerMaruyama, .platen, .heun, .weakOrderTwo])
  func weakLocalError(scheme: ItoScheme) throws {
    let order = try #require(scheme.weakOrder(for: .general))
    // The next term is O(√h) relative for the scheme that takes a difference over √h.
    #expect(abs(localOrder(BentHeisenberg(), scheme, from: [0.2, -0.1, 0.3]) - order) < 0.1)
    #expect(abs(localOrder(VectorStratonovichProcess(BentPlane()), scheme, from: [0.3, 0.1]) - order) < 0.1)
    #expect(abs(localOrder(DiagonalSystem(), scheme, from: [0.5, 0.2]) - order) < 0.1)
    let additive = try #require(scheme.weakOrder(for: .general, additive: true))
    #expect(abs(localOrder(AdditiveSystem(noiseStructure: .general), scheme, from: [0.3, 0.2]) - additive) < 0.1)
  }
}
