// Vector equations whose noise commutes, and such whose noise does not, with what is known of them.

import Glibc
import StochasticCalculus

/// dX = g(t) A X dt + g(t) Σⱼ Bⱼ X dWⱼ in the plane, g(t) = 1 + growth t; linear, so that its moments are known.
struct LinearSystem: ItoProcess {
  /// Column-major.
  let matrix: [Double]
  let noises: [[Double]]
  var growth = 0.0
  var noiseStructure = NoiseStructure.general

  var stateDimension: Int { 2 }
  var noiseDimension: Int { noises.count }

  /// B₁ and B₂ do not commute.
  static let general = LinearSystem(
    matrix: [-0.5, 0.3, 0.2, 0.1], noises: [[0.1, 0.6, -0.6, 0.2], [0.6, 0.1, 0.2, -0.5]], growth: 0.5)

  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) {
    for i in 0..<2 { a[i] = (1 + growth * t) * (matrix[i] * x[0] + matrix[2 + i] * x[1]) }
  }
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) {
    for (j, noise) in noises.enumerated() {
      for i in 0..<2 { b[2 * j + i] = (1 + growth * t) * (noise[i] * x[0] + noise[2 + i] * x[1]) }
    }
  }

  /// E X and E XXᵀ at a time, by Runge and Kutta's scheme on their linear equations: good to 1e-13 at 1.
  func moments(initial: [Double], at end: Double) -> [Double] {
    func rate(_ t: Double, _ m: [Double]) -> [Double] {
      let g = 1 + growth * t
      func times(_ a: [Double], _ x: [Double]) -> [Double] { [a[0] * x[0] + a[2] * x[1], a[1] * x[0] + a[3] * x[1]] }
      func transposed(_ a: [Double]) -> [Double] { [a[0], a[2], a[1], a[3]] }
      func product(_ a: [Double], _ b: [Double]) -> [Double] { times(a, Array(b[0..<2])) + times(a, Array(b[2..<4])) }
      let square = Array(m[2...])
      let half = product(matrix, square)
      var sum = zip(half, transposed(half)).map { g * ($0 + $1) }
      for noise in noises {
        let spread = product(noise, transposed(product(noise, square)))
        for i in 0..<4 { sum[i] += g * g * spread[i] }
      }
      return times(matrix, Array(m[..<2])).map { g * $0 } + sum
    }
    func plus(_ m: [Double], _ h: Double, _ k: [Double]) -> [Double] { zip(m, k).map { $0 + h * $1 } }
    var m =
      initial + [
        initial[0] * initial[0], initial[0] * initial[1], initial[0] * initial[1], initial[1] * initial[1],
      ]
    let steps = 1000
    let h = end / Double(steps)
    for step in 0..<steps {
      let t = Double(step) * h
      let k1 = rate(t, m)
      let k2 = rate(t + h / 2, plus(m, h / 2, k1))
      let k3 = rate(t + h / 2, plus(m, h / 2, k2))
      let k4 = rate(t + h, plus(m, h, k3))
      for i in m.indices { m[i] += h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]) }
    }
    return m
  }
}

/// Two geometric Brownian motions Y seen in other coordinates, X = S Y, under two noises that both of them feel.
struct MixedGeometric: ItoProcess {
  static let mixing = [1.0, 0.5, -0.3, 1]
  static let rates = [0.3, -0.2]
  /// Of Y₁ and Y₂ under each noise.
  static let volatilities = [[0.6, -0.4], [0.2, 0.7]]
  let system: LinearSystem

  init(_ structure: NoiseStructure = .commutative) {
    func conjugated(_ diagonal: [Double]) -> [Double] {
      let s = Self.mixing
      let determinant = s[0] * s[3] - s[1] * s[2]
      let inverse = [s[3], -s[1], -s[2], s[0]].map { $0 / determinant }
      return (0..<4).map { entry in
        let (i, j) = (entry % 2, entry / 2)
        return (0..<2).reduce(0) { $0 + s[2 * $1 + i] * diagonal[$1] * inverse[2 * j + $1] }
      }
    }
    system = LinearSystem(
      matrix: conjugated(Self.rates), noises: Self.volatilities.map(conjugated), noiseStructure: structure)
  }

  var stateDimension: Int { 2 }
  var noiseDimension: Int { 2 }
  var noiseStructure: NoiseStructure { system.noiseStructure }
  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) { system.drift(at: t, x, into: &a) }
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) {
    system.diffusion(at: t, x, into: &b)
  }

  /// X(t) from X(0) = S (1, 1).
  static let initial = [mixing[0] + mixing[2], mixing[1] + mixing[3]]
  static func solution(at t: Double, _ w: [Double]) -> [Double] {
    let y = (0..<2).map { k in
      let (p, q) = (volatilities[0][k], volatilities[1][k])
      return exp((rates[k] - (p * p + q * q) / 2) * t + p * w[0] + q * w[1])
    }
    return (0..<2).map { mixing[$0] * y[0] + mixing[2 + $0] * y[1] }
  }
}

