// A declared process as numbers: its paths at values that the user gives, not at drawn ones.

public import ExactArithmetic

/// Simulates a process of a theory by Euler's and Maruyama's scheme; one that is declared positive by its logarithm.
public struct ProcessSimulation {
  /// An entry of the process at a time, over all paths.
  public struct Observation: Sendable {
    public let time: Double
    /// Such as `K`, `K[2]` or `X(1, 2)`.
    public let entry: String
    public let mean: Double
    /// From the spread between independent replicates; nil for a single one.
    public let standardError: Double?
    public let standardDeviation: Double
    /// 5 %, 50 % and 95 %.
    public let quantiles: [Double]
  }

  /// Paths that are drawn at once: one randomly shifted lattice.
  public static var replicate: Int { PathDraws.lanes }

  private let theory: Theory
  private let process: String
  private let place: Place
  private let points: Points
  private let sides: [Expression]

  /// - Parameters:
  ///   - process: the name of a process or a Brownian motion.
  ///   - values: by name, a size or the rows of a scalar, vector or matrix. What is declared as an adapted process may be
  ///     given as a constant.
  ///   - start: of a process that is declared without one; every entry's.
  /// - Throws: ``SimulationRefusal`` naming what is missing, superfluous or against the hypotheses.
  public init(
    _ theory: Theory, process: String, values: [String: [[Rational]]], start: Rational? = nil, seed: UInt64
  ) throws(SimulationRefusal) {
    var theory = theory
    let processes = theory.order.filter { name in theory.declarations[name].map(\.isMoving) ?? false }
    guard let declaration = theory.declarations[process], declaration.isMoving else {
      throw SimulationRefusal("\(process) is no process of the document; it declares \(Self.list(processes))")
    }
    if case .process(let differential, nil) = declaration.nature {
      guard let start else {
        throw SimulationRefusal("\(process) has no start: write \(process)(0) = … in the document, or give --initial")
      }
      let value = Expression(.number(start), .scalar)
      guard declaration.shape.isScalar else {
        throw SimulationRefusal(
          "\(process) has no start, and is not a scalar: write \(process)(0) = … in the document")
      }
      theory.declarations[process]?.nature = .process(differential: differential, initial: value)
    }
    // A constant is an adapted process, too.
    for name in values.keys {
      if case .adapted? = theory.declarations[name]?.nature {
        theory.declarations[name]?.nature = .parameter(.none)
      }
    }
    let moving = Expression(.variable(process, []), declaration.shape)
    sides = [Expression(.processValue(moving, at: Expression(.number(1), .scalar)), declaration.shape)]
    points = Points(theory, sides, budget: 1 << 40, of: WorkBudget(1 << 40))
    let derived = points.hypotheses.derived
    let names = sides[0].simulatedNames(in: theory, derived: derived)
      .union(sides[0].names(in: theory, derived: derived))
    let sizes = points.relevance.sizes
    var (wanted, place) = (Set<String>(), Place(sizes: [:], seed: seed))
    for name in theory.order where names.contains(name) || sizes.contains(name) {
      guard let declaration = theory.declarations[name], derived[name] == nil else { continue }
      switch declaration.nature {
      case .dimension(let least):
        wanted.insert(name)
        guard let rows = values[name] else { throw SimulationRefusal("\(name) has no value: give --set \(name)=3") }
        guard rows.count == 1, rows[0].count == 1, let n = Int("\(rows[0][0])"), n >= least, n <= 1_000 else {
          throw SimulationRefusal("--set \(name): a size is one integer from \(least) to 1000")
        }
        place.sizes[name] = n
      case .parameter, .adapted:
        wanted.insert(name)
        guard let rows = values[name] else {
          throw SimulationRefusal(
            "\(name) has no value: give --set \(name)="
              + (declaration.shape.isScalar ? "0.1" : "'1, 0; 0, 1', rows between semicolons"))
        }
        guard declaration.family.isEmpty else {
          throw SimulationRefusal("\(name) is a family, and no value of its members can be given: declare a vector")
        }
        guard let first = rows.first, rows.allSatisfy({ $0.count == first.count }) else {
          throw SimulationRefusal("--set \(name): all rows must be of one length")
        }
        place.overrides[ValueKey(name: name)] = first.indices.flatMap { j in rows.map { $0[j] } }
      case .timeFunction, .function, .independentFamily, .sample:
        throw SimulationRefusal("\(process) depends on \(name), which is a function or a sample: no value can be given")
      case .time, .normal, .brownian, .process: break
      }
    }
    if let name = values.keys.sorted().first(where: { !wanted.contains($0) }) {
      throw SimulationRefusal(
        "--set \(name): \(process) does not depend on such a number; it needs \(Self.list(wanted.sorted()))")
    }
    (self.theory, self.process, self.place) = (theory, process, place)
    try Self.refusing { () throws(EvaluationError) in
      for (key, entries) in place.overrides {
        let shape = theory.declarations[key.name]?.shape
        let evaluator = try points.evaluator(RationalDomain(), at: Place(sizes: place.sizes, seed: seed))
        let drawn = try evaluator.model.value(key)
        guard drawn.entries.count == entries.count else {
          throw .unsupported(
            "--set \(key.name): \(entries.count) numbers for \(shape.map { "\($0)" } ?? "it"), which here is "
              + "\(drawn.rows) x \(drawn.columns)")
        }
      }
      guard try points.accepts(place) else {
        throw .undefined("the hypotheses of the document do not hold at these values")
      }
    }
  }

