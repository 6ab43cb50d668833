// Lévy areas of Brownian motions over a step, given their increments.

public import RandomStreams

/// Lévy areas Aᵢⱼ = ½ ∫ (Wᵢ dWⱼ − Wⱼ dWᵢ) over a step of length h, W measured from its start, given ΔW.
///
/// With them the iterated integrals of Itô are ∫∫ dWᵢ dWⱼ = ½ (ΔWᵢ ΔWⱼ − δᵢⱼ h) + Aᵢⱼ. Areas of pairs i < j are packed as
/// (0, 1), (0, 2), …, (0, r − 1), (1, 2), …
public struct LevyArea: Sendable {
  /// How areas are approximated.
  public enum Approximation: Sendable, Equatable {
    /// ± h/2 with equal chance, whatever ΔW is: the mean and variance of an area, enough for schemes of weak order 2.
    ///
    /// - Source: Kloeden, Platen 1992, (14.2.8)–(14.2.10).
    case twoPoint
    /// n terms of the Fourier series of the Brownian bridge, and a normal vector for the rest:
    ///
    /// A = h/2π [Σ_{k≤n} (xₖ yₖᵀ − yₖ xₖᵀ)/k + √2 (z ξᵀ − ξ zᵀ) + √(2aₙ) Ψ],  z = Σ_{k≤n} xₖ/k + √aₙ ψ
    ///
    /// with ξ = ΔW/√h, aₙ = Σ_{k>n} 1/k², x, y, ψ standard normal vectors and Ψ antisymmetric, standard normal above the
    /// diagonal. The first and second moments given ΔW are those of the areas for every n.
    ///
    /// - Source: Lévy 1951; Kloeden, Platen, Wright 1992; Mrongowius, Rößler 2022 (the rest).
    /// - Accuracy: there is a coupling with E(A − Aₙ)² ≤ r h²/(12 π² n²) for each area.
    case fourier(terms: Int)
  }

  /// r.
  public let noises: Int
  public let approximation: Approximation
  private let normals: CounterNormals
  /// The normals of a step.
  private var draws: [Double]
  /// aₙ.
  private let rest: Double

  /// The areas of r noises from the normals of a stream.
  ///
  /// - Parameters:
  ///   - noises: r ≥ 2.
  ///   - approximation: at least one term.
  ///   - stream: not that of the increments.
  ///   - seed: its seed.
  public init(noises: Int, by approximation: Approximation, stream: StreamName, seed: UInt64) {
    precondition(noises >= 2, "an area needs two Brownian motions")
    self.noises = noises
    self.approximation = approximation
    normals = CounterNormals(stream, seed: seed)
    var count = noises * (noises - 1) / 2
    var rest = Double.pi * .pi / 6
    if case .fourier(let terms) = approximation {
      precondition(terms >= 1, "the series of an area has at least one term")
      count += noises * (2 * terms + 1)
      for k in 1...terms { rest -= 1 / (Double(k) * Double(k)) }
    }
    self.rest = rest
    draws = [Double](repeating: 0, count: count)
  }

  /// The terms with which strong order 1 is kept: E(A − Aₙ)² ≤ h³/T over each of the steps, so that all of them together
  /// are wrong by h at T.
  ///
  /// n = ⌈√(r N/12)/π⌉
  public static func terms(noises: Int, steps: Int) -> Int {
    max(1, Int(((Double(noises) * Double(steps) / 12).squareRoot() / .pi).rounded(.up)))
  }

  /// How many pairs i < j there are.
  @inlinable public var count: Int { noises * (noises - 1) / 2 }

  /// Writes the areas of one step of one path.
  ///
  /// - Parameters:
  ///   - areas: shape [r (r − 1)/2], in units of time.
  ///   - increments: ΔW, shape [r].
  ///   - h: the length of the step.
  ///   - path: the number of the path, below 2³⁰.
  ///   - step: below 2³².
  public mutating func fill(_ areas: inout [Double], increments: [Double], over h: Double, path: Int, step: Int) {
    precondition(areas.count == count && increments.count == noises, "areas need room for every pair of noises")
    draws.withUnsafeMutableBufferPointer { normals.fill($0, step: step, firstPath: 0, component: path) }
    guard case .fourier(let terms) = approximation else {
      for pair in areas.indices { areas[pair] = draws[pair] < 0 ? -h / 2 : h / 2 }
      return
    }
    let r = noises
    // x, shape [r, n], then y, ψ and Ψ; x/k takes the place of x, and z that of ψ.
    let (y, z, remainder) = (r * terms, 2 * r * terms, 2 * r * terms + r)
    let root = rest.squareRoot()
    for i in z..<remainder { draws[i] *= root }
    for k in 0..<terms {
      let inverse = 1 / Double(k + 1)
      for i in 0..<r {
        draws[k * r + i] *= inverse
        draws[z + i] += draws[k * r + i]
      }
    }
    let (toUnit, remainderScale) = ((2 / h).squareRoot(), (2 * rest).squareRoot())
    var pair = 0
    for i in 0..<(r - 1) {
      for j in (i + 1)..<r {
        var sum = remainderScale * draws[remainder + pair]
        sum += toUnit * (draws[z + i] * increments[j] - draws[z + j] * increments[i])
        for offset in stride(from: 0, to: y, by: r) {
          let (a, b) = (offset + i, offset + j)
          sum += draws[a] * draws[y + b] - draws[b] * draws[y + a]
        }
        areas[pair] = h / (2 * .pi) * sum
        pair += 1
      }
    }
  }
}
