// Paths of a document's own processes, at values of the parameters that the caller gives.

internal import ExactArithmetic
internal import RandomStreams

/// Why a process cannot be simulated: what is wrong, and the remedy.
public struct ProcessSimulationError: Error, CustomStringConvertible, Sendable {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// A process of a theory together with all that moves it, ready to be simulated.
///
/// Steps are Euler's and Maruyama's; of a process that a hypothesis says to be positive, those of its logarithm. Functions
/// of time and adapted coefficients take constant values. A process without a start takes the value `K(0)`.
///
/// - Source: Kloeden, Platen 1992, *Numerical Solution of Stochastic Differential Equations*, section 10.2.
public struct ProcessSimulation: Sendable {
  /// Names of the entries: K, K[2] for a member of a family, x[3] and θ[1,2] for entries.
  public let entries: [String]

  let theory: Theory
  let target: Expression
  let derived: [String: Expression]
  let sizes: [String: Int]
  let values: [ValueKey: [Double]]

  /// The processes and Brownian motions that a theory declares, in its order.
  public static func processes(of theory: Theory) -> [String] {
    theory.order.filter {
      switch theory.declarations[$0]?.nature {
      case .process, .brownian: true
      default: false
      }
    }
  }

  /// Checks every value against its declaration and the hypotheses.
  ///
  /// - Parameters:
  ///   - process: its name.
  ///   - theory: what is declared.
  ///   - settings: values by name, sizes too. The lists of a family are nested outside those of rows and columns.
  /// - Throws: ``ProcessSimulationError`` for an unknown process, a value that is missing, superfluous or not admitted.
  public init(
    _ process: String, in theory: Theory, settings: [String: NestedNumbers]
  ) throws(ProcessSimulationError) {
    let known = Self.processes(of: theory)
    guard known.contains(process), let declaration = theory.declarations[process] else {
      throw ProcessSimulationError(
        known.isEmpty
          ? "no process is declared: write process \(process) : d\(process) = …"
          : "no process named \(process); declared are \(known.joined(separator: ", "))")
    }
    let theory = Self.settable(theory)
    let variable = Expression(
      .variable(process, declaration.family.map { Dimension($0.index) }), declaration.shape)
    let target = Expression(.processValue(variable, at: Expression(.number(1), .scalar)), declaration.shape)
    let relevance = Relevance(theory, [target])
    let derived = Hypotheses(relevance, theory).derived
    let names = target.simulatedNames(in: theory, derived: derived)
    (self.theory, self.target, self.derived) = (theory, target, derived)

    // Sizes that only hypotheses mention do not matter here.
    var bare = theory
    bare.assumptions = []
    // The index of a family stands for its members, whatever else has its name.
    let bound = Set(names.flatMap { theory.declarations[$0]?.family.map(\.index) ?? [] })
    let sizes = Relevance(bare, [target] + derived.filter { names.contains($0.key) }.map(\.value)).sizes
      .subtracting(bound).sorted()
    let parameters = theory.order.filter { name in
      guard names.contains(name), derived[name] == nil else { return false }
      switch theory.declarations[name]?.nature {
      case .parameter, .timeFunction: return true
      default: return false
      }
    }
    let wanted = sizes + parameters
    if let extra = settings.keys.sorted().first(where: { !wanted.contains($0) }) {
      let why = derived[extra].map { "\(extra) is given by the assumption \(extra) = \($0)" }
      throw ProcessSimulationError(
        (why ?? "\(process) does not depend on \(extra)")
          + "; it takes \(wanted.isEmpty ? "no values" : wanted.joined(separator: ", "))")
    }
    if let name = names.sorted().first(where: {
      if case .function? = theory.declarations[$0]?.nature { true } else { false }
    }) {
      throw ProcessSimulationError("\(name) is an arbitrary function: replace it by a formula with `define`")
    }
    let missing = wanted.filter { settings[$0] == nil }
    guard missing.isEmpty else {
      throw ProcessSimulationError(
        "\(missing.joined(separator: ", ")) \(missing.count == 1 ? "has" : "have") no value: "
          + "give \(missing.map { "--set '\($0)=…'" }.joined(separator: " "))")
    }

    var chosen: [String: Int] = [:]
    for name in sizes {
      guard case .dimension(let least)? = theory.declarations[name]?.nature, case .number(let x)? = settings[name],
        let n = Int(exactly: x), n >= least, n <= 4_096
      else {
        throw ProcessSimulationError("--set \(name): a size is one whole number within what is declared, at most 4096")
      }
      chosen[name] = n
    }
    self.sizes = chosen
    do throws(EvaluationError) {
      let model = try Self.model(theory, relevance.needs, chosen)
      var values: [ValueKey: [Double]] = [:]
      for name in parameters {
        guard let declaration = theory.declarations[name], let value = settings[name] else { continue }
        try Self.read(value, declaration, model, into: &values)
      }
      self.values = values
      var entries: [String] = []
      for indices in try Evaluator.members(declaration.family[...], model) {
        let bound = Dictionary(zip(declaration.family.map(\.index), indices)) { $1 }
        let (rows, columns) = try model.extent(declaration.shape, bound)
        for i in 1...max(rows, 1) where rows > 0 {
          for j in 1...max(columns, 1) where columns > 0 {
            var all = indices
            if !declaration.shape.isScalar { all += declaration.shape.isVector ? [max(i, j)] : [i, j] }
            entries.append(all.isEmpty ? process : "\(process)[\(all.map(String.init).joined(separator: ","))]")
          }
        }
      }
      self.entries = entries
    } catch {
      throw ProcessSimulationError(error.reason)
    }
    try requireHypotheses(relevance, names)
  }

