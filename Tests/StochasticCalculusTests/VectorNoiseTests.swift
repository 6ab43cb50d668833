// What a process says of its noise, what follows for the schemes, and the two calculi's drifts.

import Glibc
import RandomStreams
import StochasticCalculus
import Testing

@Suite struct VectorNoiseTests {
  private func ensemble<Process: ItoProcess>(
    _ process: Process, _ scheme: ItoScheme, from initial: [Double], paths: Int = 1, steps: Int = 8
  ) throws -> VectorEnsemble<Process> {
    let grid = try UniformTimeGrid(end: 1, steps: steps)
    return try VectorEnsemble(process, from: initial, paths: paths, on: grid, scheme: scheme, stream: "noise", seed: 1)
  }

  private func apply(_ count: Int, _ write: (inout MutableSpan<Double>) -> Void) -> [Double] {
    var values = [Double](repeating: .nan, count: count)
    var span = values.mutableSpan
    write(&span)
    return values
  }

  // MARK: Commuting noises

  @Test func bracketsAreFound() throws {
    let bracket = try #require(Heisenberg().largestNoiseBracket(at: 0, [0, 0, 0]))
    #expect((bracket.first, bracket.second) == (0, 1))
    #expect(abs(bracket.size - 2) < 1e-9 && !bracket.vanishes)
    let commuting = try #require(MixedGeometric().largestNoiseBracket(at: 0, [1, 2]))
    #expect(commuting.vanishes && commuting.size < 1e-9)
    #expect(try #require(BentPlane().largestNoiseBracket(at: 0, [30, -2])).size < 1e-9)
    #expect(DiagonalSystem().largestNoiseBracket(at: 0, [0, 0]) == nil)
    // A bracket that is small but there.
    let nearly = LinearSystem(matrix: [0, 0, 0, 0], noises: [[1, 0, 0, 1.0001], [0, 1, 1, 0]])
    #expect(!(try #require(nearly.largestNoiseBracket(at: 0, [1, 1])).vanishes))
    // Nor does a weak noise hide behind a strong one, or a NaN behind a maximum.
    let uneven = LinearSystem(matrix: [0, 0, 0, 0], noises: [[1e4, 0, 0, -1e4], [0, 1e-4, 1e-4, 0]])
    #expect(!(try #require(uneven.largestNoiseBracket(at: 0, [1, 1])).vanishes))
    #expect(try #require(BentPlane().largestNoiseBracket(at: 0, [.nan, 0])).size == .infinity)
  }

