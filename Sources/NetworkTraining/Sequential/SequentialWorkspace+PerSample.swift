// What can be known of every sample's own gradient without forming it, or at the price of forming it once.

public import DenseLinearAlgebra

extension SequentialWorkspace {
  /// Shape [m, n] of the weight of a linear layer or convolution; nil for other layers.
  func unitShape(_ i: Int) -> (m: Int, n: Int)? {
    switch architecture.layers[i] {
    case .linear, .conv2d: architecture.weightShape(of: i).map { ($0.rows, $0.columns) }
    default: nil
    }
  }

  /// [G_1 v … G_M v] and [G_1ᵀu … G_Mᵀu] for the samples' gradients by the weight of layer `i`, after a backward pass.
  ///
  /// A linear layer's G_j = δ_j x_jᵀ makes two scalings of it; a convolution's is a sum over positions that each window
  /// contributes to once: no gradient is formed.
  ///
  /// - Parameters:
  ///   - i: the layer's position in the architecture.
  ///   - v: length n.
  ///   - u: length m.
  ///   - right: overwritten; shape [m, M], column-major.
  ///   - left: overwritten; shape [n, M], column-major.
  public func gradientProducts(
    ofLayer i: Int, right v: UnsafeBufferPointer<Scalar>, left u: UnsafeBufferPointer<Scalar>,
    into right: UnsafeMutableBufferPointer<Scalar>, _ left: UnsafeMutableBufferPointer<Scalar>
  ) {
    guard let (m, n) = unitShape(i), let deltas = derivatives[slotOf[i]]?.pointer else {
      preconditionFailure("layer \(i) has no gradient to multiply")
    }
    precondition(
      v.count == n && u.count == m && right.count == m * sampleCount && left.count == n * sampleCount,
      "a weight of \(m) x \(n) and \(sampleCount) samples do not fit the vectors")
    let x = slots[inputSlot(of: i)].pointer
    let (vectorV, vectorU) = (v.baseAddress!, u.baseAddress!)
    let (outRight, outLeft) = (right.baseAddress!, left.baseAddress!)
    forEachInParallel(chunks.count) { chunk in
      let samples = chunks[chunk]
      if let windows = windows[i] {
        let (incoming, outgoing) = (windows.inputs, windows.positions * m)
        for j in samples {
          Scalar.patchProducts(
            windows, m, x + j * incoming, deltas + j * outgoing, vectorV, vectorU, outRight + j * m, outLeft + j * n)
        }
      } else {
        for j in samples {
          let (xj, dj) = (x + j * n, deltas + j * m)
          let t = Scalar.dot(UnsafeBufferPointer(start: xj, count: n), v)
          let s = Scalar.dot(UnsafeBufferPointer(start: dj, count: m), u)
          SequentialKernel.scale(t, dj, into: outRight + j * m, m)
          SequentialKernel.scale(s, xj, into: outLeft + j * n, n)
        }
      }
    }
  }

  /// Whether the latest forward pass kept θx of layer `i`: see ``keepImages()``.
  public func holdsImages(ofLayer i: Int) -> Bool { holdsImages && images[i] != nil }

  /// Adds s ⟨u, δ_j⟩ θx_j = s θG_jᵀu to column j, for a layer whose images are kept.
  public func addImages(
    ofLayer i: Int, left u: UnsafeBufferPointer<Scalar>, scale s: Scalar, to columns: UnsafeMutablePointer<Scalar>
  ) {
    guard let z = images[i]?.pointer, let deltas = derivatives[slotOf[i]]?.pointer else { return }
    let m = u.count
    forEachInParallel(chunks.count) { chunk in
      for j in chunks[chunk] {
        let along = Scalar.dot(UnsafeBufferPointer(start: deltas + j * m, count: m), u)
        SequentialKernel.add(s * along, z + j * m, to: columns + j * m, m)
      }
    }
  }

