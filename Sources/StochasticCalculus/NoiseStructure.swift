// The forms of noise of vector equations: which schemes take them, to what orders, and whether a process is what it says.

/// The form of a diffusion matrix B, shape [d, r].
public enum NoiseStructure: String, CaseIterable, Sendable {
  /// B is diagonal, and each entry depends on its own coordinate only.
  case diagonal
  /// B is written out in full, and its columns commute as vector fields: (∂bₖ/∂x) bⱼ = (∂bⱼ/∂x) bₖ. Schemes of strong
  /// order 1 then need no Lévy areas.
  case commutative
  /// B is written out in full.
  case general
  /// B is a factor the process applies to r increments itself, such as √η Ω of a gradient noise ΩΩᵀ.
  case lowRankFactor

  /// Whether a process writes all of B.
  @inlinable var isFull: Bool { self == .commutative || self == .general }
}

extension ItoScheme {
  /// Whether it is there for a vector equation with such a noise.
  ///
  /// Milstein's takes diagonal noise, of which derivatives are known. A low-rank factor is never looked at column by
  /// column, so only Euler's and Maruyama's takes it unless it is additive.
  ///
  /// - Parameters:
  ///   - noise: the form of B.
  ///   - additive: whether B does not depend on the state.
  public func takes(_ noise: NoiseStructure, additive: Bool = false) -> Bool {
    switch self {
    case .eulerMaruyama: true
    case .milstein: noise == .diagonal
    case .platen, .heun, .weakOrderTwo: noise != .lowRankFactor || additive
    }
  }

  /// The order of E|X_h(T) − X(T)| in the step, for smooth coefficients; `nil` if it does not take the noise.
  ///
  /// - Source: Kloeden, Platen 1992, §10.2, §10.3, §11.1; Rümelin 1982.
  public func strongOrder(for noise: NoiseStructure, additive: Bool = false) -> Double? {
    guard takes(noise, additive: additive) else { return nil }
    if additive { return 1 }
    switch self {
    case .eulerMaruyama: return 0.5
    case .milstein, .platen: return 1
    case .heun, .weakOrderTwo: return noise == .general ? 0.5 : 1
    }
  }

  /// The order of E f(X_h(T)) − E f(X(T)) in the step, for smooth coefficients and f; `nil` if it does not take the
  /// noise.
  ///
  /// - Source: Kloeden, Platen 1992, §14.1, §15.1.
  public func weakOrder(for noise: NoiseStructure, additive: Bool = false) -> Double? {
    guard takes(noise, additive: additive) else { return nil }
    return self == .weakOrderTwo || self == .heun && additive ? 2 : 1
  }
}

/// The two columns of a diffusion matrix that commute least.
public struct NoiseBracket: Sendable, Equatable {
  /// j < k.
  public let first: Int
  /// k.
  public let second: Int
  /// ‖(∂bₖ/∂x) bⱼ − (∂bⱼ/∂x) bₖ‖ over the larger of the two, or over ‖bⱼ‖ ‖bₖ‖/max(1, ‖x‖) if that is larger; maximum
  /// norms, dimensionless.
  public let size: Double

  /// What central differences leave of a bracket that vanishes is 10⁻⁹ at most, for derivatives of order 1.
  public var vanishes: Bool { size <= 1e-6 }
}

