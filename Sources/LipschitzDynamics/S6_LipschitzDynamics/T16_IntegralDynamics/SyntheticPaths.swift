// Paths of the matrix SDE of Definition 4 with a linear gradient, and the theory's coefficients along each of them.

internal import DenseLinearAlgebra
internal import RandomStreams
internal import VerificationKit

/// One Euler–Maruyama path of d vec θ = −vec(θ − θ*) dt + √η Ω dB, seen through σ₁.
struct SyntheticPath: Sendable {
  let initial: Double
  let final: Double
  let increments: [DynamicsIncrement]
}

enum SyntheticPaths {
  private static let memo = Memo<String, [(step: Double, paths: [SyntheticPath])]>()

  /// The same Brownian paths at steps of T/32 … T/512.
  static func ladder(_ setting: Setting) throws -> [(step: Double, paths: [SyntheticPath])] {
    let count = 150 * setting.tier.scale
    return try memo.value(for: "\(setting.name) \(setting.seed) \(count)") { try simulate(count, setting) }
  }

  private static func simulate(_ count: Int, _ setting: Setting) throws -> [(step: Double, paths: [SyntheticPath])] {
    let (finest, horizon, eta) = (1 << 9, 0.5, 0.25)
    let levels = [5, 6, 7, 8, 9]
    let problem = setting.problem("matrix")
    func gaussian() -> Matrix<Double> { Matrix(rows: 3, columns: 4) { _, _ in problem.gaussian() } }
    let basis = try SingularValueDecomposition(gaussian())
    let start = basis.u * .diagonal([3, 1.5, 0.5]) * basis.vTransposed
    // The noise leaves the gap open: its size is a fraction of it over the whole horizon.
    // Every column has a share along u₁v₁ᵀ, so that Itô's correction stands well above the discretisation error.
    let top = basis.u.column(0).outer(basis.v(0))
    let (target, columns) = (0.5 * start, [1.2, -0.8].map { gaussian() / 3 + $0 * top })
    let dt = horizon / Double(finest)
    var ladder = levels.map { (step: horizon / Double(1 << $0), paths: [SyntheticPath]()) }
    for number in 0..<count {
      let generator = RandomGenerator(stream: setting.name.appending("path").appending(number), seed: setting.seed)
      let dB = (0..<finest).map { _ in columns.map { _ in dt.squareRoot() * generator.gaussian() } }
      for (index, level) in levels.enumerated() {
        let steps = 1 << level
        let width = finest / steps
        let noise = (0..<steps).map { step in
          columns.indices.map { k in
            eta.squareRoot() * dB[step * width..<(step + 1) * width].reduce(0) { $0 + $1[k] }
          }
        }
        ladder[index].paths.append(
          try path(from: start, to: target, columns, noise, step: horizon / Double(steps), eta))
      }
    }
    return ladder
  }

  private static func path(
    from start: Matrix<Double>, to target: Matrix<Double>, _ columns: [Matrix<Double>], _ noise: [[Double]],
    step h: Double, _ eta: Double
  ) throws -> SyntheticPath {
    var theta = start
    var increments: [DynamicsIncrement] = []
    for dB in noise {
      let gradient = theta - target
      let p = try LayerPoint(
        weights: theta, gradient: gradient, sample: DenseGradients(columns), noise: .factor, learningRate: eta
      ).projections()
      let c = LayerCoefficients(p, learningRate: eta)
      increments.append(
        DynamicsIncrement(
          duration: h, relativeDrift: c.mu + c.kappa, itoCorrection: c.lambdaSquared / 2,
          noise: zip(p.perSample, dB).reduce(0) { $0 + $1.0 * $1.1 }))
      theta -= h * gradient
      for (column, w) in zip(columns, dB) { theta += column * w }
    }
    return SyntheticPath(
      initial: try SingularValueDecomposition(start).values[0], final: try SingularValueDecomposition(theta).values[0],
      increments: increments)
  }
}
