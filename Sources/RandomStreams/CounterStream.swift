// Counter-based streams: the number of path i at step k is a function of (i, k), not of what was drawn
// before, so that threads, chunks and order of evaluation cannot change a simulation.

internal import CRandomKernels

/// Standard normals addressed by path, step and component.
///
/// z(i, k, c) = half i mod 2 of the Box–Muller pair made of Philox4x32-10 at
/// counter (⌊i/2⌋, k, c) under the key of (stream, seed).
///
/// The same address gives the same bits in a block, in a chunk of any size or alone, on any thread and on
/// any processor: the kernel uses IEEE operations only, never contracted.
///
/// - Source: Salmon, Moraes, Dror, Shaw, SC11 (Philox); Box, Muller 1958.
/// - Accuracy: 52-bit uniforms, so |z| ≤ 8.49; the logarithm is good to 1 ulp and sine and cosine to
///   2.3e-16, measured against the system's library at 10⁶ points.
public struct CounterNormals: Hashable, Sendable {
  /// The Philox key.
  public let key: UInt64

  /// The normals of a named stream.
  public init(_ stream: StreamName, seed: UInt64) {
    key = stream.key(seed: seed)
  }

  /// Writes the normals of consecutive paths at one step.
  ///
  /// - Parameters:
  ///   - out: shape [paths], one normal a path; dimensionless.
  ///   - step: below 2³².
  ///   - firstPath: the path of `out[0]`.
  ///   - component: which of a path's independent normals of this step, below 2³⁰.
  public func fill(_ out: inout MutableSpan<Double>, step: Int, firstPath: Int, component: Int = 0) {
    out.withUnsafeMutableBufferPointer { fill($0, step: step, firstPath: firstPath, component: component) }
  }

  /// Writes the normals of consecutive paths at one step.
  ///
  /// - Parameters:
  ///   - out: shape [paths], one normal a path; dimensionless.
  ///   - step: below 2³².
  ///   - firstPath: the path of `out[0]`.
  ///   - component: which of a path's independent normals of this step, below 2³⁰.
  public func fill(_ out: UnsafeMutableBufferPointer<Double>, step: Int, firstPath: Int, component: Int = 0) {
    guard let base = out.baseAddress, out.count > 0 else { return }
    let address = CounterAddress(path: firstPath, step: step, component: component)
    crk_fill_normals(base, out.count, address.path, address.step, address.component, key)
  }

  /// The normal of one path at one step, with the same bits as in any block.
  public func normal(path: Int, step: Int, component: Int = 0) -> Double {
    let address = CounterAddress(path: path, step: step, component: component)
    var value = 0.0
    crk_fill_normals(&value, 1, address.path, address.step, address.component, key)
    return value
  }
}

/// Uniforms on [0, 1) addressed by path, step and component.
///
/// u(i, k, c) = 2⁻⁵² × 52 bits of half i mod 2 of Philox4x32-10 at counter (⌊i/2⌋, k, c). The counters are
/// set apart from those of ``CounterNormals``: the two are independent even under one name and seed.
///
/// - Source: Salmon, Moraes, Dror, Shaw, SC11.
public struct CounterUniforms: Hashable, Sendable {
  /// The Philox key.
  public let key: UInt64

  /// The uniforms of a named stream.
  public init(_ stream: StreamName, seed: UInt64) {
    key = stream.key(seed: seed)
  }

  /// Writes the uniforms of consecutive paths at one step.
  ///
  /// - Parameters:
  ///   - out: shape [paths], one uniform a path; dimensionless.
  ///   - step: below 2³².
  ///   - firstPath: the path of `out[0]`.
  ///   - component: which of a path's independent uniforms of this step, below 2³⁰.
  public func fill(_ out: inout MutableSpan<Double>, step: Int, firstPath: Int, component: Int = 0) {
    out.withUnsafeMutableBufferPointer { fill($0, step: step, firstPath: firstPath, component: component) }
  }

  /// Writes the uniforms of consecutive paths at one step.
  ///
  /// - Parameters:
  ///   - out: shape [paths], one uniform a path; dimensionless.
  ///   - step: below 2³².
  ///   - firstPath: the path of `out[0]`.
  ///   - component: which of a path's independent uniforms of this step, below 2³⁰.
  public func fill(_ out: UnsafeMutableBufferPointer<Double>, step: Int, firstPath: Int, component: Int = 0) {
    guard let base = out.baseAddress, out.count > 0 else { return }
    let address = CounterAddress(path: firstPath, step: step, component: component)
    crk_fill_uniforms(base, out.count, address.path, address.step, address.component, key)
  }

  /// The uniform of one path at one step, with the same bits as in any block.
  public func uniform(path: Int, step: Int, component: Int = 0) -> Double {
    let address = CounterAddress(path: path, step: step, component: component)
    var value = 0.0
    crk_fill_uniforms(&value, 1, address.path, address.step, address.component, key)
    return value
  }
}

/// A place in a counter-based stream, checked: a counter that wrapped would silently repeat numbers.
private struct CounterAddress {
  let path: UInt64
  let step: UInt32
  let component: UInt32

  init(path: Int, step: Int, component: Int) {
    precondition(path >= 0, "a path of a counter-based stream is numbered from 0")
    precondition(step >= 0 && step <= Int(UInt32.max), "a step of a counter-based stream lies in 0 ..< 2^32")
    precondition(component >= 0 && component < 1 << 30, "a component of a counter-based stream lies in 0 ..< 2^30")
    self.path = UInt64(path)
    self.step = UInt32(step)
    self.component = UInt32(component)
  }
}