  /// Paths on equal steps; the number of a path and the seed alone decide its noise.
  ///
  /// - Parameters:
  ///   - paths: their numbers.
  ///   - horizon: the last time.
  ///   - steps: how many to it.
  ///   - observed: after how many steps to look, ascending.
  ///   - isMirrored: whether −W drives them, as antithetic variates want it.
  ///   - seed: of the stream.
  /// - Returns: shape [observed, entries, paths].
  public func paths(
    _ paths: Range<Int>, horizon: Double, steps: Int, observed: [Int], isMirrored: Bool = false, seed: UInt64
  ) throws(ProcessSimulationError) -> [[[Double]]] {
    precondition(horizon > 0 && steps > 0 && !paths.isEmpty, "a simulation needs steps, a horizon and paths")
    let noise = Noise(paths: paths, step: horizon / Double(steps), stream: "simulate/process", seed: seed)
    do throws(EvaluationError) {
      var motion = try Motion(of: self)
      var out: [[[Double]]] = []
      if observed.contains(0) { out.append(try motion.values(count: paths.count)) }
      for k in 0..<steps {
        let increments = noise.increments(k, motion.brownianCount)
        try motion.advance(
          at: Double(k) * noise.step, by: noise.step, isMirrored ? increments.map { $0.map(-) } : increments)
        if observed.contains(k + 1) { out.append(try motion.values(count: paths.count)) }
      }
      return out
    } catch {
      throw ProcessSimulationError(error.reason)
    }
  }

  /// W at the horizon along the same numbered paths: variables of mean zero, for control variates.
  ///
  /// - Returns: shape [Brownian motions, paths].
  public func brownianMotion(
    _ paths: Range<Int>, horizon: Double, steps: Int, seed: UInt64
  ) throws(ProcessSimulationError) -> [[Double]] {
    let noise = Noise(paths: paths, step: horizon / Double(steps), stream: "simulate/process", seed: seed)
    do throws(EvaluationError) {
      let count = try evaluator().brownian.count
      var sums = [[Double]](repeating: [Double](repeating: 0, count: paths.count), count: count)
      for k in 0..<steps {
        for (j, increment) in noise.increments(k, count).enumerated() {
          for i in sums[j].indices { sums[j][i] += increment.values[i] }
        }
      }
      return sums
    } catch {
      throw ProcessSimulationError(error.reason)
    }
  }

