// Expectations, by exact moments of what is random in them.

internal import ExactArithmetic

extension Evaluator {
  func formalNumber(_ variable: Int) -> N {
    N(parts: [.formal([FormalTerm(coefficient: arithmetic.oneElement, powers: [(variable, 1)])])])
  }

  // MARK: Random names inside an expectation

  func randomVariable(_ key: ValueKey, _ declaration: Declaration, _ env: Env) throws(EvaluationError) -> G {
    // A law mentions declared names only; what else varies with chance in its mean varies here too.
    var outside = renewed(env)
    (outside.locals, outside.itoStride, outside.shiftStride) = ([:], nil, nil)
    for (range, index) in zip(declaration.family, key.indices) { outside.indices[range.index] = index }
    let (rows, columns) = (try size(declaration.shape.rows, outside), try size(declaration.shape.columns, outside))
    switch declaration.nature {
    case .independentFamily:
      return G(
        rows: rows, columns: columns, entries: (0..<rows * columns).map { formalNumber(formal.member(key, entry: $0)) })
    case .normal(let mean, let covariance):
      let center = try evaluate(mean, outside)
      outside = renewed(outside)
      outside.isAveraging = false
      guard covariance.randomNames(in: model.theory, derived: derived).isEmpty else {
        throw .unsupported("the law of \(key.name), whose covariance is random")
      }
      let spread = try evaluate(covariance, outside)
      let count = rows * columns
      let group = try formal.group(.init(key: key)) { () throws(EvaluationError) in
        let isotropic = covariance.shape.isScalar && count != 1
        return .covariance(
          isotropic ? G(rows: count, columns: count) { $0 == $1 ? spread[0, 0] : arithmetic.zero } : spread)
      }
      let noise = G(rows: rows, columns: columns, entries: (0..<count).map { formalNumber(formal.gaussian(group, $0)) })
      return linear(env).add(center, noise)
    default: throw .unsupported("the law of \(key.name)")
    }
  }

  // MARK: Expectation

  /// What follows an unknown law cannot be averaged over it.
  func requireLaws(_ body: Expression) throws(EvaluationError) {
    let laws = body.randomNames(in: model.theory, derived: derived).compactMap { name -> Expression? in
      if case .normal(let mean, _)? = model.theory.declarations[name]?.nature { mean } else { nil }
    }
    if ([body] + laws).contains(where: { $0.isAdapted(in: model.theory, derived: derived) }) {
      throw .unsupported("the law of a process")
    }
  }

  func expectation(_ body: Expression, _ env: Env) throws(EvaluationError) -> G {
    try requireLaws(body)
    var inner = renewed(env)
    inner.isAveraging = true
    let samples = body.randomNames(in: model.theory, derived: derived).sorted().filter {
      if case .sample? = model.theory.declarations[$0]?.nature { true } else { false }
    }
    return try average(body, samples[...], inner)
  }

  /// The mean over every assignment of the samples, then over the formal variables.
  private func average(_ body: Expression, _ samples: ArraySlice<String>, _ env: Env) throws(EvaluationError) -> G {
    guard let name = samples.first else {
      let value = try evaluate(body, env)
      var result = value
      for i in value.entries.indices { result.entries[i] = try mean(value.entries[i], env) }
      return result
    }
    guard let declaration = model.theory.declarations[name],
      case .sample(let population, let replacement) = declaration.nature,
      let members = model.theory.declarations[population]
    else { throw .unsupported("a sample without a population") }
    let draws = try Self.members(declaration.family[...], model)
    let choices = try Self.members(members.family[...], model)
    let assignments = Self.assignments(draws.count, choices.count, replacement)
    guard assignments.count <= 4_096 else { throw .tooLarge("\(assignments.count) possible samples") }
    guard !assignments.isEmpty else {
      throw .undefined("\(draws.count) draws without replacement from \(choices.count)")
    }
    let algebra = linear(env)
    var sum: G?
    for assignment in assignments {
      var inner = renewed(env)
      for (draw, choice) in zip(draws, assignment) {
        let member = ValueKey(name: population, indices: choices[choice])
        inner.assignment[ValueKey(name: name, indices: draw)] =
          members.isRandom ? try randomVariable(member, members, env) : try model.value(member)
      }
      let value = try average(body, samples.dropFirst(), inner)
      sum = sum.map { algebra.add($0, value) } ?? value
    }
    let weight = arithmetic.constant(try arithmetic.domain.element(Rational(1, assignments.count)))
    return try algebra.scale(weight, sum ?? algebra.zeros(1, 1))
  }

  private static func assignments(_ draws: Int, _ choices: Int, _ replacement: Bool) -> [[Int]] {
    guard draws < 12 else { return [] }
    var all: [[Int]] = [[]]
    for _ in 0..<draws {
      all = all.flatMap { head in (0..<choices).filter { replacement || !head.contains($0) }.map { head + [$0] } }
      if all.count > 4_096 { return all }
    }
    return all
  }

  /// The mean over the random formal variables of one number; time variables stay.
  private func mean(_ n: N, _ env: Env) throws(EvaluationError) -> N {
    var result = arithmetic.zero
    for (i, part) in n.parts.enumerated() {
      let before = Array(repeating: Coefficient.constant(arithmetic.zeroElement), count: i)
      guard case .formal(let terms) = part else {
        result = arithmetic.add(result, N(parts: before + [part]))
        continue
      }
      for term in terms {
        var rest = FormalTerm(coefficient: term.coefficient)
        rest.powers = term.powers.filter { !formal.isRandom($0.variable) }
        rest.exponent = term.exponent.filter { !formal.isRandom($0.variable) }
        let moment = try moment(
          term.powers.filter { formal.isRandom($0.variable) }, term.exponent.filter { formal.isRandom($0.variable) },
          env)
        let remaining: Coefficient<D.Element> =
          rest.powers.isEmpty && rest.exponent.isEmpty ? .constant(rest.coefficient) : .formal([rest])
        result = arithmetic.add(
          result, try arithmetic.multiply(moment, N(parts: before + [remaining]), in: env.algebra))
      }
    }
    return result
  }

