// Itô's and Stratonovich's drifts of vector equations.

extension ItoProcess {
  /// ½ Σⱼ (∂bⱼ/∂x) bⱼ by central differences along the columns of B, over 6e-6 max(1, ‖x‖∞).
  ///
  /// - Accuracy: 4e-11 relative to ‖B‖² and to B's third derivatives, where all are of order 1 at distance 1; a process
  ///   that lives on another scale writes its own.
  public func noiseInducedDrift(at t: Double, _ x: Span<Double>, into c: inout MutableSpan<Double>) {
    let d = x.count
    for i in 0..<d { c[i] = 0 }
    guard !hasAdditiveNoise else { return }
    precondition(noiseStructure != .lowRankFactor, "a process whose noise is a low-rank factor must write its own")
    let isDiagonal = noiseStructure == .diagonal
    let count = isDiagonal ? d : d * noiseDimension
    var length = 1.0
    for i in 0..<d { length = max(length, abs(x[i])) }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: d + 2 * count) { scratch in
      scratch.initialize(repeating: 0)
      let point = UnsafeMutableBufferPointer(rebasing: scratch[..<d])
      let b = UnsafeMutableBufferPointer(rebasing: scratch[d..<(d + count)])
      let moved = UnsafeMutableBufferPointer(rebasing: scratch[(d + count)...])
      var span = b.mutableSpan
      diffusion(at: t, x, into: &span)
      // A diagonal is differentiated in all coordinates at once: none depends on another's.
      for j in 0..<(isDiagonal ? 1 : noiseDimension) {
        let column = UnsafeMutableBufferPointer(rebasing: b[(j * d)..<((j + 1) * d)])
        var size = 0.0
        for i in 0..<d { size = max(size, abs(column[i])) }
        guard size > 0 else { continue }
        let step = centralDifferenceStep * length / size
        for sign in [1.0, -1] {
          for i in 0..<d { point[i] = x[i] + sign * step * column[i] }
          var span = moved.mutableSpan
          diffusion(at: t, point.span, into: &span)
          for i in 0..<d { c[i] += sign * moved[j * d + i] / (4 * step) }
        }
      }
    }
  }

  public func stratonovichDrift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) {
    drift(at: t, x, into: &a)
    guard !hasAdditiveNoise else { return }
    let d = x.count
    withUnsafeTemporaryAllocation(of: Double.self, capacity: d) { c in
      c.initialize(repeating: 0)
      var span = c.mutableSpan
      noiseInducedDrift(at: t, x, into: &span)
      for i in 0..<d { a[i] -= c[i] }
    }
  }
}

/// The Itô equation of a Stratonovich one, dX = a dt + B ∘ dW: its drift is a + ½ Σⱼ (∂bⱼ/∂x) bⱼ.
public struct VectorStratonovichProcess<Process: ItoProcess>: ItoProcess {
  /// The equation, its drift read as Stratonovich's.
  public let process: Process

  @inlinable
  public init(_ process: Process) { self.process = process }

  @inlinable public var stateDimension: Int { process.stateDimension }
  @inlinable public var noiseDimension: Int { process.noiseDimension }
  @inlinable public var noiseStructure: NoiseStructure { process.noiseStructure }
  @inlinable public var hasAdditiveNoise: Bool { process.hasAdditiveNoise }

  public func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) {
    process.drift(at: t, x, into: &a)
    guard !hasAdditiveNoise else { return }
    let d = x.count
    withUnsafeTemporaryAllocation(of: Double.self, capacity: d) { c in
      c.initialize(repeating: 0)
      var span = c.mutableSpan
      process.noiseInducedDrift(at: t, x, into: &span)
      for i in 0..<d { a[i] += c[i] }
    }
  }

  @inlinable
  public func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) {
    process.diffusion(at: t, x, into: &b)
  }

  @inlinable
  public func diffusionDerivative(at t: Double, _ x: Span<Double>, into slope: inout MutableSpan<Double>) {
    process.diffusionDerivative(at: t, x, into: &slope)
  }

  @inlinable
  public func addNoise(at t: Double, _ x: Span<Double>, _ increment: Span<Double>, to y: inout MutableSpan<Double>) {
    process.addNoise(at: t, x, increment, to: &y)
  }

  @inlinable
  public func noiseInducedDrift(at t: Double, _ x: Span<Double>, into c: inout MutableSpan<Double>) {
    process.noiseInducedDrift(at: t, x, into: &c)
  }

  /// The drift as it was given, free of the rounding of two conversions.
  @inlinable
  public func stratonovichDrift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) {
    process.drift(at: t, x, into: &a)
  }
}
