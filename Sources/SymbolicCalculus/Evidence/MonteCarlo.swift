// Expectations that have no closed form: averages over named streams, in floating point.

internal import ExactArithmetic
internal import Glibc
internal import RandomStreams

/// Draws of every random name, the same on both sides of a statement, so that common noise cancels.
final class MonteCarlo {
  let draws: Int
  private let replicate: Int
  private let seed: UInt64
  private var normals: [ValueKey: [Double]] = [:]
  private var choices: [ValueKey: [UInt32]] = [:]
  /// The largest part that a single draw had in the sum of an entry's magnitudes: near 1 if the tails are heavy.
  fileprivate(set) var largestShare = 0.0

  init(draws: Int, replicate: Int, seed: UInt64) { (self.draws, self.replicate, self.seed) = (draws, replicate, seed) }

  private func generator(_ key: ValueKey, _ purpose: String) -> RandomGenerator {
    RandomGenerator(
      stream: StreamName("monte carlo", purpose, key.name, key.indices.map(String.init).joined(separator: ",")),
      seed: seed &+ UInt64(replicate))
  }

  /// Component c of draw k.
  func normal(_ key: ValueKey, component: Int, of components: Int, draw: Int) -> Double {
    if normals[key] == nil {
      var all = [Double](repeating: 0, count: draws * components)
      generator(key, "normal").fillGaussian(&all)
      normals[key] = all
    }
    return normals[key]?[draw * components + component] ?? 0
  }

  func choice(_ key: ValueKey, below n: Int, draw: Int) -> Int {
    if choices[key] == nil {
      let source = generator(key, "choice")
      choices[key] = (0..<draws).map { _ in source.next32() }
    }
    return Int((choices[key]?[draw] ?? 0) % UInt32(n))
  }
}

extension Evaluator {
  /// A mean of a max, min or abs that is the same for all draws shows nothing of what is on the kink's other side.
  func requireReached(_ body: Expression, _ areConstant: [Bool]) throws(EvaluationError) {
    guard body.hasKinks, areConstant.allSatisfy({ $0 }) else { return }
    guard body.hasProcessValues || !body.randomNames(in: model.theory, derived: derived).isEmpty else { return }
    throw .unsupported("a mean of a max, min or abs whose other side no draw reached")
  }
}

extension Evaluator where D == FloatingDomain {
  /// From here on, E[·] averages over `plan`'s draws.
  func average(by plan: MonteCarlo) {
    sampler = { [unowned self] (body, env) throws(EvaluationError) in
      var sum: G?
      var magnitudes: [(sum: Double, largest: Double)] = []
      var first: G?
      var isConstant = true
      for draw in 0..<plan.draws {
        var inner = renewed(env)
        inner.isDrawn = true
        try assign(body, draw, plan, &inner)
        let value = try evaluate(body, inner)
        sum = sum.map { linear(env).add($0, value) } ?? value
        isConstant = isConstant && first.map { linear(env).isEqual($0, value) } ?? true
        first = first ?? value
        if magnitudes.isEmpty { magnitudes = value.entries.map { _ in (0, 0) } }
        for (i, entry) in value.entries.enumerated() {
          guard case .constant(let x) = entry.parts[0] else { continue }
          magnitudes[i].sum += abs(x)
          magnitudes[i].largest = max(magnitudes[i].largest, abs(x))
        }
      }
      try requireReached(body, [isConstant])
      for (sum, largest) in magnitudes where largest > 0 { plan.largestShare = max(plan.largestShare, largest / sum) }
      return try linear(env).scale(arithmetic.constant(1 / Double(plan.draws)), sum ?? linear(env).zeros(1, 1))
    }
  }

  private func assign(_ body: Expression, _ draw: Int, _ plan: MonteCarlo, _ env: inout Env) throws(EvaluationError) {
    let names = body.randomNames(in: model.theory, derived: derived)
    // In the order of declaration: a law's mean may mention what was drawn before.
    for name in model.theory.order where names.contains(name) {
      guard let declaration = model.theory.declarations[name] else { continue }
      let members = try Self.members(declaration.family[...], model)
      var used: [Int] = []
      for indices in members {
        let key = ValueKey(name: name, indices: indices)
        for (range, index) in zip(declaration.family, indices) { env.indices[range.index] = index }
        switch declaration.nature {
        case .normal(let mean, let covariance):
          env.assignment[key] = try normal(key, mean, covariance, draw, plan, env)
        case .independentFamily:
          let point = plan.choice(key, below: Self.lawPoints, draw: draw)
          env.assignment[key] = try lawPoint(name, point, declaration, env)
        case .sample(let population, let replacement):
          guard let family = model.theory.declarations[population] else { continue }
          guard !family.isRandom else { throw .unsupported("a sample of a random family by Monte Carlo") }
          let choices = try Self.members(family.family[...], model)
          let open = choices.indices.filter { replacement || !used.contains($0) }
          guard !open.isEmpty else { throw .undefined("more draws without replacement than members") }
          let choice = open[plan.choice(key, below: open.count, draw: draw)]
          used.append(choice)
          env.assignment[key] = try model.value(ValueKey(name: population, indices: choices[choice]))
        default: continue
        }
      }
    }
  }

  private func normal(
    _ key: ValueKey, _ mean: Expression, _ covariance: Expression, _ draw: Int, _ plan: MonteCarlo, _ env: Env
  ) throws(EvaluationError) -> G {
    let center = try evaluate(mean, env)
    let spread = try evaluate(covariance, env)
    let n = center.entries.count
    let z = (0..<n).map { plan.normal(key, component: $0, of: n, draw: draw) }
    var noise = center
    if spread.entries.count == 1 {
      let deviation = sqrt(try arithmetic.base(spread[0, 0], for: "a variance"))
      guard !deviation.isNaN else { throw .undefined("a negative variance of \(key.name)") }
      for i in 0..<n { noise.entries[i] = arithmetic.constant(deviation * z[i]) }
    } else {
      try arithmetic.chargeDecomposition(n, n)
      let root = try arithmetic.domain.squareRoot(try linear(env).base(spread, for: "a covariance"))
      for i in 0..<n { noise.entries[i] = arithmetic.constant((0..<n).reduce(0) { $0 + root[i][$1] * z[$1] }) }
    }
    return linear(env).add(center, noise)
  }

  private func lawPoint(
    _ name: String, _ point: Int, _ declaration: Declaration, _ env: Env
  ) throws(EvaluationError) -> G {
    let (rows, columns) = (try size(declaration.shape.rows, env), try size(declaration.shape.columns, env))
    var entries: [N] = []
    for entry in 0..<rows * columns {
      let source = model.source(ValueKey(name: name, indices: [point, entry]), "law")
      entries.append(arithmetic.constant(try source.element()))
    }
    return G(rows: rows, columns: columns, entries: entries)
  }
}
