// The entrywise loops of a training step, specialised for both element types so that debug builds are fast too.
//
// Transcendental functions are computed in double precision for either element type: there are few of them
// beside the matrix products, and softmax then loses nothing to single precision.

internal import DenseLinearAlgebra
private import Glibc

enum Kernel {
  /// y ← y + s x.
  @specialized(where S == Double) @specialized(where S == Float)
  static func add<S: BLASScalar>(_ s: S, _ x: [S], to y: inout [S]) {
    precondition(x.count == y.count, "vectors of lengths \(x.count) and \(y.count) do not add")
    for i in y.indices { y[i] += s * x[i] }
  }

  /// y ← s y; zero times anything is zero, as in BLAS, so that stale contents cannot leak.
  @specialized(where S == Double) @specialized(where S == Float)
  static func scale<S: BLASScalar>(_ s: S, _ y: inout [S]) {
    for i in y.indices { y[i] = s == 0 ? 0 : s * y[i] }
  }

  /// Σ x_i, in double precision.
  @specialized(where S == Double) @specialized(where S == Float)
  static func sum<S: BLASScalar>(_ x: [S]) -> Double {
    var total = 0.0
    for value in x { total += Double(value) }
    return total
  }

  /// Every column of y becomes b.
  @specialized(where S == Double) @specialized(where S == Float)
  static func fillColumns<S: BLASScalar>(_ y: inout [S], with b: [S]) {
    let m = b.count
    b.withUnsafeBufferPointer { b in
      y.withUnsafeMutableBufferPointer { y in
        for j in stride(from: 0, to: y.count, by: m) { for i in 0..<m { y[j + i] = b[i] } }
      }
    }
  }

  /// b ← b + s Σ_j y_j over the columns of y.
  @specialized(where S == Double) @specialized(where S == Float)
  static func addColumns<S: BLASScalar>(_ s: S, of y: [S], to b: inout [S]) {
    let m = b.count
    y.withUnsafeBufferPointer { y in
      b.withUnsafeMutableBufferPointer { b in
        for j in stride(from: 0, to: y.count, by: m) { for i in 0..<m { b[i] += s * y[j + i] } }
      }
    }
  }

  /// Column j of y becomes w_j times column j of x.
  @specialized(where S == Double) @specialized(where S == Float)
  static func scaleColumns<S: BLASScalar>(of x: [S], by w: [S], into y: inout [S]) {
    guard !w.isEmpty else { return }
    let m = x.count / w.count
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        for j in w.indices { for i in 0..<m { y[j * m + i] = w[j] * x[j * m + i] } }
      }
    }
  }

  /// Column j of y becomes column `indices[j]` of x.
  @specialized(where S == Double) @specialized(where S == Float)
  static func gather<S: BLASScalar>(_ indices: [Int], of x: [S], height: Int, into y: inout [S]) {
    precondition(y.count == indices.count * height, "the batch has room for another number of samples")
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        for (j, index) in indices.enumerated() {
          precondition(index >= 0 && (index + 1) * height <= x.count, "sample \(index) is not in the data set")
          let (to, from) = (y.baseAddress! + j * height, x.baseAddress! + index * height)
          to.update(from: from, count: height)
        }
      }
    }
  }

  /// z ← φ(z). A NaN stays one: a network that has diverged must not look dead instead.
  @specialized(where S == Double) @specialized(where S == Float)
  static func activate<S: BLASScalar>(_ activation: Activation, _ z: inout [S]) {
    z.withUnsafeMutableBufferPointer { z in
      switch activation {
      case .relu: for i in z.indices { z[i] = z[i] < 0 ? 0 : z[i] }
      case .tanh: for i in z.indices { z[i] = S(Glibc.tanh(Double(z[i]))) }
      }
    }
  }

  /// d ← d ∘ φ′(z), from y = φ(z): both derivatives are functions of the value.
  @specialized(where S == Double) @specialized(where S == Float)
  static func differentiate<S: BLASScalar>(_ activation: Activation, _ y: [S], _ d: inout [S]) {
    precondition(y.count == d.count, "\(y.count) activations and \(d.count) derivatives")
    y.withUnsafeBufferPointer { y in
      d.withUnsafeMutableBufferPointer { d in
        switch activation {
        case .relu: for i in d.indices { d[i] = y[i] <= 0 ? 0 : d[i] }
        case .tanh: for i in d.indices { d[i] *= (1 - y[i]) * (1 + y[i]) }
        }
      }
    }
  }

  /// t ← t + e ∘ φ″(z) ∘ ż, with φ″(z) ż = −2 y ẏ for tanh, where ẏ is the tangent of y, and 0 for ReLU.
  @specialized(where S == Double) @specialized(where S == Float)
  static func addCurvature<S: BLASScalar>(_ activation: Activation, _ y: [S], _ yDot: [S], _ e: [S], to t: inout [S]) {
    guard activation == .tanh else { return }
    for i in t.indices { t[i] -= 2 * y[i] * yDot[i] * e[i] }
  }

  /// Softmax cross-entropy of each column of logits, and its derivative p − e_y.
  ///
  /// With z_max taken out, ℓ = log1p(Σ_{j≠max} e^{z_j − z_max}) + z_max − z_y, which neither overflows nor
  /// loses a small loss beside 1; the derivative at the label is −Σ_{j≠y} p_j for the same reason.
  ///
  /// - Returns: how many columns have their largest entry at the label; none with a NaN.
  @specialized(where S == Double) @specialized(where S == Float)
  static func softmaxCrossEntropy<S: BLASScalar>(
    logits: [S], labels: [Int], deltas: inout [S], losses: inout [S]
  ) -> Int {
    guard !labels.isEmpty else { return 0 }
    let m = logits.count / labels.count
    var correct = 0
    logits.withUnsafeBufferPointer { z in
      deltas.withUnsafeMutableBufferPointer { d in
        for (j, label) in labels.enumerated() {
          let start = j * m
          var top = 0
          for i in 1..<m where z[start + i] > z[start + top] { top = i }
          let largest = Double(z[start + top])
          var rest = 0.0
          for i in 0..<m where i != top {
            let e = exp(Double(z[start + i]) - largest)
            d[start + i] = S(e)
            rest += e
          }
          let loss = log1p(rest) + (largest - Double(z[start + label]))
          losses[j] = S(loss)
          if top == label && !loss.isNaN { correct += 1 }
          let scale = 1 / (1 + rest)
          d[start + top] = 1
          var others = 0.0
          for i in 0..<m {
            let p = Double(d[start + i]) * scale
            d[start + i] = S(p)
            if i != label { others += p }
          }
          d[start + label] = S(-others)
        }
      }
    }
    return correct
  }

  /// The tangent of p − e_y: p ∘ (ż − pᵀż) for each column.
  @specialized(where S == Double) @specialized(where S == Float)
  static func softmaxTangent<S: BLASScalar>(deltas: [S], labels: [Int], logitTangent: [S], into out: inout [S]) {
    guard !labels.isEmpty else { return }
    let m = deltas.count / labels.count
    for (j, label) in labels.enumerated() {
      func p(_ i: Int) -> S { deltas[j * m + i] + (i == label ? 1 : 0) }
      var mean: S = 0
      for i in 0..<m { mean += p(i) * logitTangent[j * m + i] }
      for i in 0..<m { out[j * m + i] = p(i) * (logitTangent[j * m + i] - mean) }
    }
  }
}