  @Test func wrongClaimsAreRefused() throws {
    for scheme in [ItoScheme.eulerMaruyama, .platen, .heun, .weakOrderTwo] {
      let error = #expect(throws: SimulationError.self) {
        try ensemble(Heisenberg(noiseStructure: .commutative), scheme, from: [0, 0, 0])
      }
      guard case .noiseNotCommutative(let bracket) = error else {
        Issue.record("\(error as Any)")
        return
      }
      #expect(bracket.second == 1)
      #expect(try #require(error).description.contains("declare the structure general"))
      _ = try ensemble(BentPlane(), scheme, from: [0, 0])
      #expect(throws: SimulationError.noiseNotAdditive) {
        try ensemble(FalselyAdditive(noiseStructure: .general), scheme, from: [1, 1])
      }
      #expect(throws: SimulationError.noiseNotAdditive) {
        try ensemble(FalselyAdditive(noiseStructure: .lowRankFactor), scheme, from: [1, 1])
      }
    }
  }

  @Test func schemesRefuseNoiseTheyCannotTake() throws {
    for noise in NoiseStructure.allCases {
      for scheme in ItoScheme.allCases {
        let process = MultiplicativeFactor(noiseStructure: noise)
        if scheme.takes(noise) {
          _ = try ensemble(process, scheme, from: [1])
          #expect(scheme.strongOrder(for: noise) != nil && scheme.weakOrder(for: noise) != nil)
        } else {
          let error = SimulationError.schemeCannotTakeNoise(scheme: scheme, noise: noise, additive: false)
          #expect(throws: error) { try ensemble(process, scheme, from: [1]) }
          #expect(scheme.strongOrder(for: noise) == nil && scheme.weakOrder(for: noise) == nil)
          #expect(
            error.description.contains("scheme is \(scheme.rawValue)") && error.description.contains("eulerMaruyama"))
        }
      }
    }
    // What an additive factor is offered is what it takes.
    let factor = AdditiveSystem(noiseStructure: .lowRankFactor)
    let error = #expect(throws: SimulationError.self) { try ensemble(factor, .milstein, from: [0, 0]) }
    #expect(try #require(error).description.hasSuffix("use eulerMaruyama, platen, heun, weakOrderTwo"))
    #expect(throws: SimulationError.wrongLength(field: "diagonal noise", expected: 2, actual: 1)) {
      try ensemble(FalselyAdditive(noiseStructure: .diagonal), .platen, from: [0, 0])
    }
    #expect(!ItoScheme.platen.takes(.lowRankFactor) && ItoScheme.platen.takes(.lowRankFactor, additive: true))
    #expect(!ItoScheme.milstein.takes(.commutative))
  }

  /// Additive noise is the same in whatever form it is written.
  @Test(arguments: [ItoScheme.eulerMaruyama, .platen, .heun, .weakOrderTwo])
  func additiveNoiseInEveryForm(scheme: ItoScheme) throws {
    let states = try [NoiseStructure.general, .commutative, .lowRankFactor].map {
      try ensemble(AdditiveSystem(noiseStructure: $0), scheme, from: [0.3, 0.2], paths: 5).terminalStates().states
    }
    for other in states[1...] {
      for (a, b) in zip(states[0], other) { #expect(abs(a - b) < 1e-14) }
    }
  }

  /// The mean of a linear equation goes by the polynomial of the scheme's order.
  @Test func lowRankFactorsTakeWeakOrderTwo() throws {
    let process = try MatrixLinearSDE(
      rows: 1, columns: 2, curvature: .entrywise([1, 2]), equilibrium: [0, 0], learningRate: 0, noiseFactor: [1, 1])
    for scheme in [ItoScheme.heun, .weakOrderTwo] {
      let states = try ensemble(process, scheme, from: [1, 1]).terminalStates().states
      for (state, rate) in zip(states, [1.0, 2]) {
        let q = rate / 8
        #expect(abs(state - pow(1 - q + q * q / 2, 8)) < 1e-15)
      }
    }
  }

  // MARK: Ensembles

  @Test(arguments: [ItoScheme.platen, .weakOrderTwo, .heun])
  func noBitDependsOnThreads(scheme: ItoScheme) throws {
    let ensemble = try ensemble(BentHeisenberg(), scheme, from: [0.1, 0.2, 0.3], paths: 201)
    let states = try [1, 2, 3].map { try ensemble.terminalStates(threads: $0).states }
    #expect(states[1] == states[0] && states[2] == states[0])
    // Nor on the size of the ensemble.
    let few = try self.ensemble(BentHeisenberg(), scheme, from: [0.1, 0.2, 0.3], paths: 3)
    #expect(try few.terminalStates().states == Array(states[0][..<9]))
    #expect(Set(states[0]).count == 603)
  }

  /// Every scheme sees the same Brownian increments, whatever else it draws.
  @Test func incrementsAreThoseOfEveryScheme() throws {
    let reference = try ensemble(Heisenberg(), .eulerMaruyama, from: [0, 0, 0], paths: 20).terminalStates().states
    for scheme in [ItoScheme.platen, .heun, .weakOrderTwo] {
      let states = try ensemble(Heisenberg(), scheme, from: [0, 0, 0], paths: 20).terminalStates().states
      for path in 0..<20 {
        for i in 0..<2 { #expect(abs(states[3 * path + i] - reference[3 * path + i]) < 1e-14) }
      }
      // Heun's scheme makes chords' areas, as Euler's and Maruyama's does, and the others add what lies between.
      #expect((states[2] != reference[2]) == (scheme != .heun) || abs(states[2] - reference[2]) < 1e-14)
    }
  }

  /// With areas X₃ has its variance T² and its characteristic function 1/cosh at two steps; without, it has T² (1 − h).
  @Test func areasHaveTheirLawInEnsembles() throws {
    func third(_ scheme: ItoScheme) throws -> [Double] {
      let states = try ensemble(Heisenberg(), scheme, from: [0, 0, 0], paths: 40_000, steps: 2)
        .terminalStates(threads: 2).states
      return (0..<40_000).map { states[3 * $0 + 2] }
    }
    func square(_ values: [Double]) -> RunningMoments { RunningMoments(values.map { $0 * $0 }) }
    let areas = try third(.platen)
    #expect(abs(square(areas).mean - 1) < normalLimit * square(areas).standardErrorOfMean)
    for u in [1.0, 3] {
      let wave = RunningMoments(areas.map { cos(u * $0) })
      #expect(abs(wave.mean - 1 / cosh(u)) < normalLimit * wave.standardErrorOfMean)
    }
    let signs = square(try third(.weakOrderTwo))
    #expect(abs(signs.mean - 1) < normalLimit * signs.standardErrorOfMean)
    let chords = square(try third(.eulerMaruyama))
    #expect(abs(chords.mean - 0.5) < normalLimit * chords.standardErrorOfMean)
    #expect(abs(chords.mean - 1) > normalLimit * chords.standardErrorOfMean)
  }

  // MARK: Two calculi

  @Test func driftsAreConverted() {
    // ½ Σ Bⱼ² X, by central differences.
    let linear = LinearSystem.general
    let x = [1.5, -0.7]
    let c = apply(2) { linear.noiseInducedDrift(at: 1, x.span, into: &$0) }
    let exact = (0..<2).map { i in
      linear.noises.reduce(0) { sum, b in
        let y = [b[0] * x[0] + b[2] * x[1], b[1] * x[0] + b[3] * x[1]]
        return sum + 1.5 * 1.5 * (b[i] * y[0] + b[2 + i] * y[1]) / 2
      }
    }
    for i in 0..<2 { #expect(abs(c[i] - exact[i]) < 1e-9) }
    let a = apply(2) { linear.drift(at: 1, x.span, into: &$0) }
    let converted = apply(2) { linear.stratonovichDrift(at: 1, x.span, into: &$0) }
    for i in 0..<2 { #expect(converted[i] == a[i] - c[i]) }

    // The wrapper is the way back, and its own Stratonovich drift the one it was given.
    let wrapped = VectorStratonovichProcess(linear)
    let ito = apply(2) { wrapped.drift(at: 1, x.span, into: &$0) }
    for i in 0..<2 { #expect(ito[i] == a[i] + c[i]) }
    #expect(apply(2) { wrapped.stratonovichDrift(at: 1, x.span, into: &$0) } == a)

    // ½ b b′ for a diagonal.
    let diagonal = apply(2) { DiagonalSystem().noiseInducedDrift(at: 0.5, x.span, into: &$0) }
    for i in 0..<2 { #expect(abs(diagonal[i] - sin(2 * (x[i] + Double(i) + 0.5)) / 4) < 1e-9) }
    // Nothing for additive noise, low-rank factors included.
    #expect(
      apply(2) { AdditiveSystem(noiseStructure: .lowRankFactor).noiseInducedDrift(at: 0, x.span, into: &$0) } == [0, 0])
  }
}

/// dX = X dW in one dimension, in every form.
private struct MultiplicativeFactor: ItoProcess {
  var noiseStructure: NoiseStructure
  var stateDimension: Int { 1 }
  var noiseDimension: Int { 1 }
  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) { a[0] = 0 }
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) { b[0] = x[0] }
  func addNoise(at t: Double, _ x: Span<Double>, _ increment: Span<Double>, to y: inout MutableSpan<Double>) {
    y[0] += x[0] * increment[0]
  }
}

/// Noise that grows with the state and says it does not.
private struct FalselyAdditive: ItoProcess {
  var noiseStructure: NoiseStructure
  var stateDimension: Int { 2 }
  var noiseDimension: Int { 1 }
  var hasAdditiveNoise: Bool { true }
  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) { (a[0], a[1]) = (0, 0) }
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) { (b[0], b[1]) = (1, x[0]) }
  func addNoise(at t: Double, _ x: Span<Double>, _ increment: Span<Double>, to y: inout MutableSpan<Double>) {
    y[1] += x[0] * increment[0]
  }
}
