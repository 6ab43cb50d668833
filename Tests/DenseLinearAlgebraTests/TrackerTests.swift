// The tracker against LAPACK's full decomposition at every step of paths with small steps, crossings and jumps.

import DenseLinearAlgebra
import Testing

/// U diag(σ) Vᵀ with fixed orthogonal factors, for paths whose singular values are prescribed.
private struct Frame {
  let u: Matrix<Double>
  let v: Matrix<Double>

  init(_ m: Int, _ n: Int) throws {
    u = try QRDecomposition(sample(m, m, of: Double.self)).q
    v = try QRDecomposition(sample(n, n, seed: 2, of: Double.self)).q
  }

  func matrix(_ leading: [Double], bulk: (Int) -> Double = { 1 / Double($0 + 1) }) -> Matrix<Double> {
    let values = leading + (leading.count..<min(u.rows, v.rows)).map(bulk)
    return u * .diagonal(Vector(values), rows: u.rows, columns: v.rows) * v.transposed
  }
}

private func single(_ a: Matrix<Double>) -> Matrix<Float> {
  Matrix(rows: a.rows, columns: a.columns, columnMajor: a.elements.map(Float.init))
}

@Suite("Tracking the largest singular value")
struct TrackerTests {
  /// A random matrix with a spike under small random steps: what SGD does to a layer.
  private func path(_ m: Int, _ n: Int, steps: Int, step: Double = 0.02) -> [Matrix<Double>] {
    var a = sample(m, n, of: Double.self)
    let (u, v) = (sample(m, 1, seed: 7, of: Double.self).vec, sample(n, 1, seed: 8, of: Double.self).vec)
    a += 1.5 / Double(min(m, n)).squareRoot() * u.outer(v)
    return (0..<steps).map { t in
      let seed = UInt64(100 + 2 * t)
      for _ in 0..<3 {
        let (x, y) = (sample(m, 1, seed: seed, of: Double.self).vec, sample(n, 1, seed: seed + 1, of: Double.self).vec)
        a += step * x.outer(y)
      }
      return a
    }
  }

  /// s²AAᵀ or s²AᵀA on the shorter side.
  private func withGram<S: BLASScalar, R>(_ a: Matrix<S>, scale: S, _ body: (GramMatrix<S>) throws -> R) rethrows -> R {
    let scaled = scale * a
    let product = a.rows <= a.columns ? scaled * scaled.transposed : scaled.transposed * scaled
    return try product.elements.withUnsafeBufferPointer {
      try body(GramMatrix(lower: $0.baseAddress!, scale: scale))
    }
  }

  @Test(
    "a Gram matrix makes cold starts no less right", arguments: [(64, 120), (200, 90), (256, 256)], [1.0, 0x1p-40])
  func gram(_ shape: (Int, Int), _ size: Double) throws {
    let (m, n) = shape
    let a = size * path(m, n, steps: 1)[0]
    let svd = try SingularValueDecomposition(a)
    var double = TopSingularTripletTracker<Double>(rows: m, columns: n, tolerance: .residual(1e-13))
    try withGram(a, scale: 1 / size) { try double.update(a, gram: $0) }
    #expect(abs(double.sigma / svd.values[0] - 1) < 1e-14 && double.residual < 1e-13)
    #expect(abs(double.sigma2 / svd.values[1] - 1) < 1e-8)
    #expect((a * double.v - double.sigma * double.u).norm < 1e-13 * double.sigma)
    var float = TopSingularTripletTracker<Float>(rows: m, columns: n, tolerance: .residual(64 * Float.ulpOfOne))
    try withGram(single(a), scale: Float(1 / size)) { try float.update(single(a), gram: $0) }
    #expect(abs(Double(float.sigma) / svd.values[0] - 1) < 1e-6 && float.residual < 64 * Float.ulpOfOne)
  }

  @Test("neither a repeated σ₁ nor a useless Gram matrix misleads a cold start")
  func uselessGram() throws {
    let double = try Frame(60, 70).matrix([1, 1, 0.5])
    var tracker = TopSingularTripletTracker<Double>(rows: 60, columns: 70)
    try withGram(double, scale: 1) { try tracker.update(double, gram: $0) }
    #expect(abs(tracker.sigma - 1) < 1e-14 && abs(tracker.sigma2 - 1) < 1e-7)
    let simple = try Frame(60, 70).matrix([3, 1])
    for scale in [Double.nan, .infinity, 0] {
      var tracker = TopSingularTripletTracker<Double>(rows: 60, columns: 70)
      try withGram(simple, scale: scale) { try tracker.update(simple, gram: $0) }
      #expect(abs(tracker.sigma - 3) < 1e-13)
    }
  }

  @Test(
    "Double: σ, vectors and σ₂ at every step, tall and wide", arguments: [(64, 120), (200, 90), (129, 131), (60, 60)])
  func double(_ m: Int, _ n: Int) throws {
    var tracker = TopSingularTripletTracker<Double>(rows: m, columns: n, tolerance: .residual(1e-9))
    for a in path(m, n, steps: 40) {
      try tracker.update(a)
      let svd = try SingularValueDecomposition(a)
      let gap = 1 - svd.values[1] / svd.values[0]
      #expect(abs(tracker.sigma / svd.values[0] - 1) < 1e-13)
      #expect(tracker.residual <= 1e-9)
      #expect((a * tracker.v - tracker.sigma * tracker.u).norm < 1.1e-9 * tracker.sigma)
      #expect((a.transposedTimes(tracker.u) - tracker.sigma * tracker.v).norm < 1e-13 * tracker.sigma)
      #expect(abs(1 - abs(tracker.u.dot(svd.u.column(0)))) < 1e-17 / (gap * gap) + 1e-14)
      #expect(tracker.sigma2 <= svd.values[1] * (1 + 1e-13) && tracker.sigma2 > 0.97 * svd.values[1])
    }
    #expect(tracker.coldStarts <= 4)
  }