  /// Observes the process at equally spaced times, 0 included.
  ///
  /// - Parameters:
  ///   - horizon: T.
  ///   - observations: the number of times after 0.
  ///   - steps: at least so many; a power of two in every part of the time axis.
  ///   - paths: at least so many; a multiple of ``replicate``.
  ///   - progress: called with the share done.
  /// - Returns: by time, then entry; and how many steps and paths were taken.
  /// - Throws: ``SimulationRefusal``, for instance where a process leaves the numbers or needs finer steps.
  public func run(
    horizon: Double, observations: Int, steps: Int, paths: Int, progress: (Double) -> Void = { _ in }
  ) throws(SimulationRefusal) -> (observations: [Observation], steps: Int, paths: Int) {
    let parts = max(1, (steps + observations * PathGrid.finest - 1) / (observations * PathGrid.finest))
    let perPart = PathGrid.ladder.first { $0 * parts * observations >= steps } ?? PathGrid.finest
    let count = parts * observations
    let grid = PathGrid(times: (1...count).map { horizon * Double($0) / Double(count) }, steps: perPart)
    let replicates = max(1, (paths + Self.replicate - 1) / Self.replicate)
    var sums: [[[Double]]] = []
    var labels: [String] = []
    for r in 0..<replicates {
      let found = try Self.refusing { () throws(EvaluationError) in
        let evaluator = try points.evaluator(LanesDomain(), at: place)
        let draws = PathDraws(place, replicate: r, seed: place.seed)
        return try evaluator.observe(process, sides, draws, grid, every: parts)
      }
      if r == 0 { (labels, sums) = (found.labels, found.values.map { $0.map { _ in [] } }) }
      for (time, entries) in found.values.enumerated() {
        for (entry, values) in entries.enumerated() { sums[time][entry] += values }
      }
      progress(Double(r + 1) / Double(replicates))
    }
    let all = sums.enumerated().flatMap { time, entries in
      zip(labels, entries).map { label, values in
        Self.summary(horizon * Double(time) / Double(observations), label, values, replicates)
      }
    }
    return (all, perPart * count, replicates * Self.replicate)
  }

  private static func summary(
    _ time: Double, _ entry: String, _ values: [Double], _ replicates: Int
  ) -> Observation {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    let size = values.count / replicates
    let means = (0..<replicates).map { r in values[r * size..<(r + 1) * size].reduce(0, +) / Double(size) }
    let spread = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let sorted = values.sorted()
    return Observation(
      time: time, entry: entry, mean: mean,
      standardError: replicates > 1
        ? (spread / Double(replicates * (replicates - 1))).squareRoot() : nil,
      standardDeviation: variance.squareRoot(),
      quantiles: [0.05, 0.5, 0.95].map { sorted[min(sorted.count - 1, Int($0 * n))] })
  }

  private static func refusing<T>(_ body: () throws(EvaluationError) -> T) throws(SimulationRefusal) -> T {
    do { return try body() } catch { throw SimulationRefusal(error.reason) }
  }

  private static func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
}

/// A simulation that cannot be done as asked, and why.
public struct SimulationRefusal: Error, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

extension Declaration {
  fileprivate var isMoving: Bool {
    switch nature {
    case .process, .brownian: true
    default: false
    }
  }
}

extension Evaluator where D == LanesDomain {
  /// Every path's values of one process at 0 and at every so many of the grid's times, entry by entry.
  fileprivate func observe(
    _ process: String, _ sides: [Expression], _ draws: PathDraws, _ grid: PathGrid, every parts: Int
  ) throws(EvaluationError) -> (labels: [String], values: [[[Double]]]) {
    let states = try simulatedStates(of: sides, draws, grid)
    let keys = states[0].keys.filter { $0.name == process }.sorted { $0.indices.lexicographicallyPrecedes($1.indices) }
    var labels: [String] = []
    for key in keys {
      guard let value = states[0][key] else { continue }
      let name = key.indices.isEmpty ? process : "\(process)[\(key.indices.map(String.init).joined(separator: ","))]"
      for j in 0..<value.columns {
        for i in 0..<value.rows {
          let place = value.columns == 1 ? "(\(i + 1))" : "(\(i + 1),\(j + 1))"
          labels.append(value.entries.count == 1 ? name : name + place)
        }
      }
    }
    var values: [[[Double]]] = []
    for time in stride(from: 0, to: states.count, by: parts) {
      var entries: [[Double]] = []
      for key in keys {
        for entry in states[time][key]?.entries ?? [] {
          let lanes = try arithmetic.base(entry, for: "a path")
          let all = lanes.common.map { [Double](repeating: $0, count: PathDraws.lanes) } ?? lanes.values
          guard all.allSatisfy(\.isFinite) else {
            throw .undefined("\(process) leaves the numbers: take finer steps, or a shorter time")
          }
          entries.append(all)
        }
      }
      values.append(entries)
    }
    return (labels, values)
  }
}
