// The entrywise loops of sequential networks, on memory that was planned once.

internal import DenseLinearAlgebra
private import Glibc

enum SequentialKernel {
  /// y ← s y + t x.
  @specialized(where S == Double) @specialized(where S == Float)
  static func combine<S: BLASScalar>(_ s: S, _ y: inout [S], _ t: S, _ x: [S]) {
    precondition(x.count == y.count, "vectors of lengths \(x.count) and \(y.count) do not add")
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in for i in y.indices { y[i] = s * y[i] + t * x[i] } }
    }
  }

  /// z ← φ(z). A NaN stays one.
  @specialized(where S == Double) @specialized(where S == Float)
  static func activate<S: BLASScalar>(_ layer: SequentialLayer, _ z: UnsafeMutablePointer<S>, _ count: Int) {
    switch layer {
    case .relu: for i in 0..<count { z[i] = z[i] < 0 ? 0 : z[i] }
    case .leakyReLU(let slope):
      let a = S(slope)
      for i in 0..<count { z[i] = z[i] < 0 ? a * z[i] : z[i] }
    case .tanh: for i in 0..<count { z[i] = S(Glibc.tanh(Double(z[i]))) }
    case .sigmoid: for i in 0..<count { z[i] = S(1 / (1 + exp(-Double(z[i])))) }
    default: break
    }
  }

  /// d ← d ∘ φ′(z), from y = φ(z).
  @specialized(where S == Double) @specialized(where S == Float)
  static func differentiate<S: NetworkScalar>(
    _ layer: SequentialLayer, _ y: UnsafePointer<S>, _ d: UnsafeMutablePointer<S>, _ count: Int
  ) {
    switch layer {
    case .relu: S.gate(count, 0, y, d)
    case .leakyReLU(let slope): S.gate(count, S(slope), y, d)
    case .tanh: for i in 0..<count { d[i] *= (1 - y[i]) * (1 + y[i]) }
    case .sigmoid: for i in 0..<count { d[i] *= y[i] * (1 - y[i]) }
    default: break
    }
  }

  /// y ← x ∘ mask.
  @specialized(where S == Double) @specialized(where S == Float)
  static func multiply<S: BLASScalar>(
    _ x: UnsafePointer<S>, _ mask: UnsafePointer<S>, _ y: UnsafeMutablePointer<S>, _ count: Int
  ) { for i in 0..<count { y[i] = x[i] * mask[i] } }

  /// b_o ← Σ_j y_oj over columns.
  @specialized(where S == Double) @specialized(where S == Float)
  static func sumColumns<S: BLASScalar>(
    _ y: UnsafePointer<S>, _ columns: Int, into b: UnsafeMutablePointer<S>, _ m: Int
  ) {
    b.update(repeating: 0, count: m)
    for j in 0..<columns { for i in 0..<m { b[i] += y[j * m + i] } }
  }

  /// Softmax cross-entropy −Σ t_k log p_k of each column with soft targets that sum to 1, and its derivative p − t.
  ///
  /// With z_max taken out: ℓ = log Σ e^{z − z_max} + Σ t_k (z_max − z_k), in double precision for either element type.
  /// At a one-hot target the derivative there is −Σ of the other probabilities, which keeps its digits near zero loss.
  ///
  /// - Returns: how many columns have their largest logit at their largest target; none with a NaN.
  @specialized(where S == Double) @specialized(where S == Float)
  static func softmaxCrossEntropy<S: BLASScalar>(
    _ z: UnsafePointer<S>, _ targets: UnsafePointer<S>, _ d: UnsafeMutablePointer<S>, _ losses: UnsafeMutablePointer<S>,
    columns: Int, classes m: Int
  ) -> Int {
    var correct = 0
    for j in 0..<columns {
      let (z, t, d) = (z + j * m, targets + j * m, d + j * m)
      var (top, label) = (0, 0)
      for i in 1..<m {
        if z[i] > z[top] { top = i }
        if t[i] > t[label] { label = i }
      }
      let largest = Double(z[top])
      var (rest, below) = (0.0, 0.0)
      for i in 0..<m where i != top {
        let difference = Double(z[i]) - largest
        let e = exp(difference)
        d[i] = S(e)
        rest += e
        below -= Double(t[i]) * difference
      }
      d[top] = 1
      let loss = log1p(rest) + below
      losses[j] = S(loss)
      if top == label && !loss.isNaN { correct += 1 }
      let scale = 1 / (1 + rest)
      var others = 0.0
      for i in 0..<m {
        let p = Double(d[i]) * scale
        if i != label { others += p }
        d[i] = S(p - Double(t[i]))
      }
      if t[label] == 1 { d[label] = S(-others) }
    }
    return correct
  }
}
