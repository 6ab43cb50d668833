// Paths of Itô processes by Euler's and Maruyama's scheme, driven by the declared differentials as they stand.

internal import ExactArithmetic
internal import Glibc

/// Which steps a simulation takes.
struct PathGrid {
  /// Steps to a part of the time axis, from coarse to fine; each divides the last.
  static let ladder = [16, 32, 64]
  /// Ascending, positive.
  var times: [Double]
  var steps: Int
  var isFinest: Bool { steps == Self.ladder.last }
  static var finest: Int { ladder.last ?? 1 }
}

extension Evaluator where D == LanesDomain {
  /// From here on, at(K, T) is a simulated value and E[·] the mean over the draws.
  func average(
    over draws: PathDraws, _ grid: PathGrid, of sides: [Expression], _ tails: PathTails
  ) throws(EvaluationError) {
    let start = try randomValues(in: sides, draws)
    var states: [[ValueKey: G]] = []
    processValue = { [unowned self] (process, time, env) throws(EvaluationError) in
      guard case .variable(let name, let indices) = process.node, let t = try number(time, env), t >= 0,
        let place = t == 0 ? 0 : grid.times.firstIndex(of: t).map({ $0 + 1 })
      else { throw .unsupported("at( ) with a time that is no fixed number") }
      var key = ValueKey(name: name)
      for index in indices { key.indices.append(try size(index, env)) }
      guard let value = states[place][key] else { throw .undefined("\(process), which is out of range") }
      return value
    }
    sampler = { [unowned self] (body, env) throws(EvaluationError) in
      var inner = renewed(env)
      (inner.isDrawn, inner.assignment) = (true, start)
      var mean = try evaluate(body, inner)
      let areConstant = try mean.entries.map { (entry) throws(EvaluationError) in
        let lanes = try arithmetic.base(entry, for: "a mean").values
        return lanes.allSatisfy { $0 == lanes[0] }
      }
      try requireReached(body, areConstant)
      for i in mean.entries.indices {
        let lanes = try arithmetic.base(mean.entries[i], for: "a mean")
        if grid.isFinest, lanes.common == nil { tails.add(lanes, mean: lanes.mean, body, env.indices, entry: i) }
        mean.entries[i] = arithmetic.constant(Lanes(lanes.mean))
      }
      return mean
    }
    states = try paths(from: start, draws, grid, try SimulatedProcesses(sides, model.theory, derived))
  }

  private func number(_ e: Expression, _ env: Env) throws(EvaluationError) -> Double? {
    try arithmetic.base(try scalar(e, env), for: "a time").common
  }

  /// Draws of every Gaussian that occurs, also in where processes start and how they move.
  private func randomValues(in sides: [Expression], _ draws: PathDraws) throws(EvaluationError) -> [ValueKey: G] {
    var names = sides.reduce(into: Set<String>()) { names, side in
      names.formUnion(side.names(in: model.theory, derived: derived))
      names.formUnion(side.simulatedNames(in: model.theory, derived: derived))
    }
    // A law may rest on others that the statement does not mention.
    for name in names {
      guard case .normal(let mean, let covariance)? = model.theory.declarations[name]?.nature else { continue }
      for e in [mean, covariance] { names.formUnion(e.randomNames(in: model.theory, derived: derived)) }
    }
    var env = Env(algebra: .scalars)
    env.isDrawn = true
    for name in model.theory.order where names.contains(name) {
      guard let declaration = model.theory.declarations[name], declaration.isRandom else { continue }
      guard case .normal(let mean, let covariance) = declaration.nature else {
        throw .unsupported("the mean over simulated processes and over \(name), which is not Gaussian")
      }
      for indices in try Self.members(declaration.family[...], model) {
        for (range, index) in zip(declaration.family, indices) { env.indices[range.index] = index }
        let key = ValueKey(name: name, indices: indices)
        var value = try evaluate(mean, env)
        let spread = try evaluate(covariance, env)
        let z = draws.normals(key, count: value.entries.count).map { arithmetic.constant(Lanes($0)) }
        let noise = G(rows: z.count, columns: 1, entries: z)
        let root: G
        if spread.entries.count == 1 {
          root = G(scalar: try squareRoot(spread[0, 0], env))
          value.entries = linear(env).add(value.reshaped(z.count, 1), try linear(env).scale(root[0, 0], noise)).entries
        } else {
          let entries = try arithmetic.domain.squareRoot(try linear(env).base(spread, for: "a covariance"))
          root = G(rows: z.count, columns: z.count) { arithmetic.constant(entries[$0][$1]) }
          value.entries = linear(env).add(value.reshaped(z.count, 1), try linear(env).multiply(root, noise)).entries
        }
        env.assignment[key] = value
      }
    }
    return env.assignment
  }

