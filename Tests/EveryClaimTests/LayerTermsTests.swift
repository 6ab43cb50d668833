// The fast routes of the product against the slow ones: rank-one gradients, shares, the ledger, extreme scales.

import DenseLinearAlgebra
import LipschitzDynamics
import NetworkTraining
import RandomStreams
import Testing

private func gaussian(_ rows: Int, _ columns: Int, _ stream: StreamName) -> Matrix<Double> {
  let generator = RandomGenerator(stream: stream, seed: 1)
  return Matrix(rows: rows, columns: columns) { _, _ in generator.gaussian() }
}

@Suite("Terms of a layer")
struct LayerTermsTests {
  @Test(
    "rank-one gradients give what the same gradients in full give",
    arguments: [(6, 9), (9, 6), (5, 5), (1, 4), (70, 80)])
  func rankOne(_ m: Int, _ n: Int) throws {
    let (theta, deltas, inputs) = (gaussian(m, n, "t/theta"), gaussian(m, 7, "t/deltas"), gaussian(n, 7, "t/inputs"))
    let thin = RankOneGradients(deltas: deltas, inputs: inputs)
    let full = DenseGradients((0..<7).map { deltas.column($0).outer(inputs.column($0)) })
    for noise in [
      NoiseModel.batchEstimate, .populationWithReplacement(batchSize: 3), .populationWithoutReplacement(batchSize: 3),
      .factor,
    ] {
      let drift = noise == .factor ? theta.map { $0 / 3 } : nil
      let a = LayerPoint(weights: theta, gradient: drift, sample: thin, noise: noise, learningRate: 0.1)
      let b = LayerPoint(weights: theta, gradient: drift, sample: full, noise: noise, learningRate: 0.1)
      let (p, q) = (try LayerDynamics.subject(a), try LayerDynamics.subject(b))
      for (x, y) in [
        (p.mu, q.mu), (p.kappa, q.kappa), (p.lambdaSquared, q.lambdaSquared), (p.discreteStep, q.discreteStep),
      ] {
        #expect(abs(x - y) <= 1e-11 * abs(y))
      }
      // The full spectrum as a second opinion on the resolvent.
      let forms = try a.spectralNoiseCurvature()
      #expect(abs(0.05 * forms.kronecker / p.kappa - 1) < 1e-10)
      #expect(abs(0.05 * forms.spectral / p.kappa - 1) < 1e-10)
    }
  }

  @Test("shares of variances and covariances against the dense Σ and H", arguments: [(4, 6), (6, 4), (5, 5)])
  func shares(_ m: Int, _ n: Int) throws {
    let theta = gaussian(m, n, "s/theta")
    let sample = DenseGradients((0..<5).map { gaussian(m, n, StreamName("s/gradient", "\($0)")) })
    let point = LayerPoint(weights: theta, sample: sample, noise: .batchEstimate, learningRate: 1)
    let shares = try NoiseShares(point, try point.projections())
    let mean = sample.mean.vec
    var sigma = Matrix<Double>.zeros(m * n, m * n)
    for g in sample.samples { sigma += (g.vec - mean).outer(g.vec - mean) / 20 }
    let at = try SpectralPoint(theta)
    func unit(_ a: Int) -> Matrix<Double> { Vector.basis(a, count: m * n).unvec(rows: m, columns: n) }
    let squares = (0..<m * n).map { OperatorNormHessian.kronecker(at, unit($0)) }
    let h = Matrix<Double>(rows: m * n, columns: m * n) { a, b in
      a == b ? squares[a] : (OperatorNormHessian.kronecker(at, unit(a) + unit(b)) - squares[a] - squares[b]) / 2
    }
    let j = try OperatorNormJacobian.subject(theta)
    let variances = Matrix.diagonal(sigma.diagonal)
    #expect(abs(shares.lambdaDiagonal / (j.dot(variances * j) / j.dot(sigma * j)) - 1) < 1e-10)
    #expect(abs(shares.kappaDiagonal / (h.inner(variances) / h.inner(sigma)) - 1) < 1e-10)
    #expect(abs(shares.noiseTrace / sigma.trace - 1) < 1e-12)
  }

  @Test("isotropic noise gives the closed-form trace of the Hessian")
  func isotropic() throws {
    let theta = gaussian(4, 7, "i/theta")
    let columns = (0..<28).map { Vector.basis($0, count: 28).unvec(rows: 4, columns: 7) as Matrix<Double> }
    let point = LayerPoint(
      weights: theta, gradient: theta, sample: DenseGradients(columns), noise: .factor, learningRate: 2)
    let s = try SingularValueDecomposition(theta).values
    let trace = (1..<4).reduce(3 / s[0]) { $0 + 2 * s[0] / (s[0] * s[0] - s[$1] * s[$1]) }
    let c = try LayerDynamics.subject(point)
    #expect(abs(c.kappa / (trace / s[0]) - 1) < 1e-12)
    #expect(abs(c.lambdaSquared / (2 / (s[0] * s[0])) - 1) < 1e-12)
    // ∇L = θ is weight decay with w = 1: μ = −1 for every layer, and Hθ = 0.
    #expect(abs(c.mu + 1) < 1e-13 && abs(c.discreteStep) < 1e-12)
  }