  private func moment(
    _ powers: [(variable: Int, power: Int)], _ exponent: [(variable: Int, factor: D.Element)], _ env: Env
  ) throws(EvaluationError) -> N {
    var product = arithmetic.one
    var gaussian: [(variable: Int, power: Int)] = []
    var byMember: [ValueKey: [Int: Int]] = [:]
    for (variable, power) in powers {
      if case .member(let key, let entry) = formal.kinds[variable] {
        byMember[key, default: [:]][entry] = power
      } else {
        gaussian.append((variable, power))
      }
    }
    for (variable, _) in exponent {
      if case .member = formal.kinds[variable] { throw .unsupported("exp of a variable whose law is unknown") }
    }
    for (key, exponents) in byMember {
      product = try arithmetic.multiply(product, try lawMoment(key.name, exponents), in: env.algebra)
    }
    return try arithmetic.multiply(product, try gaussianMoment(gaussian, exponent, env), in: env.algebra)
  }

  /// E[z^p e^{ℓ·z}] by Stein's identity E[zᵢ f(z)] = Σⱼ Sᵢⱼ E[∂ⱼf(z)]; without ℓ this is Isserlis' theorem.
  private func gaussianMoment(
    _ powers: [(variable: Int, power: Int)], _ exponent: [(variable: Int, factor: D.Element)], _ env: Env
  ) throws(EvaluationError) -> N {
    guard let (first, power) = powers.first else {
      guard !exponent.isEmpty else { return arithmetic.one }
      var variance = arithmetic.zero
      for (i, x) in exponent {
        for (j, y) in exponent {
          let factor = arithmetic.constant(arithmetic.domain.multiply(x, y))
          variance = arithmetic.add(
            variance, try arithmetic.multiply(factor, try covariance(i, j, env), in: env.algebra))
        }
      }
      let half = arithmetic.constant(try arithmetic.domain.element(Rational(1, 2)))
      return try arithmetic.apply(.exp, try arithmetic.multiply(half, variance, in: env.algebra), in: env.algebra)
    }
    var rest = powers
    if power == 1 { rest.removeFirst() } else { rest[0].power -= 1 }
    var sum = arithmetic.zero
    for (place, (variable, count)) in rest.enumerated() {
      let c = try covariance(first, variable, env)
      if arithmetic.isZero(c) { continue }
      var fewer = rest
      if count == 1 { fewer.remove(at: place) } else { fewer[place].power -= 1 }
      let term = try arithmetic.multiply(c, try gaussianMoment(fewer, exponent, env), in: env.algebra)
      sum = arithmetic.add(sum, try arithmetic.multiply(try integer(count), term, in: env.algebra))
    }
    for (variable, factor) in exponent {
      let c = try arithmetic.multiply(
        arithmetic.constant(factor), try covariance(first, variable, env), in: env.algebra)
      if arithmetic.isZero(c) { continue }
      sum = arithmetic.add(sum, try arithmetic.multiply(c, try gaussianMoment(rest, exponent, env), in: env.algebra))
    }
    return sum
  }

  private func covariance(_ i: Int, _ j: Int, _ env: Env) throws(EvaluationError) -> N {
    guard case .gaussian(let p, let a) = formal.kinds[i], case .gaussian(let q, let b) = formal.kinds[j], p == q else {
      return arithmetic.zero
    }
    switch formal.groups[p] {
    case .covariance(let matrix): return matrix[a, b]
    case .wiener(let from, let to):
      let (x, y) = (formal.integrand(a, in: p), formal.integrand(b, in: p))
      let rate = x.rate.map { r in y.rate.map { arithmetic.domain.add(r, $0) } ?? r } ?? y.rate
      return try timeIntegral(x.power + y.power, rate, from, to, env)
    }
  }

  /// E of a monomial in one member's entries. Over the reals the law is uniform on five points, so that every moment is a
  /// moment of something; in a prime field moments are free, which is the general case of a polynomial identity.
  private func lawMoment(_ name: String, _ exponents: [Int: Int]) throws(EvaluationError) -> N {
    let flat = exponents.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    let key = ValueKey(name: name, indices: flat)
    if let known = lawMoments[key] { return arithmetic.constant(known) }
    let moment: D.Element
    if arithmetic.domain is any ApproximatesReals {
      var sum = arithmetic.zeroElement
      for point in 0..<Self.lawPoints {
        var product = arithmetic.oneElement
        for (entry, power) in exponents {
          let x = try model.source(ValueKey(name: name, indices: [point, entry]), "law").element()
          for _ in 0..<power { product = arithmetic.domain.multiply(product, x) }
        }
        sum = arithmetic.domain.add(sum, product)
      }
      moment = arithmetic.domain.multiply(sum, try arithmetic.domain.element(Rational(1, Self.lawPoints)))
    } else {
      moment = try model.source(key, "moment").element()
    }
    lawMoments[key] = moment
    return arithmetic.constant(moment)
  }

  static var lawPoints: Int { 5 }
}