  /// Every sample's gradient by the weight of layer `i`; column j is vec G_j. Shape [mn, M].
  public func sampleGradients(ofLayer i: Int) -> Matrix<Scalar> {
    guard let (m, n) = unitShape(i) else { preconditionFailure("layer \(i) has no weight matrix") }
    var out = Matrix<Scalar>.zeros(m * n, sampleCount)
    out.elements.withUnsafeMutableBufferPointer { sampleGradients(ofLayer: i, into: $0) }
    return out
  }

  /// The same into memory that exists; one product a sample.
  func sampleGradients(ofLayer i: Int, into out: UnsafeMutableBufferPointer<Scalar>) {
    guard let (m, n) = unitShape(i), let deltas = derivatives[slotOf[i]]?.pointer, let out = out.baseAddress else {
      return
    }
    let x = slots[inputSlot(of: i)].pointer
    forEachInParallel(chunks.count) { chunk in
      guard let windows = windows[i] else {
        for j in chunks[chunk] {
          Scalar.gemm(false, true, m, n, 1, 1, deltas + j * m, m, x + j * n, n, 0, out + j * m * n, m)
        }
        return
      }
      let positions = windows.positions
      withUnsafeTemporaryAllocation(of: Scalar.self, capacity: n * positions) { patches in
        let patches = patches.baseAddress!
        for j in chunks[chunk] {
          Scalar.patches(windows, x + j * windows.inputs, patches)
          Scalar.gemm(
            false, true, m, n, positions, 1, deltas + j * positions * m, m, patches, n, 0, out + j * m * n, m)
        }
      }
    }
  }
}

/// Second moments of the samples' gradients by one weight: what a batch says of its own noise.
///
/// With C = Ḡ: the entrywise sums Σ_j (G_j − C) ∘ (G_j − C), and the Gram matrix ⟨G_j − C, G_k − C⟩, whose eigenvectors Q
/// make the square root of the noise, Σ^½ ∝ [vec G_1 … vec G_M] Q: no mn x mn matrix is formed.
public final class GradientMoments<Scalar: NetworkScalar> {
  public let layer: Int
  /// Σ_j (G_j − Ḡ)∘(G_j − Ḡ); shape [m, n].
  public private(set) var sumOfSquares: Matrix<Scalar>
  /// Ḡ; shape [m, n].
  public private(set) var mean: Matrix<Scalar>
  /// ⟨G_j − Ḡ, G_k − Ḡ⟩; shape [M, M].
  public private(set) var gram: Matrix<Scalar>
  private var second: Matrix<Scalar>
  private let gradients: SampleBuffer<Scalar>?
  private let squares: (deltas: SampleBuffer<Scalar>, inputs: SampleBuffer<Scalar>)?

  /// - Parameter workspace: knows the batch's size and the shapes.
  /// - Parameter layer: a linear layer or a convolution.
  public init(for workspace: SequentialWorkspace<Scalar>, layer: Int) {
    guard let (m, n) = workspace.unitShape(layer) else { preconditionFailure("layer \(layer) has no weight matrix") }
    self.layer = layer
    let count = workspace.sampleCount
    sumOfSquares = .zeros(m, n)
    mean = .zeros(m, n)
    gram = .zeros(count, count)
    second = .zeros(count, count)
    if workspace.windows[layer] != nil {
      gradients = SampleBuffer(m * n * count, of: 0)
      squares = nil
    } else {
      gradients = nil
      squares = (SampleBuffer(m * count, of: 0), SampleBuffer(n * count, of: 0))
    }
  }

  /// Takes the moments of the batch that the workspace holds, after a backward pass.
  public func update(_ workspace: SequentialWorkspace<Scalar>) {
    if let gradients { updateFormed(workspace, gradients) } else { updateRankOne(workspace) }
    centre()
  }