  @Test("a tolerance for the value is kept at every step, with fewer sweeps")
  func value() throws {
    let steps = path(100, 140, steps: 60)
    var loose = TopSingularTripletTracker<Double>(rows: 100, columns: 140, tolerance: .value(1e-6))
    var tight = TopSingularTripletTracker<Double>(rows: 100, columns: 140, tolerance: .residual(1e-9))
    var sweeps = (loose: 0, tight: 0)
    for a in steps {
      try loose.update(a)
      try tight.update(a)
      sweeps.loose += loose.sweeps
      sweeps.tight += tight.sweeps
      #expect(abs(loose.sigma / (try SingularValueDecomposition(a)).values[0] - 1) < 1e-6)
    }
    #expect(3 * sweeps.loose < 2 * sweeps.tight)
  }

  @Test("Float: σ to 1e-6 of the exact one at every step", arguments: [(64, 120), (200, 90)])
  func float(_ m: Int, _ n: Int) throws {
    var tracker = TopSingularTripletTracker<Float>(rows: m, columns: n, tolerance: .residual(3e-5))
    for a in path(m, n, steps: 40) {
      try tracker.update(single(a))
      let svd = try SingularValueDecomposition(a)
      #expect(abs(Double(tracker.sigma) / svd.values[0] - 1) < 1e-6)
      #expect(tracker.residual <= 3e-5)
    }
    #expect(tracker.coldStarts <= 4)
  }

  @Test("values that change places are followed, at the step of the crossing")
  func crossing() throws {
    let frame = try Frame(80, 100)
    var tracker = TopSingularTripletTracker<Double>(rows: 80, columns: 100)
    for t in 0...20 {
      let s = Double(t) / 20
      try tracker.update(frame.matrix([2 - 0.2 * s, 1.85 + 0.2 * s]))
      let exact = max(2 - 0.2 * s, 1.85 + 0.2 * s)
      #expect(abs(tracker.sigma - exact) < 1e-12)
      #expect(abs(abs(tracker.u.dot(frame.u.column(s < 0.375 ? 0 : 1))) - 1) < 1e-9)
    }
  }

  @Test("a direction that jumps from the bulk to the top is found in the same step", arguments: [2, 11, 63])
  func jump(_ index: Int) throws {
    let frame = try Frame(80, 100)
    var tracker = TopSingularTripletTracker<Double>(rows: 80, columns: 100)
    for t in 0..<12 {
      var leading = [2, 1.5] + (2..<80).map { 1 / Double($0 + 1) }
      leading[0] += 1e-3 * Double(t)
      if t >= 8 { leading[index] = 2.5 }
      try tracker.update(frame.matrix(leading))
      #expect(abs(tracker.sigma - (t >= 8 ? 2.5 : leading[0])) < 1e-12)
    }
  }

  @Test("a direction that rises from the bulk by small steps is at the top when it gets there", arguments: [2, 11, 63])
  func rise(_ index: Int) throws {
    let frame = try Frame(80, 100)
    var tracker = TopSingularTripletTracker<Double>(rows: 80, columns: 100)
    for t in 0..<60 {
      var leading = [2, 1.5] + (2..<80).map { 1 / Double($0 + 1) }
      leading[index] += 0.05 * Double(t)
      try tracker.update(frame.matrix(leading))
      #expect(abs(tracker.sigma - max(2, leading[index])) < 1e-12)
    }
  }

  @Test("the ends of the exponent range, zero matrices, and refusals that leave the tracker usable")
  func edges() throws {
    for scale in [1e-150, 1, 1e150] {
      var tracker = TopSingularTripletTracker<Double>(rows: 60, columns: 70)
      for a in path(60, 70, steps: 5) {
        try tracker.update(scale * a)
        #expect(abs(tracker.sigma / scale / (try SingularValueDecomposition(a)).values[0] - 1) < 1e-12)
      }
    }
    var tracker = TopSingularTripletTracker<Double>(rows: 60, columns: 70)
    try tracker.update(.zeros(60, 70))
    #expect(tracker.sigma == 0)
    let a = sample(60, 70, of: Double.self)
    var bad = a
    bad[3, 5] = .nan
    for _ in 0..<3 { try tracker.update(a) }
    let error = #expect(throws: LinearAlgebraError.self) { try tracker.update(bad) }
    #expect(error?.description.contains("[3, 5]") == true)
    #expect(throws: LinearAlgebraError.self) { try tracker.update(a.transposed) }
    try tracker.update(a)
    #expect(abs(tracker.sigma / (try SingularValueDecomposition(a)).values[0] - 1) < 1e-13)
  }

  @Test("a small matrix goes through the full decomposition", arguments: [(1, 1), (6, 10), (1, 100)])
  func small(_ m: Int, _ n: Int) throws {
    var tracker = TopSingularTripletTracker<Double>(rows: m, columns: n)
    for seed in 0..<3 {
      let a = sample(m, n, seed: UInt64(seed), of: Double.self)
      try tracker.update(a)
      #expect(abs(tracker.sigma / (try SingularValueDecomposition(a)).values[0] - 1) < 1e-14)
    }
  }
}
