// Convolutions of a chunk of samples: oneDNN in single precision, patches and matrix products in double.

internal import CNetworkKernels
public import DenseLinearAlgebra

/// The windows of a convolution or pooling on samples of one shape.
public struct ImageWindows: Sendable {
  let raw: cnk_windows

  init(_ input: SampleShape, _ output: SampleShape, kernel: Int, stride: Int, padding: Int) {
    raw = cnk_windows(
      height: Int32(input.height), width: Int32(input.width), channels: Int32(input.channels),
      rows: Int32(output.height), columns: Int32(output.width), kernel: Int32(kernel), stride: Int32(stride),
      padding: Int32(padding))
  }

  var inputs: Int { Int(raw.height * raw.width * raw.channels) }
  var positions: Int { Int(raw.rows * raw.columns) }
  /// k² cin.
  var patch: Int { Int(raw.kernel * raw.kernel * raw.channels) }
}

/// `Float` or `Double`: what sequential networks compute in. The requirements mirror C kernels on one sample.
public protocol NetworkScalar: BLASScalar {
  static func pool(
    _ g: ImageWindows, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>, _ choice: UnsafeMutablePointer<UInt8>)
  static func poolAdjoint(
    _ g: ImageWindows, _ dy: UnsafePointer<Self>, _ choice: UnsafePointer<UInt8>, _ y: UnsafePointer<Self>?,
    _ dx: UnsafeMutablePointer<Self>)
  static func patches(_ g: ImageWindows, _ x: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>)
  static func patchesAdjoint(_ g: ImageWindows, _ patches: UnsafePointer<Self>, _ x: UnsafeMutablePointer<Self>)
  static func patchProducts(
    _ g: ImageWindows, _ outputs: Int, _ x: UnsafePointer<Self>, _ delta: UnsafePointer<Self>, _ v: UnsafePointer<Self>,
    _ u: UnsafePointer<Self>, _ right: UnsafeMutablePointer<Self>, _ left: UnsafeMutablePointer<Self>)
  /// y = z + b for columns of length m, rectified if asked.
  static func addBias(
    _ m: Int, _ columns: Int, _ z: UnsafePointer<Self>, _ b: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>,
    rectified: Bool)
  /// d times `below` where y ≤ 0.
  static func gate(_ count: Int, _ below: Self, _ y: UnsafePointer<Self>, _ d: UnsafeMutablePointer<Self>)
  /// y ← max(0, y − s x∘x): a vanishing variance may round below zero.
  static func subtractSquares(_ count: Int, _ s: Self, _ x: UnsafePointer<Self>, from y: UnsafeMutablePointer<Self>)
}

extension Float: NetworkScalar {
  public static func pool(
    _ g: ImageWindows, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ choice: UnsafeMutablePointer<UInt8>
  ) { withUnsafePointer(to: g.raw) { cnk_pool_f($0, x, y, choice) } }

  public static func poolAdjoint(
    _ g: ImageWindows, _ dy: UnsafePointer<Float>, _ choice: UnsafePointer<UInt8>, _ y: UnsafePointer<Float>?,
    _ dx: UnsafeMutablePointer<Float>
  ) { withUnsafePointer(to: g.raw) { cnk_pool_adjoint_f($0, dy, choice, y, dx) } }

  public static func patches(_ g: ImageWindows, _ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>) {
    withUnsafePointer(to: g.raw) { cnk_patches_f($0, x, out) }
  }

  public static func patchesAdjoint(
    _ g: ImageWindows, _ patches: UnsafePointer<Float>, _ x: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: g.raw) { cnk_patches_adjoint_f($0, patches, x) }
  }

  public static func patchProducts(
    _ g: ImageWindows, _ outputs: Int, _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
    _ v: UnsafePointer<Float>,
    _ u: UnsafePointer<Float>, _ right: UnsafeMutablePointer<Float>, _ left: UnsafeMutablePointer<Float>
  ) { withUnsafePointer(to: g.raw) { cnk_patch_products_f($0, Int32(outputs), x, delta, v, u, right, left) } }

  public static func addBias(
    _ m: Int, _ columns: Int, _ z: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    rectified: Bool
  ) { cnk_add_bias_f(m, columns, z, b, y, rectified ? 1 : 0) }

  public static func gate(_ count: Int, _ below: Float, _ y: UnsafePointer<Float>, _ d: UnsafeMutablePointer<Float>) {
    cnk_gate_f(count, below, y, d)
  }

  public static func subtractSquares(
    _ count: Int, _ s: Float, _ x: UnsafePointer<Float>, from y: UnsafeMutablePointer<Float>
  ) { cnk_subtract_squares_f(count, s, x, y) }
}