  /// A linear layer: G_j = δ_j x_jᵀ, so products of the factors are all there is to form.
  private func updateRankOne(_ workspace: SequentialWorkspace<Scalar>) {
    guard let squares, let deltas = workspace.derivatives[workspace.slotOf[layer]]?.pointer else { return }
    let x = workspace.slots[workspace.inputSlot(of: layer)].pointer
    let (m, n, count) = (mean.rows, mean.columns, workspace.sampleCount)
    SequentialKernel.square(deltas, into: squares.deltas.pointer, m * count)
    SequentialKernel.square(x, into: squares.inputs.pointer, n * count)
    let (strips, scale) = (ColumnStrips(rows: m, columns: n), 1 / Scalar(count))
    mean.elements.withUnsafeMutableBufferPointer { mean in
      sumOfSquares.elements.withUnsafeMutableBufferPointer { sums in
        gram.elements.withUnsafeMutableBufferPointer { gram in
          second.elements.withUnsafeMutableBufferPointer { second in
            let (mean, sums) = (mean.baseAddress!, sums.baseAddress!)
            let (gram, second) = (gram.baseAddress!, second.baseAddress!)
            forEachInParallel(strips.count + 2) { part in
              switch part - strips.count {
              case 0: Scalar.syrk(true, count, n, 1, x, n, 0, second, count)
              case 1: Scalar.syrk(true, count, m, 1, deltas, m, 0, gram, count)
              default:
                let (first, columns) = (strips[part].lowerBound, strips[part].count)
                Scalar.gemm(false, true, m, columns, count, scale, deltas, m, x + first, n, 0, mean + first * m, m)
                Scalar.gemm(
                  false, true, m, columns, count, 1, squares.deltas.pointer, m, squares.inputs.pointer + first, n, 0,
                  sums + first * m, m)
                Scalar.subtractSquares(columns * m, Scalar(count), mean + first * m, from: sums + first * m)
              }
            }
            SequentialKernel.multiply(gram, second, gram, count * count)
          }
        }
      }
    }
  }

  private func updateFormed(_ workspace: SequentialWorkspace<Scalar>, _ gradients: SampleBuffer<Scalar>) {
    workspace.sampleGradients(
      ofLayer: layer, into: UnsafeMutableBufferPointer(start: gradients.pointer, count: gradients.count))
    let (entries, count, g) = (mean.count, workspace.sampleCount, gradients.pointer)
    // Strips of parameters: sums and the Gram matrix's share of a strip read it while it is in the cache.
    let strip = 2_048
    let strips = (entries + strip - 1) / strip
    let groups = min(strips, 2)
    mean.elements.withUnsafeMutableBufferPointer { mean in
      sumOfSquares.elements.withUnsafeMutableBufferPointer { sums in
        gram.elements.withUnsafeMutableBufferPointer { gram in
          second.elements.withUnsafeMutableBufferPointer { second in
            let (mean, sums) = (mean.baseAddress!, sums.baseAddress!)
            let grams = [gram.baseAddress!, second.baseAddress!]
            forEachInParallel(groups) { group in
              for s in stride(from: group, to: strips, by: groups) {
                let (first, length) = (s * strip, min(strip, entries - s * strip))
                Scalar.syrk(true, count, length, 1, g + first, entries, s == group ? 0 : 1, grams[group], count)
                SequentialKernel.moments(g + first, entries, count, mean + first, sums + first, length)
              }
            }
            if groups == 2 { SequentialKernel.add(second.baseAddress!, to: gram.baseAddress!, count * count) }
          }
        }
      }
    }
  }

  /// ⟨G_j − Ḡ, G_k − Ḡ⟩ from ⟨G_j, G_k⟩, of which the lower triangle is given.
  private func centre() {
    let count = gram.rows
    gram.elements.withUnsafeMutableBufferPointer { SequentialKernel.centre($0.baseAddress!, count) }
  }

  /// Σ_j ‖G_j − Ḡ‖²_F.
  public var totalSumOfSquares: Double {
    sumOfSquares.elements.withUnsafeBufferPointer { SequentialKernel.sum($0.baseAddress!, $0.count) }
  }