  /// What every process is at time 0 and at the grid's times.
  private func paths(
    from start: [ValueKey: G], _ draws: PathDraws, _ grid: PathGrid, _ processes: SimulatedProcesses
  ) throws(EvaluationError) -> [[ValueKey: G]] {
    let (members, start) = try self.start(processes, from: start)
    var moving = start
    let components = brownian.sorted { $0.value < $1.value }.map(\.key)
    draws.prepare(components, parts: grid.times.count, steps: PathGrid.finest)
    let stride = PathGrid.finest / grid.steps
    var states = [moving.assignment]
    var from = 0.0
    for (part, to) in grid.times.enumerated() {
      let step = (to - from) / Double(grid.steps)
      for k in 0..<grid.steps {
        let noise = components.map {
          draws.increment($0, part, from: k * stride, to: (k + 1) * stride, step: step / Double(stride))
        }
        try advance(&moving, members, processes, at: from + Double(k) * step, by: step, noise)
      }
      states.append(moving.assignment)
      from = to
    }
    return states
  }

  /// Every member of every process, and an environment in which each is where it starts.
  func start(
    _ processes: SimulatedProcesses, from known: [ValueKey: G]
  ) throws(EvaluationError) -> (members: [MovingMember], env: Env) {
    var env = Env(algebra: .scalars)
    (env.isDrawn, env.assignment) = (true, known)
    let algebra = linear(env)
    var members: [MovingMember] = []
    for process in processes.all {
      for indices in try Self.members(process.declaration.family[...], model) {
        var here = env
        for (range, index) in zip(process.declaration.family, indices) { here.indices[range.index] = index }
        let key = ValueKey(name: process.declaration.name, indices: indices)
        members.append(MovingMember(key: key, process: process, indices: here.indices))
        let (rows, columns) = try extent(process.declaration.shape, here)
        let value = try process.start.map { (e) throws(EvaluationError) in try evaluate(e, here) }
        env.assignment[key] = value ?? algebra.zeros(rows, columns)
      }
    }
    for member in members where member.process.isPositive {
      let value = try arithmetic.base(env.assignment[member.key]?[0, 0] ?? arithmetic.zero, for: "a start")
      guard value.values.allSatisfy({ $0 > 0 }) else { throw .undefined("\(member.key.name) > 0 where it starts") }
    }
    env.algebra = try env.algebra.extended(brownianMotions: brownian.count)
    env.itoStride = 1
    return (members, env)
  }

  /// One step of all members together, with one increment for each Brownian component.
  func advance(
    _ moving: inout Env, _ members: [MovingMember], _ processes: SimulatedProcesses, at time: Double, by step: Double,
    _ noise: [Lanes]
  ) throws(EvaluationError) {
    let now = G(scalar: arithmetic.constant(Lanes(time)))
    for name in processes.times { moving.locals[name] = now }
    var next = moving.assignment
    for member in members {
      moving.indices = member.indices
      guard var value = moving.assignment[member.key] else { continue }
      let form = try increment(member.process, member.key, moving)
      for i in value.entries.indices {
        value.entries[i] = try stepped(value.entries[i], form.entries[i], member.process.isPositive, step, noise)
      }
      next[member.key] = value
    }
    moving.assignment = next
  }

  /// The differential at the present values; a Brownian motion's own is its increment.
  private func increment(
    _ process: SimulatedProcesses.Process, _ key: ValueKey, _ env: Env
  ) throws(EvaluationError) -> G {
    guard let differential = process.differential else { return try brownianIncrement(key.name, key.indices, env) }
    return try evaluate(differential, env)
  }