extension Double: NetworkScalar {
  public static func pool(
    _ g: ImageWindows, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>,
    _ choice: UnsafeMutablePointer<UInt8>
  ) { withUnsafePointer(to: g.raw) { cnk_pool_d($0, x, y, choice) } }

  public static func poolAdjoint(
    _ g: ImageWindows, _ dy: UnsafePointer<Double>, _ choice: UnsafePointer<UInt8>, _ y: UnsafePointer<Double>?,
    _ dx: UnsafeMutablePointer<Double>
  ) { withUnsafePointer(to: g.raw) { cnk_pool_adjoint_d($0, dy, choice, y, dx) } }

  public static func patches(_ g: ImageWindows, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) {
    withUnsafePointer(to: g.raw) { cnk_patches_d($0, x, out) }
  }

  public static func patchesAdjoint(
    _ g: ImageWindows, _ patches: UnsafePointer<Double>, _ x: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: g.raw) { cnk_patches_adjoint_d($0, patches, x) }
  }

  public static func patchProducts(
    _ g: ImageWindows, _ outputs: Int, _ x: UnsafePointer<Double>, _ delta: UnsafePointer<Double>,
    _ v: UnsafePointer<Double>,
    _ u: UnsafePointer<Double>, _ right: UnsafeMutablePointer<Double>, _ left: UnsafeMutablePointer<Double>
  ) { withUnsafePointer(to: g.raw) { cnk_patch_products_d($0, Int32(outputs), x, delta, v, u, right, left) } }

  public static func addBias(
    _ m: Int, _ columns: Int, _ z: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>,
    rectified: Bool
  ) { cnk_add_bias_d(m, columns, z, b, y, rectified ? 1 : 0) }

  public static func gate(_ count: Int, _ below: Double, _ y: UnsafePointer<Double>, _ d: UnsafeMutablePointer<Double>)
  {
    cnk_gate_d(count, below, y, d)
  }

  public static func subtractSquares(
    _ count: Int, _ s: Double, _ x: UnsafePointer<Double>, from y: UnsafeMutablePointer<Double>
  ) { cnk_subtract_squares_d(count, s, x, y) }
}

/// A convolution of a fixed number of samples. It belongs to one thread at a time.
class WindowedConvolution<Scalar: NetworkScalar>: @unchecked Sendable {
  let windows: ImageWindows
  let outputs: Int
  let samples: Int

  init(_ windows: ImageWindows, outputs: Int, samples: Int) {
    (self.windows, self.outputs, self.samples) = (windows, outputs, samples)
  }

  /// The fastest that there is for the precision.
  static func make(_ windows: ImageWindows, outputs: Int, samples: Int) -> WindowedConvolution {
    if let fast = OneDNNConvolution(windows, outputs: outputs, samples: samples) as? WindowedConvolution { return fast }
    return PatchConvolution(windows, outputs: outputs, samples: samples)
  }

  /// y = conv(x, w) + b, rectified if asked.
  func forward(
    _ x: UnsafePointer<Scalar>, _ w: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>,
    _ y: UnsafeMutablePointer<Scalar>,
    rectified: Bool
  ) {}
  /// dx = the adjoint of conv(·, w) at dy.
  func backward(_ dy: UnsafePointer<Scalar>, _ w: UnsafePointer<Scalar>, _ dx: UnsafeMutablePointer<Scalar>) {}
  /// dw, db = Σ over the samples.
  func gradient(
    _ x: UnsafePointer<Scalar>, _ dy: UnsafePointer<Scalar>, _ dw: UnsafeMutablePointer<Scalar>,
    _ db: UnsafeMutablePointer<Scalar>
  ) {}
}

