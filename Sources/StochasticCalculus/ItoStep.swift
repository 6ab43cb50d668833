// A step of a scheme for a vector equation, with the buffers it needs: a step allocates nothing.

/// A step of a scheme for a vector equation.
public struct ItoStep<Process: ItoProcess>: Sendable {
  public let process: Process
  public let scheme: ItoScheme
  /// Shape [d] each.
  @usableFromInline var drift: [Double]
  @usableFromInline var secondDrift: [Double]
  @usableFromInline var stage: [Double]
  @usableFromInline var next: [Double]
  /// B at the start, and at two stages; the length of each depends on the form of the noise.
  @usableFromInline var diffusion: [Double]
  @usableFromInline var up: [Double]
  @usableFromInline var down: [Double]

  /// What a step must be told of the noises' areas.
  public enum Areas: Sendable {
    /// Nothing: noises commute, or the scheme does not look at areas.
    case none
    /// Their mean and variance.
    case moments
    /// Their law, given the increments.
    case law
  }

  /// - Parameters:
  ///   - process: the equation.
  ///   - scheme: one that takes its noise.
  public init(_ process: Process, scheme: ItoScheme) {
    let (d, noise) = (process.stateDimension, process.noiseStructure)
    precondition(d >= 1 && process.noiseDimension >= 1, "an equation has at least one dimension and one noise")
    precondition(
      noise != .diagonal || process.noiseDimension == d, "diagonal noise has as many dimensions as the state")
    precondition(scheme.takes(noise, additive: process.hasAdditiveNoise), "\(scheme) does not take \(noise) noise")
    self.process = process
    self.scheme = scheme
    let vector = [Double](repeating: 0, count: d)
    (drift, secondDrift, stage, next) = (vector, vector, vector, vector)
    let count = noise == .lowRankFactor ? 0 : noise == .diagonal ? d : d * process.noiseDimension
    diffusion = [Double](repeating: 0, count: count)
    (up, down) = (diffusion, diffusion)
  }

  /// What ``advance(_:at:by:increments:areas:)`` needs besides increments.
  public var neededAreas: Areas {
    let commutes = process.noiseStructure != .general || process.noiseDimension == 1 || process.hasAdditiveNoise
    guard !commutes else { return .none }
    return scheme == .platen ? .law : scheme == .weakOrderTwo ? .moments : .none
  }

  /// Advances a state by a step.
  ///
  /// - Parameters:
  ///   - state: X(t), shape [d].
  ///   - t: the start of the step.
  ///   - h: its length.
  ///   - increments: ΔW, shape [r], variance h; for weak order 2 also variables with the first five moments of ΔW.
  ///   - areas: packed as by ``LevyArea``, shape [r (r − 1)/2]; read as ``neededAreas`` says.
  @inlinable
  public mutating func advance(
    _ state: inout [Double], at t: Double, by h: Double, increments: [Double], areas: [Double] = []
  ) {
    precondition(state.count == drift.count, "a state has the dimension of its equation")
    precondition(increments.count == process.noiseDimension, "a step needs an increment for each noise")
    precondition(
      neededAreas == .none || areas.count == increments.count * (increments.count - 1) / 2,
      "a step needs an area for each pair of noises")
    let isAdditive = process.hasAdditiveNoise
    let isDiagonal = process.noiseStructure == .diagonal
    switch scheme {
    case .eulerMaruyama: eulerMaruyama(&state, t, h, increments)
    // Derivatives of a B without x in it vanish, and what remains of weak order 2 is Heun's step.
    case .milstein where isAdditive, .platen where isAdditive: eulerMaruyama(&state, t, h, increments)
    case .weakOrderTwo where isAdditive: heun(&state, t, h, increments)
    case .milstein: milstein(&state, t, h, increments)
    case .platen where isDiagonal: diagonalPlaten(&state, t, h, increments)
    case .weakOrderTwo where isDiagonal: diagonalWeakOrderTwo(&state, t, h, increments)
    case .platen: platen(&state, t, h, increments, neededAreas == .none ? [] : areas)
    case .weakOrderTwo: weakOrderTwo(&state, t, h, increments, neededAreas == .none ? [] : areas)
    case .heun: heun(&state, t, h, increments)
    }
  }

  @inlinable
  mutating func writeCoefficients(_ t: Double, _ state: [Double]) {
    process.drift(t, state, to: &drift)
    guard process.noiseStructure != .lowRankFactor else { return }
    process.diffusion(t, state, to: &diffusion)
  }

