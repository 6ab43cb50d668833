// The bare pieces of the counter kernel, for tests of the published vectors and of accuracy.

internal import CRandomKernels

/// One block of Philox4x32-10, as published.
///
/// - Source: Salmon, Moraes, Dror, Shaw, SC11.
func philoxBlock(counter: [UInt32], key: [UInt32]) -> [UInt32] {
  precondition(counter.count == 4 && key.count == 2, "Philox4x32 has four counter words and two key words")
  var block = [UInt32](repeating: 0, count: 4)
  crk_philox4x32_10(counter, key, &block)
  return block
}

/// The kernel's natural logarithm on (0, 1].
func kernelLogarithm(_ u: Double) -> Double { crk_log(u) }

/// The kernel's sine and cosine of 2πt, t in [0, 1).
func kernelSineCosine(turns t: Double) -> (sine: Double, cosine: Double) {
  var sine = 0.0
  var cosine = 0.0
  crk_sincos_turns(t, &sine, &cosine)
  return (sine, cosine)
}
