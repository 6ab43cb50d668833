// Sequential generators: GSL's, and Philox made into one of GSL's, owned and freed here.

internal import CGSL
internal import CRandomKernels

/// A sequential random generator on a named stream.
///
/// With `.philox` (the default) the whole 64-bit key of (stream, seed) is set, and streams are independent.
/// GSL seeds its own generators with 32 bits: they get the lower half of the same key, so that of n streams
/// some two coincide with probability about n²/2³³ (one half at 77,000). Use those for comparison, not for
/// many streams.
///
/// The class is not `Sendable`: make one generator a task, with a name of its own.
///
/// - Source: Salmon, Moraes, Dror, Shaw, SC11; GNU Scientific Library, "Random Number Generation".
public final class RandomGenerator {
  /// The version of the GNU Scientific Library that was found at run time.
  public static var libraryVersion: String { String(cString: shim_gsl_version()) }

  /// The algorithms; all but Philox are GSL's.
  public enum Algorithm: String, CaseIterable, Sendable {
    /// Philox4x32-10, counter-based; 53-bit uniforms.
    case philox
    /// Mersenne twister of 2002; 32-bit uniforms.
    case mt19937
    /// RANLUX at luxury 2 in single precision; 24-bit uniforms.
    case ranlxs2
    /// RANLUX at luxury 2 in double precision; 48-bit uniforms.
    case ranlxd2
    /// Three combined Tausworthe generators; 32-bit uniforms.
    case taus2
    /// Four-tap generalised feedback shift register; 32-bit uniforms.
    case gfsr4
    /// Fifth-order multiple recursive generator of L'Ecuyer; 31-bit uniforms.
    case mrg
    /// Two combined multiple recursive generators of L'Ecuyer; 31-bit uniforms.
    case cmrg

    fileprivate var type: UnsafePointer<gsl_rng_type> {
      switch self {
      case .philox: crk_philox_gsl_type().assumingMemoryBound(to: gsl_rng_type.self)
      case .mt19937: shim_gsl_rng_mt19937()
      case .ranlxs2: shim_gsl_rng_ranlxs2()
      case .ranlxd2: shim_gsl_rng_ranlxd2()
      case .taus2: shim_gsl_rng_taus2()
      case .gfsr4: shim_gsl_rng_gfsr4()
      case .mrg: shim_gsl_rng_mrg()
      case .cmrg: shim_gsl_rng_cmrg()
      }
    }
  }

  /// The algorithm of this generator.
  public let algorithm: Algorithm
  let state: UnsafeMutablePointer<gsl_rng>

  /// A generator at the start of a named stream.
  public convenience init(_ algorithm: Algorithm = .philox, stream: StreamName, seed: UInt64) {
    let key = stream.key(seed: seed)
    self.init(algorithm, gslSeed: UInt(key & 0xFFFF_FFFF))
    if algorithm == .philox {
      crk_philox_gsl_set_key(state.pointee.state, key)
    }
  }

  /// A generator seeded as GSL does, for comparison with published values.
  ///
  /// - Parameter algorithm: one of GSL's generators, or Philox.
  /// - Parameter gslSeed: 0 means the algorithm's own default seed, as in GSL; the key itself for Philox.
  public convenience init(_ algorithm: Algorithm, gslSeed: UInt) {
    _ = Self.silencedErrorHandler
    guard let state = gsl_rng_alloc(algorithm.type) else {
      fatalError("out of memory: a random generator of kind \(algorithm.rawValue) could not be allocated")
    }
    gsl_rng_set(state, gslSeed)
    self.init(algorithm, owning: state)
  }

  private init(_ algorithm: Algorithm, owning state: UnsafeMutablePointer<gsl_rng>) {
    self.algorithm = algorithm
    self.state = state
  }

  deinit {
    gsl_rng_free(state)
  }

  /// GSL's default handler aborts the process; every argument is checked here before GSL sees it.
  private static let silencedErrorHandler: Void = {
    _ = gsl_set_error_handler_off()
  }()

  /// A second generator in the same state, which goes on to give the same numbers.
  public func clone() -> RandomGenerator {
    guard let copy = gsl_rng_clone(state) else {
      fatalError("out of memory: a random generator of kind \(algorithm.rawValue) could not be copied")
    }
    return RandomGenerator(algorithm, owning: copy)
  }

  /// The algorithm's next raw integer, of as many bits as ``Algorithm`` says (32 for Philox).
  public func next32() -> UInt32 {
    UInt32(truncatingIfNeeded: gsl_rng_get(state))
  }

  /// A uniform on [0, 1), of the resolution ``Algorithm`` says.
  public func uniform() -> Double {
    gsl_rng_uniform(state)
  }

  /// A uniform on the open interval (0, 1).
  public func uniformPositive() -> Double {
    gsl_rng_uniform_pos(state)
  }

  /// An integer, each of 0 ..< n equally likely.
  ///
  /// - Accuracy: exactly unbiased for every n, by rejection, given unbiased bits.
  public func uniform(below n: Int) -> Int {
    precondition(n > 0, "a uniform integer is drawn below a positive bound")
    let range = Int(state.pointee.type.pointee.max - state.pointee.type.pointee.min)
    if n <= range {
      return Int(gsl_rng_uniform_int(state, UInt(n)))
    }
    // GSL refuses bounds above the generator's range: put together 16 bits at a time what it can give.
    let bits = UInt64.bitWidth - UInt64(n - 1).leadingZeroBitCount
    let mask = bits == 64 ? UInt64.max : (1 << UInt64(bits)) - 1
    while true {
      var candidate: UInt64 = 0
      for _ in 0..<((bits + 15) / 16) {
        candidate = candidate << 16 | UInt64(gsl_rng_uniform_int(state, 65_536))
      }
      candidate &= mask
      if candidate < UInt64(n) { return Int(candidate) }
    }
  }

  /// Puts the elements in a uniformly random order (Fisher–Yates).
  public func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, uniform(below: last + 1))
    }
  }

  /// k different integers of 0 ..< n, every ordered choice equally likely.
  ///
  /// - Returns: shape [k], in random order.
  public func choose(_ k: Int, of n: Int) -> [Int] {
    precondition(k >= 0 && k <= n, "without replacement one can choose between 0 and n of n")
    // The first k steps of Fisher-Yates on 0 ..< n, of which only the moved entries are stored.
    var moved: [Int: Int] = [:]
    moved.reserveCapacity(k)
    return (0..<k).map { position in
      let other = position + uniform(below: n - position)
      let chosen = moved[other] ?? other
      moved[other] = moved[position] ?? position
      return chosen
    }
  }
}
