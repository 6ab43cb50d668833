// Numbers with infinitesimal parts: directions with ε² = 0 for derivatives, dt and dB with dB dB = dt for Itô's calculus.

/// A commutative algebra 1 ⊕ N with N nilpotent, given by a basis in which a product of two elements is an element or zero.
///
/// Evaluating f at x + εE gives Df(x)[E] as the coefficient of ε; evaluating it at X + dX in ``extended(brownianMotions:)``
/// gives Itô's formula, since there Taylor's series ends after (dX)² and dB² = dt. Neither uses a rule of differentiation.
public final class NilpotentAlgebra: Sendable {
  public let size: Int
  /// A product of this many nilpotent elements vanishes.
  public let order: Int
  /// Index of eᵢ·eⱼ, or −1 for zero.
  private let table: [Int32]

  private init(size: Int, order: Int, table: [Int32]) { (self.size, self.order, self.table) = (size, order, table) }

  public static let scalars = NilpotentAlgebra(size: 1, order: 1, table: [0])

  @inline(__always) func product(_ i: Int, _ j: Int) -> Int { Int(table[i * size + j]) }

  /// The tensor product with a local algebra. Old elements keep their indices; local element l times old o is l·size + o.
  private func extended(
    size local: Int, order localOrder: Int, _ localProduct: (Int, Int) -> Int
  ) throws(EvaluationError) -> NilpotentAlgebra {
    let newSize = size * local
    guard newSize <= 1_024 else { throw .tooLarge("derivatives and differentials nested into \(newSize) parts") }
    var table = [Int32](repeating: -1, count: newSize * newSize)
    for l in 0..<local {
      for k in 0..<local {
        let m = localProduct(l, k)
        guard m >= 0 else { continue }
        for o in 0..<size {
          for p in 0..<size where product(o, p) >= 0 {
            table[(l * size + o) * newSize + k * size + p] = Int32(m * size + product(o, p))
          }
        }
      }
    }
    return NilpotentAlgebra(size: newSize, order: order + localOrder - 1, table: table)
  }

  /// Adjoins ε₁ … εₖ with εᵢ² = 0; the coefficient of ε₁⋯εₖ starts at (2ᵏ − 1)·size.
  public func extended(directions k: Int) throws(EvaluationError) -> NilpotentAlgebra {
    try extended(size: 1 << k, order: k + 1) { $0 & $1 == 0 ? $0 | $1 : -1 }
  }

  /// Adjoins dt (local index 1) and dB₁ … dBᵣ (2 …), with dBᵢ dBⱼ = δᵢⱼ dt and every other product zero.
  public func extended(brownianMotions r: Int) throws(EvaluationError) -> NilpotentAlgebra {
    try extended(size: 2 + r, order: 3) { i, j in
      if i == 0 { return j }
      if j == 0 { return i }
      return i == j && i >= 2 ? 1 : -1
    }
  }
}
