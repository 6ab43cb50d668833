// Lemma 13: the second derivative of a singular value, in three equal forms.

public import DenseLinearAlgebra
internal import ExactArithmetic
public import VerificationKit

/// Lemma 13: the second derivative of a singular value, in three equal forms.
public enum OperatorNormHessian: Claim {
  public static let source = Source.luo2025("Lemma 13")
  public static let statement = Statement(
    """
    D²σ₁[E,E] = Σᵢ σ₁/(σ₁²−σᵢ²) aᵢ² + Σⱼ σ₁/(σ₁²−σⱼ²) bⱼ² + 2 Σₗ σₗ/(σ₁²−σₗ²) aₗbₗ, \
    aᵢ = uᵢᵀEv₁, bⱼ = u₁ᵀEvⱼ
    """,
    meaning: "The operator norm's curvature along E couples E's action on the top vectors through inverse gaps.",
    hypotheses: [simple, principal],
    differsFromPrint: "also given for every simple σ_k (arXiv 2506.03764) and in two forms without an mn x mn matrix")
  static let simple = Hypothesis.stated("σ₁ > σ₂ (Assumption 11)")
  static let principal = Hypothesis.stated("k = 1, the largest singular value, for positive semidefiniteness")

  /// The three forms on trial; a mutant spoils one of them.
  public struct Subject: Sendable {
    /// D²σ_k[E, E] from a decomposed θ and E, both of shape [m, n].
    public typealias Form = @Sendable (SpectralPoint, Matrix<Double>) throws -> Double
    var weights: any KroneckerWeights = PaperWeights()
    var spectral: Form = { OperatorNormHessian.spectral($0, $1) }
    /// For k = 1 only.
    var resolvent: Form = { try OperatorNormHessian.resolvent($0, $1) }

    func kronecker(_ point: SpectralPoint, _ e: Matrix<Double>) -> Double {
      OperatorNormHessian.kronecker(point, e, weights: weights)
    }
  }

  public static let subject = Subject()

  /// The Kronecker form of the paper, for any simple σ_k, from a full decomposition.
  ///
  /// - Source: Lemma 13, arXiv 2506.18588; every k: arXiv 2506.03764.
  /// - Parameters:
  ///   - point: θ of shape [m, n] with its decomposition and k.
  ///   - e: E, shape [m, n].
  /// - Returns: D²σ_k[E, E]; unit 1/parameter times the unit of E squared.
  /// - Accuracy: u·σ_k / min_i |σ_k − σ_i| relative; exact over rational triplets.
  public static func kronecker(_ point: SpectralPoint, _ e: Matrix<Double>) -> Double {
    kronecker(point, e, weights: PaperWeights())
  }

  static func kronecker(_ point: SpectralPoint, _ e: Matrix<Double>, weights: any KroneckerWeights) -> Double {
    let (sigma, a, b) = point.relativeCoordinates(of: e)
    return kroneckerForm(weights, sigma: sigma.elements, k: point.index, a: a.elements, b: b.elements)
      * point.svd.values[point.index]
  }

  /// The Kronecker form over any field: with rational triplets it is exact.
  ///
  /// - Parameters:
  ///   - sigma: all min(m, n) singular values.
  ///   - a: aᵢ = uᵢᵀEv_k; length m.
  ///   - b: bⱼ = u_kᵀEvⱼ; length n.
  static func kroneckerForm<F: Field>(_ weights: any KroneckerWeights, sigma: [F], k: Int, a: [F], b: [F]) -> F {
    let rank = sigma.count
    func s(_ i: Int) -> F { i < rank ? sigma[i] : F(0) }
    func isKept(_ i: Int) -> Bool { i != k && (weights.keepsNullSpace || i < rank) }
    let left = a.indices.filter(isKept).map { weights.square(s(k), s($0)) * a[$0].squared }.sum
    let right = b.indices.filter(isKept).map { weights.square(s(k), s($0)) * b[$0].squared }.sum
    let cross = sigma.indices.filter { $0 != k }.map { weights.cross(s(k), s($0)) * a[$0] * b[$0] }.sum
    return left + right + cross + cross
  }

  /// The spectral form: ½ Σ [(a+b)²/(σ_k−σ_i) + (a−b)²/(σ_k+σ_i)], plus the surplus coordinates over σ_k.
  ///
  /// Its coefficients are the Hessian's eigenvalues: 1/(σ_k ∓ σ_i), and 1/σ_k with multiplicity |m − n|.
  public static func spectral(_ point: SpectralPoint, _ e: Matrix<Double>) -> Double {
    let (sigma, a, b) = point.relativeCoordinates(of: e)
    return spectralForm(sigma: sigma, k: point.index, a: a, b: b) * point.svd.values[point.index]
  }

  static func spectralForm(sigma: Vector<Double>, k: Int, a: Vector<Double>, b: Vector<Double>) -> Double {
    var sum = 0.0
    for i in sigma.indices where i != k {
      let (plus, minus) = (a[i] + b[i], a[i] - b[i])
      sum += plus * plus / (sigma[k] - sigma[i]) + minus * minus / (sigma[k] + sigma[i])
    }
    var surplus = 0.0
    for i in sigma.count..<max(a.count, b.count) { surplus += i < a.count ? a[i] * a[i] : b[i] * b[i] }
    return sum / 2 + surplus / sigma[k]
  }