  /// Paths at 2^level steps, and on the same Brownian motions at half as many, for multilevel Monte Carlo.
  ///
  /// - Returns: the entries at the horizon, each of shape [entries, paths]; `coarse` is empty at level 0.
  public func coupledPaths(
    _ paths: Range<Int>, horizon: Double, level: Int, seed: UInt64
  ) throws(ProcessSimulationError) -> (fine: [[Double]], coarse: [[Double]]) {
    let h = horizon / Double(1 << level)
    let noise = Noise(paths: paths, step: h, stream: StreamName("simulate/process/level \(level)"), seed: seed)
    do throws(EvaluationError) {
      var (fine, coarse) = (try Motion(of: self), try Motion(of: self))
      var former: [Lanes] = []
      for k in 0..<1 << level {
        let increments = noise.increments(k, fine.brownianCount)
        try fine.advance(at: Double(k) * h, by: h, increments)
        if k % 2 == 0 {
          former = increments
        } else {
          try coarse.advance(at: Double(k - 1) * h, by: 2 * h, zip(former, increments).map { $0.combined($1, +) })
        }
      }
      return (try fine.values(count: paths.count), level > 0 ? try coarse.values(count: paths.count) : [])
    } catch {
      throw ProcessSimulationError(error.reason)
    }
  }

  /// The increments of some numbered paths.
  private struct Noise {
    let paths: Range<Int>
    let step: Double
    private let normals: CounterNormals

    init(paths: Range<Int>, step: Double, stream: StreamName, seed: UInt64) {
      (self.paths, self.step) = (paths, step)
      normals = CounterNormals(stream, seed: seed)
    }

    func increments(_ k: Int, _ count: Int) -> [Lanes] {
      (0..<count).map { component in
        var z = [Double](repeating: 0, count: paths.count)
        var span = z.mutableSpan
        normals.fill(&span, step: k, firstPath: paths.lowerBound, component: component)
        return Lanes(z.map { step.squareRoot() * $0 })
      }
    }
  }

  /// All that moves, at one time.
  private struct Motion {
    private let simulation: ProcessSimulation
    private let evaluator: Evaluator<LanesDomain>
    private let processes: SimulatedProcesses
    private let members: [MovingMember]
    private var moving: Environment<Lanes>

    init(of simulation: ProcessSimulation) throws(EvaluationError) {
      self.simulation = simulation
      evaluator = try simulation.evaluator()
      processes = try SimulatedProcesses([simulation.target], simulation.theory, simulation.derived)
      (members, moving) = try evaluator.start(processes, from: [:])
    }

    var brownianCount: Int { evaluator.brownian.count }

    mutating func advance(at t: Double, by h: Double, _ increments: [Lanes]) throws(EvaluationError) {
      try evaluator.advance(&moving, members, processes, at: t, by: h, increments)
    }

    /// Shape [entries, count].
    func values(count: Int) throws(EvaluationError) -> [[Double]] {
      try simulation.values(of: members, in: moving, evaluator, count: count)
    }
  }

  private func values(
    of members: [MovingMember], in env: Environment<Lanes>, _ evaluator: Evaluator<LanesDomain>, count: Int
  ) throws(EvaluationError) -> [[Double]] {
    guard case .processValue(let process, _) = target.node, case .variable(let name, _) = process.node else {
      return []
    }
    var all: [[Double]] = []
    for member in members where member.key.name == name {
      guard let value = env.assignment[member.key] else { continue }
      for i in 0..<value.rows {
        for j in 0..<value.columns {
          let lanes = try evaluator.arithmetic.base(value[i, j], for: "a path")
          guard lanes.values.allSatisfy(\.isFinite) else {
            throw .undefined("paths of \(name) leave floating point: use more --steps or smaller coefficients")
          }
          all.append(lanes.common.map { [Double](repeating: $0, count: count) } ?? lanes.values)
        }
      }
    }
    return all
  }
}