  @inlinable
  mutating func eulerMaruyama(_ state: inout [Double], _ t: Double, _ h: Double, _ increments: [Double]) {
    let d = state.count
    writeCoefficients(t, state)
    switch process.noiseStructure {
    case .diagonal:
      for i in 0..<d { state[i] += drift[i] * h + diffusion[i] * increments[i] }
    case .commutative, .general:
      for i in 0..<d { state[i] += drift[i] * h }
      for j in increments.indices {
        for i in 0..<d { state[i] += diffusion[j * d + i] * increments[j] }
      }
    case .lowRankFactor:
      // The factor may depend on the state, so the sum is made beside it.
      for i in 0..<d { next[i] = state[i] + drift[i] * h }
      process.addNoise(t, state, increments, &diffusion, to: &next)
      swap(&state, &next)
    }
  }

  @inlinable
  mutating func milstein(_ state: inout [Double], _ t: Double, _ h: Double, _ increments: [Double]) {
    writeCoefficients(t, state)
    process.diffusionDerivative(t, state, to: &up)
    for i in state.indices {
      let square = increments[i] * increments[i] - h
      state[i] += drift[i] * h + diffusion[i] * increments[i] + 0.5 * diffusion[i] * up[i] * square
    }
  }

  @inlinable
  mutating func diagonalPlaten(_ state: inout [Double], _ t: Double, _ h: Double, _ increments: [Double]) {
    writeCoefficients(t, state)
    let root = h.squareRoot()
    for i in state.indices { stage[i] = state[i] + drift[i] * h + diffusion[i] * root }
    process.diffusion(t, stage, to: &up)
    for i in state.indices {
      let square = increments[i] * increments[i] - h
      state[i] += drift[i] * h + diffusion[i] * increments[i] + (up[i] - diffusion[i]) * square / (2 * root)
    }
  }

  /// X + a h + B ΔW + Σⱼₖ (bₖ(X + a h + bⱼ √h) − bₖ(X)) Iⱼₖ/√h.
  @inlinable
  mutating func platen(
    _ state: inout [Double], _ t: Double, _ h: Double, _ increments: [Double], _ areas: [Double]
  ) {
    let (d, r) = (state.count, increments.count)
    writeCoefficients(t, state)
    let root = h.squareRoot()
    for i in 0..<d { state[i] += drift[i] * h }
    for i in 0..<d { next[i] = state[i] }
    for j in 0..<r {
      for i in 0..<d {
        let b = diffusion[j * d + i]
        stage[i] = state[i] + b * root
        next[i] += b * increments[j]
      }
      process.diffusion(t, stage, to: &up)
      for k in 0..<r {
        let weight = iteratedIntegral(j, k, h, increments, areas) / root
        for i in 0..<d { next[i] += (up[k * d + i] - diffusion[k * d + i]) * weight }
      }
    }
    swap(&state, &next)
  }

  @inlinable
  mutating func diagonalWeakOrderTwo(_ state: inout [Double], _ t: Double, _ h: Double, _ increments: [Double]) {
    writeCoefficients(t, state)
    writeSecondDrift(t, state, h, increments)
    writeDiffusions(t, state, ahead: h, along: 0, h.squareRoot())
    for i in state.indices {
      let w = increments[i]
      state[i] +=
        (drift[i] + secondDrift[i]) * h / 2 + (up[i] + down[i] + 2 * diffusion[i]) * w / 4
        + (up[i] - down[i]) * (w * w - h) / (4 * h.squareRoot())
    }
  }

  /// X + ½ (a + a(X + a h + B ΔW)) h + B ΔW + ¼ Σⱼₖ [(bₖ⁺ + bₖ⁻ − 2 bₖ) ΔWₖ + 2 (bₖ⁺ − bₖ⁻) Iⱼₖ/√h], with bₖ± at
  /// X + a h ± bⱼ √h for k = j, and at X ± bⱼ √h for k ≠ j.
  @inlinable
  mutating func weakOrderTwo(
    _ state: inout [Double], _ t: Double, _ h: Double, _ increments: [Double], _ areas: [Double]
  ) {
    let (d, r) = (state.count, increments.count)
    writeCoefficients(t, state)
    writeSecondDrift(t, state, h, increments)
    for i in 0..<d { next[i] = state[i] + (drift[i] + secondDrift[i]) * h / 2 }
    for j in 0..<r {
      for i in 0..<d { next[i] += diffusion[j * d + i] * increments[j] }
      writeDiffusions(t, state, ahead: h, along: j, h.squareRoot())
      addDifferences(of: j, along: j, h, increments, areas)
      guard r > 1 else { continue }
      writeDiffusions(t, state, ahead: 0, along: j, h.squareRoot())
      for k in 0..<r where k != j { addDifferences(of: k, along: j, h, increments, areas) }
    }
    swap(&state, &next)
  }