  /// The resolvent form for k = 1: no decomposition but the top triplet, and positive semidefinite at sight.
  ///
  /// - Parameters:
  ///   - point: θ of shape [m, n]; its k is ignored.
  ///   - e: E, shape [m, n].
  /// - Returns: D²σ₁[E, E].
  /// - Throws: `LinearAlgebraError` if σ₁ is not simple to working precision.
  public static func resolvent(_ point: SpectralPoint, _ e: Matrix<Double>) throws -> Double {
    let hessian = try ResolventHessian(point.theta, at: TopSingularTriplet(point.theta))
    let top = hessian.triplet
    return hessian.relativeForms(
      right: Matrix(columns: [e * top.v]), left: Matrix(columns: [e.transposedTimes(top.u)]))[0] * top.sigma
  }
}

/// The coefficients of the Kronecker form.
protocol KroneckerWeights: Sendable {
  /// Weight of (v_k ⊗ u_i)(v_k ⊗ u_i)ᵀ and of (v_i ⊗ u_k)(v_i ⊗ u_k)ᵀ.
  func square<F: Field>(_ sigmaK: F, _ sigmaI: F) -> F
  /// Weight of each of the two mixed terms.
  func cross<F: Field>(_ sigmaK: F, _ sigmaL: F) -> F
  /// Whether indices beyond min(m, n), where σ = 0, are summed over.
  var keepsNullSpace: Bool { get }
}

extension KroneckerWeights {
  func square<F: Field>(_ sigmaK: F, _ sigmaI: F) -> F { sigmaK / (sigmaK.squared - sigmaI.squared) }
  func cross<F: Field>(_ sigmaK: F, _ sigmaL: F) -> F { sigmaL / (sigmaK.squared - sigmaL.squared) }
  var keepsNullSpace: Bool { true }
}

/// The paper's coefficients.
struct PaperWeights: KroneckerWeights {}

/// A matrix with its full decomposition and the index of the singular value in question.
public struct SpectralPoint: Sendable {
  /// θ, shape [m, n].
  public let theta: Matrix<Double>
  /// The full decomposition: all m left and all n right vectors.
  public let svd: SingularValueDecomposition<Double>
  /// k, zero-based.
  public let index: Int

  /// - Throws: `LinearAlgebraError`, in particular when σ_k is not simple and positive to working precision.
  public init(_ theta: Matrix<Double>, index: Int = 0) throws {
    let svd = try SingularValueDecomposition(theta, .full)
    try HypothesisViolation.require(
      svd.values.indices.contains(index), field: "k", value: index, "0 ≤ k < min(m, n) = \(svd.values.count)")
    let sigma = svd.values[index]
    let nearest =
      svd.values.indices.filter { $0 != index }.map { svd.values[$0] }
      .min { abs($0 - sigma) < abs($1 - sigma) } ?? 0
    // Not zero, even where the product underflows: equal values are never apart.
    let resolved = max(TopSingularTriplet<Double>.minimumRelativeGap * svd.values[0], .leastNonzeroMagnitude)
    guard sigma >= resolved, abs(sigma - nearest) >= resolved else {
      throw LinearAlgebraError.gapTooSmall(
        sigma1: sigma, sigma2: nearest, minimumRelativeGap: TopSingularTriplet<Double>.minimumRelativeGap)
    }
    self.theta = theta
    self.svd = svd
    self.index = index
  }

  /// aᵢ = uᵢᵀEv_k of length m, and bⱼ = u_kᵀEvⱼ of length n.
  func coordinates(of e: Matrix<Double>) -> (a: Vector<Double>, b: Vector<Double>) {
    (svd.u.transposedTimes(e * svd.v(index)), svd.vTransposed * e.transposedTimes(svd.u.column(index)))
  }

  /// All σ, and ``coordinates(of:)``, in units of σ_k, so that no square leaves the range of numbers.
  func relativeCoordinates(of e: Matrix<Double>) -> (sigma: Vector<Double>, a: Vector<Double>, b: Vector<Double>) {
    let (a, b) = coordinates(of: e)
    let sigma = svd.values[index]
    return (svd.values.map { $0 / sigma }, a.map { $0 / sigma }, b.map { $0 / sigma })
  }

  /// D²σ_k[E, E]/σ_k summed over directions known through E v_k and Eᵀu_k, by both forms of the full spectrum.
  ///
  /// - Parameters:
  ///   - right: columns E_i v_k; shape [m, M].
  ///   - left: columns E_iᵀ u_k; shape [n, M].
  public func relativeCurvature(
    right: Matrix<Double>, left: Matrix<Double>
  ) -> (kronecker: Double, spectral: Double) {
    // In units of σ_k, so that no square leaves the range of numbers.
    let sigma = svd.values[index]
    let a = Matrix.product(svd.u, .transposed, right.map { $0 / sigma })
    let b = svd.vTransposed * left.map { $0 / sigma }
    let scaled = svd.values.map { $0 / sigma }
    var sum = (kronecker: 0.0, spectral: 0.0)
    for i in 0..<right.columns {
      let (x, y) = (a.column(i), b.column(i))
      sum.kronecker += OperatorNormHessian.kroneckerForm(
        PaperWeights(), sigma: scaled.elements, k: index, a: x.elements, b: y.elements)
      sum.spectral += OperatorNormHessian.spectralForm(sigma: scaled, k: index, a: x, b: y)
    }
    return sum
  }
}
