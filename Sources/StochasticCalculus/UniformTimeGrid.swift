// The equal time steps on which the schemes work.

/// Equally spaced times t₀, t₀ + h, …, T.
public struct UniformTimeGrid: Sendable, Hashable {
  /// t₀.
  public let start: Double
  /// T.
  public let end: Double
  /// The number of steps.
  public let steps: Int

  /// The grid of `steps` equal steps from `start` to `end`.
  ///
  /// - Throws: ``SimulationError`` if the interval is empty or not finite, or the steps are not in 1 ..< 2³².
  public init(start: Double = 0, end: Double, steps: Int) throws(SimulationError) {
    guard start.isFinite && end.isFinite && end > start && (end - start).isFinite else {
      throw .emptyInterval(start: start, end: end)
    }
    guard steps >= 1 && steps <= Int(UInt32.max) else { throw .stepsOutOfRange(steps) }
    (self.start, self.end, self.steps) = (start, end, steps)
  }

  /// h = (T − t₀)/steps.
  @inlinable public var step: Double { (end - start) / Double(steps) }

  /// The time after k steps; exactly T after all of them.
  @inlinable
  public func time(after k: Int) -> Double {
    k == steps ? end : start + (end - start) * (Double(k) / Double(steps))
  }
}

/// Why a simulation could not be run.
public enum SimulationError: Error, Equatable, CustomStringConvertible {
  /// The end of the interval is not after its start, or one of them is not finite.
  case emptyInterval(start: Double, end: Double)
  /// The number of steps is not in 1 ..< 2³².
  case stepsOutOfRange(Int)
  /// The number of paths is not in 1 ..< 2³⁰.
  case pathsOutOfRange(Int)
  /// The number of threads is not positive.
  case threadsOutOfRange(Int)
  /// An initial value is not finite.
  case nonFiniteInitialValue(index: Int, value: Double)
  /// The initial state has the wrong length.
  case wrongStateDimension(expected: Int, actual: Int)
  /// A parameter list has the wrong length.
  case wrongLength(field: String, expected: Int, actual: Int)
  /// A parameter is not finite, or has a sign it may not have.
  case parameterOutOfRange(field: String, value: Double, allowed: String)
  /// A step to be recorded is not in 0 ... steps.
  case recordedStepOutOfRange(Int, steps: Int)
  /// A quantile's probability is not between 0 and 1.
  case probabilityOutOfRange(Double)
  /// A scheme was asked for a vector equation with a noise that it does not take.
  case schemeCannotTakeNoise(scheme: ItoScheme, noise: NoiseStructure, additive: Bool)
  /// A process says that its noise is commutative, and at the initial state it is not.
  case noiseNotCommutative(NoiseBracket)
  /// A process says that its noise is additive, and it depends on the state.
  case noiseNotAdditive
  /// The caller asked for the simulation to stop.
  case cancelled(completedPaths: Int)
  /// Another process that shares the simulation failed; what it said.
  case failedElsewhere(String)

  public var description: String {
    switch self {
    case .emptyInterval(let start, let end):
      "end is \(end) and start \(start); both must be finite, and the end after the start"
    case .stepsOutOfRange(let steps):
      "steps is \(steps); give a number from 1 to 4294967295"
    case .pathsOutOfRange(let paths):
      "paths is \(paths); give a number from 1 to 1073741823"
    case .threadsOutOfRange(let threads):
      "threads is \(threads); give at least 1"
    case .nonFiniteInitialValue(let index, let value):
      "initial[\(index)] is \(value); every initial value must be a finite number"
    case .wrongStateDimension(let expected, let actual):
      "initial has \(actual) entries, but the process has \(expected) dimensions; give one value for each"
    case .wrongLength(let field, let expected, let actual):
      "\(field) has \(actual) entries; it needs \(expected)"
    case .parameterOutOfRange(let field, let value, let allowed):
      "\(field) is \(value); it must be \(allowed)"
    case .recordedStepOutOfRange(let step, let steps):
      "a summary is asked for after step \(step), but steps are numbered 0 to \(steps)"
    case .probabilityOutOfRange(let probability):
      "a quantile is asked for at probability \(probability); it must lie between 0 and 1, both excluded"
    case .schemeCannotTakeNoise(let scheme, let noise, let additive):
      "scheme is \(scheme.rawValue), which does not take noise of structure \(noise.rawValue); use "
        + ItoScheme.allCases.filter { $0.takes(noise, additive: additive) }.map(\.rawValue).joined(separator: ", ")
        + (scheme.takes(noise, additive: true) ? ", or declare the noise additive if it is" : "")
    case .noiseNotCommutative(let bracket):
      "noiseStructure is commutative, but at the initial state noises \(bracket.first) and \(bracket.second) have a "
        + "bracket of relative size \(bracket.size) where 0 is claimed; declare the structure general"
    case .noiseNotAdditive:
      "hasAdditiveNoise is true, but the diffusion at the initial state and beside it is not the same; declare it false"
    case .cancelled(let paths):
      "the simulation was cancelled after \(paths) paths; nothing is returned"
    case .failedElsewhere(let reason): reason
    }
  }
}