  @inlinable
  mutating func addDifferences(of k: Int, along j: Int, _ h: Double, _ increments: [Double], _ areas: [Double]) {
    let d = next.count
    let first = iteratedIntegral(j, k, h, increments, areas) / (2 * h.squareRoot())
    let second = increments[k] / 4
    for i in 0..<d {
      let (plus, minus) = (up[k * d + i], down[k * d + i])
      next[i] += (plus + minus - 2 * diffusion[k * d + i]) * second + (plus - minus) * first
    }
  }

  /// B at (t + s, X + a s ± bⱼ √h); along its diagonal, if it is diagonal, for j = 0.
  @inlinable
  mutating func writeDiffusions(_ t: Double, _ state: [Double], ahead s: Double, along j: Int, _ root: Double) {
    let offset = j * state.count
    for i in state.indices { stage[i] = state[i] + drift[i] * s + diffusion[offset + i] * root }
    process.diffusion(t + s, stage, to: &up)
    for i in state.indices { stage[i] = state[i] + drift[i] * s - diffusion[offset + i] * root }
    process.diffusion(t + s, stage, to: &down)
  }

  /// a(t + h, X + a h + B ΔW).
  @inlinable
  mutating func writeSecondDrift(_ t: Double, _ state: [Double], _ h: Double, _ increments: [Double]) {
    for i in state.indices { stage[i] = state[i] + drift[i] * h }
    process.addProduct(of: diffusion, increments, to: &stage)
    process.drift(t + h, stage, to: &secondDrift)
  }

  /// X + ½ (ā + ā(X̂)) h + ½ (B + B(X̂)) ΔW with X̂ = X + ā h + B ΔW, ā the drift of the equal Stratonovich equation.
  @inlinable
  mutating func heun(_ state: inout [Double], _ t: Double, _ h: Double, _ increments: [Double]) {
    process.stratonovichDrift(t, state, to: &drift)
    for i in state.indices { next[i] = 0 }
    process.addNoise(t, state, increments, &diffusion, to: &next)
    for i in state.indices {
      stage[i] = state[i] + drift[i] * h + next[i]
      next[i] = state[i] + (drift[i] * h + next[i]) / 2
    }
    process.stratonovichDrift(t + h, stage, to: &secondDrift)
    for i in state.indices { drift[i] = 0 }
    process.addNoise(t + h, stage, increments, &diffusion, to: &drift)
    for i in state.indices { state[i] = next[i] + (secondDrift[i] * h + drift[i]) / 2 }
  }
}

// Arrays in, arrays out: a span of a property would hold all of the step.
extension ItoProcess {
  @inlinable
  func drift(_ t: Double, _ x: [Double], to a: inout [Double]) {
    var span = a.mutableSpan
    drift(at: t, x.span, into: &span)
  }

  @inlinable
  func stratonovichDrift(_ t: Double, _ x: [Double], to a: inout [Double]) {
    var span = a.mutableSpan
    stratonovichDrift(at: t, x.span, into: &span)
  }

  @inlinable
  func diffusion(_ t: Double, _ x: [Double], to b: inout [Double]) {
    var span = b.mutableSpan
    diffusion(at: t, x.span, into: &span)
  }

  @inlinable
  func diffusionDerivative(_ t: Double, _ x: [Double], to slope: inout [Double]) {
    var span = slope.mutableSpan
    diffusionDerivative(at: t, x.span, into: &span)
  }

  /// Adds B(t, x) ΔW, with a buffer for B.
  @inlinable
  func addNoise(_ t: Double, _ x: [Double], _ increments: [Double], _ b: inout [Double], to y: inout [Double]) {
    guard noiseStructure != .lowRankFactor else {
      var sum = y.mutableSpan
      return addNoise(at: t, x.span, increments.span, to: &sum)
    }
    diffusion(t, x, to: &b)
    addProduct(of: b, increments, to: &y)
  }

  /// Adds B ΔW to a vector.
  @inlinable
  func addProduct(of b: [Double], _ increments: [Double], to y: inout [Double]) {
    let d = y.count
    if noiseStructure == .diagonal {
      for i in 0..<d { y[i] += b[i] * increments[i] }
    } else {
      for j in increments.indices {
        for i in 0..<d { y[i] += b[j * d + i] * increments[j] }
      }
    }
  }
}

/// ∫∫ dWⱼ dWₖ over a step, the inner integral Wⱼ's; areas are zero if there are none.
@inlinable
func iteratedIntegral(_ j: Int, _ k: Int, _ h: Double, _ increments: [Double], _ areas: [Double]) -> Double {
  let symmetric = (increments[j] * increments[k] - (j == k ? h : 0)) / 2
  guard j != k, !areas.isEmpty else { return symmetric }
  let (low, high) = (min(j, k), max(j, k))
  let area = areas[low * (2 * increments.count - low - 1) / 2 + high - low - 1]
  return j < k ? symmetric + area : symmetric - area
}