/// The Stratonovich equation of X = (sinh u, v + u²/2), u = 0.6 W₁ + 0.3 W₂ and v = W₂: nonlinear, no drift, commuting noises.
struct BentPlane: ItoProcess {
  var noiseStructure = NoiseStructure.commutative
  var stateDimension: Int { 2 }
  var noiseDimension: Int { 2 }
  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) { (a[0], a[1]) = (0, 0) }
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) {
    let (slope, u) = ((1 + x[0] * x[0]).squareRoot(), asinh(x[0]))
    (b[0], b[1], b[2], b[3]) = (0.6 * slope, 0.6 * u, 0.3 * slope, 0.3 * u + 1)
  }
  static func solution(at t: Double, _ w: [Double]) -> [Double] {
    let u = 0.6 * w[0] + 0.3 * w[1]
    return [sinh(u), w[1] + u * u / 2]
  }
}

/// dXᵢ = dWᵢ and, for each pair i < j, dXᵢⱼ = Xᵢ dWⱼ − Xⱼ dWᵢ: twice their areas, packed as those are.
struct Heisenberg: ItoProcess {
  var noiseDimension = 2
  var noiseStructure = NoiseStructure.general
  var stateDimension: Int { noiseDimension * (noiseDimension + 1) / 2 }
  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) {
    for i in 0..<a.count { a[i] = 0 }
  }
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) {
    let (d, r) = (stateDimension, noiseDimension)
    for entry in 0..<b.count { b[entry] = 0 }
    var pair = r
    for i in 0..<r {
      b[i * d + i] = 1
      for j in (i + 1)..<max(r, i + 1) {
        (b[i * d + pair], b[j * d + pair]) = (-x[j], x[i])
        pair += 1
      }
    }
  }
}

/// Heisenberg's system bent: nonlinear in every coordinate, moving with time, and without commuting noises.
struct BentHeisenberg: ItoProcess {
  var noiseStructure: NoiseStructure { .general }
  var stateDimension: Int { 3 }
  var noiseDimension: Int { 2 }
  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) {
    (a[0], a[1], a[2]) = (-sin(x[0]), x[0] * cos(t) - x[1], 0.5 * cos(x[2]) + t)
  }
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) {
    (b[0], b[1], b[2]) = (0.5 + 0.25 * sin(x[1] + t), 0.2 * x[2] / (1 + x[2] * x[2]), -x[1])
    (b[3], b[4], b[5]) = (0.3 * cos(x[2]), 0.6 + 0.2 * t, x[0] + 0.3 * sin(x[2]))
  }
}

/// A nonlinear drift under noise that moves with time only, in any of the forms a process may write it in.
struct AdditiveSystem: ItoProcess {
  var noiseStructure: NoiseStructure
  var stateDimension: Int { 2 }
  var noiseDimension: Int { 2 }
  var hasAdditiveNoise: Bool { true }
  private func spread(_ t: Double) -> [Double] {
    [0.5 + t, noiseStructure == .diagonal ? 0 : 0.3, noiseStructure == .diagonal ? 0 : -0.2 * cos(t), 0.7]
  }
  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) {
    (a[0], a[1]) = (sin(x[1]) - x[0], x[0] * x[1] / (1 + x[1] * x[1]) + t)
  }
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) {
    let all = spread(t)
    if noiseStructure == .diagonal {
      (b[0], b[1]) = (all[0], all[3])
    } else {
      for i in 0..<4 { b[i] = all[i] }
    }
  }
  func addNoise(at t: Double, _ x: Span<Double>, _ increment: Span<Double>, to y: inout MutableSpan<Double>) {
    let all = spread(t)
    for i in 0..<2 { y[i] += all[i] * increment[0] + all[2 + i] * increment[1] }
  }
}

/// dXᵢ = −Xᵢ dt + sin(Xᵢ + i) dWᵢ, without derivatives.
struct DiagonalSystem: ItoProcess {
  var noiseStructure: NoiseStructure { .diagonal }
  var stateDimension: Int { 2 }
  var noiseDimension: Int { 2 }
  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) { (a[0], a[1]) = (-x[1], x[0] - x[1]) }
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) {
    for i in 0..<2 { b[i] = sin(x[i] + Double(i) + t) }
  }
  func diffusionDerivative(at t: Double, _ x: Span<Double>, into slope: inout MutableSpan<Double>) {
    for i in 0..<2 { slope[i] = cos(x[i] + Double(i) + t) }
  }
}