  @Test("terms keep their digits at extreme scales", arguments: [1e-150, 1e150])
  func scales(_ scale: Double) throws {
    func terms(_ factor: Double) throws -> LayerCoefficients {
      let sample = DenseGradients((0..<4).map { factor * gaussian(5, 8, StreamName("e/gradient", "\($0)")) })
      return try LayerDynamics.subject(
        LayerPoint(
          weights: factor * gaussian(5, 8, "e/theta"), sample: sample, noise: .batchEstimate, learningRate: 0.1))
    }
    let (plain, scaled) = (try terms(1), try terms(scale))
    for (x, y) in [
      (scaled.mu, plain.mu), (scaled.kappa, plain.kappa), (scaled.lambdaSquared, plain.lambdaSquared),
      (scaled.discreteStep, plain.discreteStep),
    ] { #expect(abs(x / y - 1) < 1e-11) }
  }

  @Test("terms from one batch are unbiased: the noise in its own mean is taken off")
  func unbiased() throws {
    // All 64 ordered pairs from eight gradients: exact means over the sampling, no Monte Carlo.
    let theta = gaussian(4, 6, "u/theta")
    let population = (0..<8).map { gaussian(4, 6, StreamName("u/gradient", "\($0)")) }
    let truth = try LayerDynamics.subject(
      LayerPoint(
        weights: theta, sample: DenseGradients(population), noise: .populationWithReplacement(batchSize: 2),
        learningRate: 0.1))
    var mean = (kappa: 0.0, lambdaSquared: 0.0, discreteStep: 0.0, square: 0.0)
    for i in 0..<8 {
      for j in 0..<8 {
        let c = try LayerDynamics.subject(
          LayerPoint(
            weights: theta, sample: DenseGradients([population[i], population[j]]), noise: .batchEstimate,
            learningRate: 0.1))
        mean.kappa += c.kappa / 64
        mean.lambdaSquared += c.lambdaSquared / 64
        mean.discreteStep += c.discreteStep / 64
        mean.square += c.relativeGradientSquared / 64
      }
    }
    #expect(abs(mean.kappa / truth.kappa - 1) < 1e-12)
    #expect(abs(mean.lambdaSquared / truth.lambdaSquared - 1) < 1e-12)
    #expect(abs(mean.discreteStep - truth.discreteStep) < 1e-12 * truth.kappa)
    #expect(abs(mean.square - truth.relativeGradientSquared) < 1e-12 * truth.lambdaSquared)
  }

  @Test("single precision agrees with double")
  func float() throws {
    let theta = gaussian(30, 20, "f/theta")
    let (deltas, inputs) = (gaussian(30, 16, "f/deltas"), gaussian(20, 16, "f/inputs"))
    func single(_ a: Matrix<Double>) -> Matrix<Float> { Matrix(rows: a.rows, columns: a.columns) { Float(a[$0, $1]) } }
    let thin = RankOneGradients(deltas: single(deltas), inputs: single(inputs))
    let p = try LayerProjections(
      weights: single(theta), gradient: thin.mean, gradientNoise: 1, sample: thin, noise: .batchEstimate,
      triplet: try TopSingularTriplet(single(theta)))
    let wide = RankOneGradients(deltas: deltas, inputs: inputs)
    let q = try LayerProjections(
      weights: theta, gradient: wide.mean, gradientNoise: 1, sample: wide, noise: .batchEstimate,
      triplet: try TopSingularTriplet(theta))
    for (x, y) in [
      (p.gradient, q.gradient), (p.noise, q.noise), (p.noiseCurvature, q.noiseCurvature),
      (p.gradientCurvature, q.gradientCurvature),
    ] { #expect(abs(Double(x) / y - 1) < 2e-3) }
  }

  @Test("noise models refuse batches that they cannot mean")
  func noiseModels() throws {
    #expect(throws: (any Error).self) { try NoiseModel.batchEstimate.weight(sampleCount: 1) }
    #expect(throws: (any Error).self) {
      try NoiseModel.populationWithoutReplacement(batchSize: 9).weight(sampleCount: 8)
    }
    #expect(throws: (any Error).self) { try NoiseModel.populationWithReplacement(batchSize: 0).weight(sampleCount: 8) }
    #expect(try NoiseModel.populationWithoutReplacement(batchSize: 8).weight(sampleCount: 8) == 0)
  }
}
