// Equations among the hypotheses, solved at a point for a name in which they are affine.

internal import ExactArithmetic

extension Points {
  /// The k-th solution in rational numbers, put in; false if there is none there.
  func solveExactly<D: DrawingDomain>(
    _ k: Int, _ model: Model<D>, at place: Place
  ) throws(EvaluationError) -> Bool {
    let unknown = hypotheses.equations[k].unknown
    guard let exact = try? evaluator(RationalDomain(), at: place) else { return false }
    for (key, value) in exact.model.values where key.name == unknown {
      var entries: [Number<D.Element>] = []
      for entry in value.entries {
        guard case .constant(let q) = entry.parts[0] else { return false }
        entries.append(Number(parts: [.constant(try model.arithmetic.domain.element(q))]))
      }
      model.setValue(Grid(rows: value.rows, columns: value.columns, entries: entries), for: key)
    }
    return true
  }

  /// Solves equations that are affine in the entries of one name; entries that they leave free keep their draws.
  func solve<D: DrawingDomain>(
    _ equations: [Statement], for name: String, _ model: Model<D>
  ) throws(EvaluationError) {
    let said = equations.map(\.description).joined(separator: " and ")
    guard let declaration = theory.declarations[name] else { return }
    let linear = model.linear
    let members = try Evaluator.members(declaration.family[...], model).map { ValueKey(name: name, indices: $0) }
    var unknowns: [(key: ValueKey, entries: [Int], signs: [Int])] = []
    for key in members {
      let value = try model.value(key)
      for j in 0..<value.columns {
        for i in 0..<value.rows {
          let (p, q) = (j * value.rows + i, i * value.rows + j)
          switch declaration.nature {
          case .parameter(.symmetric): if i <= j { unknowns.append((key, i == j ? [p] : [p, q], [1, 1])) }
          case .parameter(.skew): if i < j { unknowns.append((key, [p, q], [1, -1])) }
          case .parameter(.diagonal): if i == j { unknowns.append((key, [p], [1])) }
          default: unknowns.append((key, [p], [1]))
          }
        }
      }
    }
    guard unknowns.count <= 40 else { throw .tooLarge("solving a hypothesis for \(unknowns.count) entries of \(name)") }
    func residual() throws(EvaluationError) -> Grid<D.Element> {
      let evaluator = try Evaluator(model, derived: hypotheses.derived)
      var entries: [Number<D.Element>] = []
      for s in equations {
        let difference = linear.subtract(try evaluator.value(s.left), try evaluator.value(s.right))
        guard linear.isConstant(difference) else { throw .unsupported("a hypothesis between differentials") }
        entries += difference.entries
      }
      return Grid(rows: entries.count, columns: 1, entries: entries)
    }
    func shift(_ unknown: (key: ValueKey, entries: [Int], signs: [Int]), by x: Number<D.Element>)
      throws(EvaluationError)
    {
      var value = try model.value(unknown.key)
      for (entry, sign) in zip(unknown.entries, unknown.signs) {
        value.entries[entry] = model.arithmetic.add(value.entries[entry], sign > 0 ? x : model.arithmetic.negate(x))
      }
      model.setValue(value, for: unknown.key)
    }
    let start = try residual()
    let one = model.arithmetic.one
    var columns: [Grid<D.Element>] = []
    for unknown in unknowns {
      try shift(unknown, by: one)
      columns.append(linear.subtract(try residual(), start))
      try shift(unknown, by: model.arithmetic.negate(one))
    }
    let matrix = Grid(rows: start.rows, columns: columns.count) { columns[$1][$0, 0] }
    // In balls the solution of an affine equation makes an enclosure of zero; in floating point, rounding errors.
    func vanishes(_ number: Number<D.Element>) throws(EvaluationError) -> Bool {
      let base = try model.arithmetic.base(number, for: "a hypothesis")
      if model.arithmetic.domain.isZero(base) { return true }
      return model.arithmetic.domain.pivotQuality(base) <= (model.arithmetic.domain is BallDomain ? 0 : 1e-9)
    }
    let step = try linear.multiply(try linear.pseudoInverse(matrix), start)
    for (unknown, x) in zip(unknowns, step.entries) { try shift(unknown, by: model.arithmetic.negate(x)) }
    let rest = try residual()
    for entry in rest.entries where !(try vanishes(entry)) {
      // An affine equation has the same slopes everywhere.
      for (unknown, column) in zip(unknowns, columns) {
        try shift(unknown, by: one)
        let slope = linear.subtract(try residual(), rest)
        for change in linear.subtract(slope, column).entries where !(try vanishes(change)) {
          throw .unsupported(
            "no point could be constructed that satisfies the hypothesis \(said), which is not affine in \(name): "
              + "parametrise it, as P = A inv(A' A) A' does P P = P")
        }
        try shift(unknown, by: model.arithmetic.negate(one))
      }
      throw .undefined("the hypothesis \(said) has no solution")
    }
  }
}