  /// Largest eigenvalue first: the non-zero spectrum of Σ_j vec(G_j − Ḡ) vec(G_j − Ḡ)ᵀ, and Q.
  ///
  /// - Throws: `LinearAlgebraError` if a gradient is not finite.
  public func squareRoot() throws(LinearAlgebraError) -> (values: [Scalar], vectors: Matrix<Scalar>) {
    let decomposition = try SymmetricEigen(gram)
    let order = decomposition.values.indices.reversed()
    return (
      order.map { Swift.max(0, decomposition.values[$0]) },
      Matrix(columns: order.map { decomposition.vectors.column($0) })
    )
  }
}

extension SequentialKernel {
  /// Σ x_i, in double precision.
  @specialized(where S == Double) @specialized(where S == Float)
  static func sum<S: BLASScalar>(_ x: UnsafePointer<S>, _ count: Int) -> Double {
    // Eight sums side by side, so that one addition need not wait for another.
    var sums = SIMD8<Double>()
    for i in 0..<count / 8 { for k in 0..<8 { sums[k] += Double(x[8 * i + k]) } }
    var total = sums.sum()
    for i in (count / 8 * 8)..<count { total += Double(x[i]) }
    return total
  }

  /// y ← x ∘ x.
  @specialized(where S == Double) @specialized(where S == Float)
  static func square<S: BLASScalar>(_ x: UnsafePointer<S>, into y: UnsafeMutablePointer<S>, _ count: Int) {
    for i in 0..<count { y[i] = x[i] * x[i] }
  }

  /// y ← y + s x.
  @specialized(where S == Double) @specialized(where S == Float)
  static func add<S: BLASScalar>(_ s: S, _ x: UnsafePointer<S>, to y: UnsafeMutablePointer<S>, _ count: Int) {
    for i in 0..<count { y[i] += s * x[i] }
  }

  /// y ← y + x.
  @specialized(where S == Double) @specialized(where S == Float)
  static func add<S: BLASScalar>(_ x: UnsafePointer<S>, to y: UnsafeMutablePointer<S>, _ count: Int) {
    for i in 0..<count { y[i] += x[i] }
  }

  /// Means and centred sums of squares of `length` entries over `count` vectors that lie `stride` apart.
  @specialized(where S == Double) @specialized(where S == Float)
  static func moments<S: BLASScalar>(
    _ x: UnsafePointer<S>, _ stride: Int, _ count: Int, _ mean: UnsafeMutablePointer<S>,
    _ sums: UnsafeMutablePointer<S>, _ length: Int
  ) {
    mean.update(repeating: 0, count: length)
    sums.update(repeating: 0, count: length)
    for j in 0..<count { add(x + j * stride, to: mean, length) }
    let scale = 1 / S(count)
    for i in 0..<length { mean[i] *= scale }
    // Two passes, so that nothing cancels; the strip is still in the cache.
    for j in 0..<count {
      let y = x + j * stride
      for i in 0..<length {
        let d = y[i] - mean[i]
        sums[i] += d * d
      }
    }
  }

  /// K ← (I − 11ᵀ/M) K (I − 11ᵀ/M) for a symmetric K given by its lower triangle.
  @specialized(where S == Double) @specialized(where S == Float)
  static func centre<S: BLASScalar>(_ k: UnsafeMutablePointer<S>, _ count: Int) {
    for j in 0..<count { for i in 0..<j { k[j * count + i] = k[i * count + j] } }
    var total = 0.0
    let means = (0..<count).map { j in
      let sum = (0..<count).reduce(0.0) { $0 + Double(k[j * count + $1]) }
      total += sum
      return sum / Double(count)
    }
    let grand = total / Double(count * count)
    for j in 0..<count {
      for i in 0..<count { k[j * count + i] = S(Double(k[j * count + i]) - means[i] - means[j] + grand) }
    }
  }
}