extension ItoProcess {
  /// The largest Lie bracket of two columns of B at a point, by central differences along the columns.
  ///
  /// - Accuracy: differences over 6e-6 max(1, ‖x‖).
  /// - Parameters:
  ///   - t: time.
  ///   - x: shape [d].
  /// - Returns: `nil` unless B is written in full and has two columns at least; one that is not finite has size ∞.
  public func largestNoiseBracket(at t: Double, _ x: [Double]) -> NoiseBracket? {
    let (d, r) = (stateDimension, noiseDimension)
    guard noiseStructure.isFull, r > 1 else { return nil }
    let columns = diffusionMatrix(at: t, x)
    func column(_ j: Int, of b: [Double]) -> ArraySlice<Double> { b[(j * d)..<((j + 1) * d)] }
    // A maximum passes NaN by.
    func norm(_ x: some Collection<Double>) -> Double {
      x.contains(where: \.isNaN) ? .nan : x.reduce(0) { max($0, abs($1)) }
    }
    let length = max(1, norm(x))
    let sizes = (0..<r).map { norm(column($0, of: columns)) }
    // derivatives[j] is ∂B/∂x bⱼ, of B's shape.
    let derivatives = (0..<r).map { j in
      guard sizes[j] != 0 else { return [Double](repeating: 0, count: d * r) }
      let step = centralDifferenceStep * length / sizes[j]
      let up = diffusionMatrix(at: t, zip(x, column(j, of: columns)).map { $0 + step * $1 })
      let down = diffusionMatrix(at: t, zip(x, column(j, of: columns)).map { $0 - step * $1 })
      return zip(up, down).map { ($0 - $1) / (2 * step) }
    }
    var largest = NoiseBracket(first: 0, second: 1, size: 0)
    for j in 0..<(r - 1) {
      for k in (j + 1)..<r {
        let (first, second) = (column(k, of: derivatives[j]), column(j, of: derivatives[k]))
        let differences = zip(first, second).map { $0 - $1 }
        let scale = max(sizes[j] * sizes[k] / length, norm(first), norm(second))
        let size = differences.allSatisfy { $0 == 0 } ? 0 : norm(differences) / scale
        guard size.isFinite else { return NoiseBracket(first: j, second: k, size: .infinity) }
        if size > largest.size { largest = NoiseBracket(first: j, second: k, size: size) }
      }
    }
    return largest
  }

  /// Refuses a scheme that cannot take the noise, and a process that claims at a point what its noise is not there.
  ///
  /// - Throws: ``SimulationError`` naming what does not fit.
  func validateNoise(for scheme: ItoScheme, at t: Double, _ x: [Double]) throws(SimulationError) {
    if noiseStructure == .diagonal && noiseDimension != stateDimension {
      throw .wrongLength(field: "diagonal noise", expected: stateDimension, actual: noiseDimension)
    }
    guard scheme.takes(noiseStructure, additive: hasAdditiveNoise) else {
      throw .schemeCannotTakeNoise(scheme: scheme, noise: noiseStructure, additive: hasAdditiveNoise)
    }
    if hasAdditiveNoise {
      // The same computation, so that a B without x in it has the same bits.
      let moved = x.map { $0 + 1e-3 * max(1, abs($0)) }
      guard unitNoise(at: t, x) == unitNoise(at: t, moved) else { throw .noiseNotAdditive }
    } else if noiseStructure == .commutative, let bracket = largestNoiseBracket(at: t, x), !bracket.vanishes {
      throw .noiseNotCommutative(bracket)
    }
  }

  private func diffusionMatrix(at t: Double, _ x: [Double]) -> [Double] {
    var b = [Double](repeating: 0, count: noiseStructure == .diagonal ? x.count : x.count * noiseDimension)
    var span = b.mutableSpan
    diffusion(at: t, x.span, into: &span)
    return b
  }

  /// B, or B times the increment 1, ½, ⅓, … for a factor that is not written out.
  private func unitNoise(at t: Double, _ x: [Double]) -> [Double] {
    guard noiseStructure == .lowRankFactor else { return diffusionMatrix(at: t, x) }
    let increment = (0..<noiseDimension).map { 1 / Double($0 + 1) }
    var y = [Double](repeating: 0, count: x.count)
    var span = y.mutableSpan
    addNoise(at: t, x.span, increment.span, to: &span)
    return y
  }
}

/// The cube root of the rounding unit, where truncation and rounding of a central difference balance.
let centralDifferenceStep = 6.055454452393343e-06