/// By oneDNN.
final class OneDNNConvolution: WindowedConvolution<Float>, @unchecked Sendable {
  private let plan: OpaquePointer

  /// nil if oneDNN has no primitive for the shape.
  init?(_ windows: ImageWindows, outputs: Int, samples: Int, _: Void = ()) {
    var reason = [CChar](repeating: 0, count: 256)
    let g = windows.raw
    guard
      let plan = cnk_plan_create(
        Int32(samples), g.height, g.width, g.channels, Int32(outputs), g.kernel, g.stride, g.padding, &reason)
    else { return nil }
    self.plan = plan
    super.init(windows, outputs: outputs, samples: samples)
  }

  deinit { cnk_plan_destroy(plan) }

  override func forward(
    _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    rectified: Bool
  ) { run(cnk_forward(plan, x, w, b, y, rectified ? 1 : 0)) }

  override func backward(_ dy: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>) {
    run(cnk_backward_data(plan, dy, w, dx))
  }

  override func gradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dw: UnsafeMutablePointer<Float>,
    _ db: UnsafeMutablePointer<Float>
  ) { run(cnk_backward_weights(plan, x, dy, dw, db)) }

  /// A primitive that could be made fails to run only where memory has run out.
  private func run(_ status: Int32) { precondition(status == 0, "oneDNN could not run a convolution: out of memory") }
}

/// By patches: one matrix product a sample.
final class PatchConvolution<Scalar: NetworkScalar>: WindowedConvolution<Scalar>, @unchecked Sendable {
  private let patches: SampleBuffer<Scalar>

  override init(_ windows: ImageWindows, outputs: Int, samples: Int) {
    patches = SampleBuffer(windows.patch * windows.positions, of: 0)
    super.init(windows, outputs: outputs, samples: samples)
  }

  override func forward(
    _ x: UnsafePointer<Scalar>, _ w: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>,
    _ y: UnsafeMutablePointer<Scalar>,
    rectified: Bool
  ) {
    let (k, p) = (windows.patch, windows.positions)
    for i in 0..<samples {
      let out = y + i * outputs * p
      for j in 0..<p { (out + j * outputs).update(from: b, count: outputs) }
      Scalar.patches(windows, x + i * windows.inputs, patches.pointer)
      Scalar.gemm(false, false, outputs, p, k, 1, w, outputs, patches.pointer, k, 1, out, outputs)
      if rectified { for j in 0..<outputs * p where out[j] < 0 { out[j] = 0 } }
    }
  }

  override func backward(_ dy: UnsafePointer<Scalar>, _ w: UnsafePointer<Scalar>, _ dx: UnsafeMutablePointer<Scalar>) {
    let (k, p) = (windows.patch, windows.positions)
    for i in 0..<samples {
      let out = dx + i * windows.inputs
      out.update(repeating: 0, count: windows.inputs)
      Scalar.gemm(true, false, k, p, outputs, 1, w, outputs, dy + i * outputs * p, outputs, 0, patches.pointer, k)
      Scalar.patchesAdjoint(windows, patches.pointer, out)
    }
  }

  override func gradient(
    _ x: UnsafePointer<Scalar>, _ dy: UnsafePointer<Scalar>, _ dw: UnsafeMutablePointer<Scalar>,
    _ db: UnsafeMutablePointer<Scalar>
  ) {
    let (k, p) = (windows.patch, windows.positions)
    db.update(repeating: 0, count: outputs)
    for i in 0..<samples {
      let delta = dy + i * outputs * p
      Scalar.patches(windows, x + i * windows.inputs, patches.pointer)
      Scalar.gemm(false, true, outputs, k, p, 1, delta, outputs, patches.pointer, k, i == 0 ? 0 : 1, dw, outputs)
      for j in 0..<p { for o in 0..<outputs { db[o] += delta[j * outputs + o] } }
    }
  }
}