  /// x + a h + Σ bⱼ ΔBⱼ; for what stays positive the same step of log x, whose drift is a/x − ½ Σ (bⱼ/x)².
  private func stepped(
    _ x: N, _ form: N, _ isPositive: Bool, _ step: Double, _ noise: [Lanes]
  ) throws(EvaluationError) -> N {
    let domain = arithmetic.domain
    let present = try arithmetic.base(x, for: "a path")
    var parts: [Lanes] = []
    for part in form.parts {
      guard case .constant(let c) = part else {
        throw .unsupported("the simulation of a process with a random integral")
      }
      parts.append(isPositive ? domain.multiply(c, try domain.inverse(present)) : c)
    }
    var sum = domain.multiply(parts.count > 1 ? parts[1] : Lanes(0), Lanes(step))
    for (j, increment) in noise.enumerated() where parts.count > 2 + j {
      let b = parts[2 + j]
      sum = domain.add(sum, domain.multiply(b, increment))
      if isPositive { sum = domain.subtract(sum, domain.multiply(Lanes(step / 2), domain.multiply(b, b))) }
    }
    guard isPositive else { return arithmetic.constant(domain.add(present, sum)) }
    // Near a boundary at 0 the drift of log x is unbounded, and a step there says nothing.
    guard sum.values.allSatisfy({ abs($0) < 3 }) else {
      throw .unsupported("simulate needs finer steps: a positive process changes twentyfold in one")
    }
    return arithmetic.constant(domain.multiply(present, sum.map { exp($0) }))
  }
}

/// One process, or one member of a family of them, in motion.
struct MovingMember {
  var key: ValueKey
  var process: SimulatedProcesses.Process
  /// Of the family.
  var indices: [String: Int]
}

/// The processes that some expressions need simulated, all that these depend on included.
struct SimulatedProcesses {
  struct Process {
    var declaration: Declaration
    /// Nil for a Brownian motion.
    var differential: Expression?
    var start: Expression?
    /// Whether a hypothesis says that it is positive, all members of a family.
    var isPositive = false
  }
  private(set) var all: [Process] = []
  /// Names of time, which run along.
  private(set) var times: [String] = []

  init(
    _ expressions: [Expression], _ theory: Theory, _ derived: [String: Expression]
  ) throws(EvaluationError) {
    let names = expressions.reduce(into: Set<String>()) {
      $0.formUnion($1.simulatedNames(in: theory, derived: derived))
    }
    let positive = Set(theory.assumptions.compactMap { $0.signedName.flatMap { $0.isStrict ? $0.name : nil } })
    for name in theory.order where names.contains(name) {
      guard let declaration = theory.declarations[name] else { continue }
      switch declaration.nature {
      case .process(let differential, let start):
        guard let start else { throw .unsupported("simulate needs where \(name) starts: give \(name)(0) = …") }
        guard !differential.hasExpectations, !start.isAdapted(in: theory, derived: derived) else {
          throw .unsupported("simulate needs a differential without expectations, and a start that is known at time 0")
        }
        all.append(
          Process(
            declaration: declaration, differential: differential, start: start, isPositive: positive.contains(name)))
      case .brownian: all.append(Process(declaration: declaration))
      case .adapted, .timeFunction(adapted: true):
        throw .unsupported("simulate needs the differential of \(name), which is declared adapted only")
      case .time: times.append(name)
      default: continue
      }
    }
  }
}

extension Expression {
  var hasProcessValues: Bool {
    if case .processValue = node { return true }
    return children.contains(where: \.hasProcessValues)
  }

  /// Every at(K, T) that occurs.
  var processValues: [(process: Expression, time: Expression)] {
    if case .processValue(let process, let time) = node { return [(process, time)] }
    return children.flatMap(\.processValues)
  }

  /// Names that matter to the values of processes at given times: these, and whatever moves or starts them.
  func simulatedNames(in theory: Theory, derived: [String: Expression] = [:]) -> Set<String> {
    var found: Set<String> = []
    var open = processValues.map(\.process)
    while let e = open.popLast() {
      for name in e.names(in: theory, derived: derived) where found.insert(name).inserted {
        guard case .process(let differential, let start)? = theory.declarations[name]?.nature else { continue }
        open += [differential] + (start.map { [$0] } ?? [])
      }
    }
    return found
  }
}
