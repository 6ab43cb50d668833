// What moves or varies: Gaussian laws, Itô processes, and the signs that a declaration promises.

internal import ExactArithmetic
internal import SymbolicCalculus

extension Elaborator {
  /// `positive` on what has a nature of its own becomes the assumption x > 0, for a family that of every member.
  mutating func assumeSign(_ declared: DeclaredName, _ type: TypeSyntax) throws(DerivationError) {
    let relation: Relation
    switch type.constraint {
    case .none: return
    case .positive: relation = .greater
    case .nonnegative: relation = .greaterOrEqual
    default:
      throw DerivationError(
        "\(type.constraint.rawValue) is a constraint on parameters only", at: type.span, hint: "use assume")
    }
    let family = scope.theory.declarations[declared.name.text]?.family ?? []
    let member = Expression(
      .variable(declared.name.text, family.map { Dimension($0.index) }), .scalar, span: declared.name.span)
    let zero = Expression(.number(0), .scalar, span: type.span)
    scope.theory.assumptions.append(
      Assumption(.statement(Statement(member, relation, zero)), forAll: family, span: type.span))
  }

  mutating func gaussian(
    _ declared: DeclaredName, _ shape: Shape, _ law: StatementSyntax.Law
  ) throws(DerivationError) {
    try checkNew(declared.name)
    let family = try family(declared)
    let (mean, covariance) = try withFamily(family, named: declared) { elaborator throws(DerivationError) in
      var mean = try elaborator.elaborate(law.mean)
      guard let fitted = elaborator.fit(mean, shape) else {
        let found = elaborator.sizes.resolve(mean.shape)
        throw DerivationError("the mean of \(declared.name.text) is \(found), not \(shape)", at: law.mean.span)
      }
      mean = fitted
      var covariance = try elaborator.elaborate(law.covariance)
      if !elaborator.sizes.resolve(covariance.shape).isScalar || covariance.isZeroLiteral && !shape.isScalar {
        let count = shape.count
        try Sizes.check(count, at: law.covariance.span)
        guard let fitted = elaborator.fit(covariance, Shape(count, count)) else {
          let found = elaborator.sizes.resolve(covariance.shape)
          throw DerivationError(
            "the covariance of \(declared.name.text) is \(found), not a scalar or \(Shape(count, count))",
            at: law.covariance.span)
        }
        covariance = fitted
      }
      let both = try elaborator.finish([mean, covariance])
      for part in both where try DifferentialForm.has(part) {
        throw DerivationError("a differential in a law", at: part.span)
      }
      return (both[0], both[1])
    }
    scope.theory.declare(
      Declaration(
        declared.name.text, shape, family: family, nature: .normal(mean: mean, covariance: covariance),
        span: declared.name.span))
  }

  /// The family's indices in force.
  mutating func withFamily<T>(
    _ family: [Expression.Range], named declared: DeclaredName,
    _ run: (inout Elaborator) throws(DerivationError) -> T
  ) throws(DerivationError) -> T {
    let saved = (locals, bound)
    defer { (locals, bound) = saved }
    for (range, index) in zip(family, declared.family) {
      guard let name = index.name else { continue }
      locals[name.text] = .index(Dimension(range.index), range)
      bound.insert(range.index)
    }
    return try run(&self)
  }

  /// Declares a process with an empty differential for the time being, because drift and diffusion mention it, and so may
  /// those of the processes that follow at once.
  mutating func announce(_ process: StatementSyntax.Process) throws(DerivationError) {
    let name = process.name.name
    try checkNew(name)
    if let type = process.type, type.isIndependent || type.isAdapted {
      throw DerivationError("a process has the type scalar, vector[n] or matrix[m, n]", at: type.span)
    }
    let shape = try process.type.map { type throws(DerivationError) in try valueShape(type) } ?? .scalar
    let family = try family(process.name)
    let written = process.indices.map { index -> String? in
      if case .name(let name) = index.kind { return name }
      return nil
    }
    guard written == process.name.family.map({ $0.name?.text }) else {
      throw DerivationError(
        "the indices of d\(name.text) are not those of \(name.text)", at: name.span,
        hint: "write process \(name.text)[l in 1..L] : d\(name.text)[l] = …")
    }
    let empty = Expression(.zero, shape, span: name.span)
    scope.theory.declare(
      Declaration(
        name.text, shape, family: family, nature: .process(differential: empty, initial: nil), span: name.span))
    scope.announced.insert(name.text)
  }

  mutating func declare(_ process: StatementSyntax.Process) throws(DerivationError) {
    let name = process.name.name
    if !scope.announced.contains(name.text) { try announce(process) }
    guard let declaration = scope.theory.declarations[name.text] else { return }
    let (shape, family, open) = (declaration.shape, declaration.family, scope.announced)
    let (differential, initial) = try withFamily(family, named: process.name) { elaborator throws(DerivationError) in
      let form = try elaborator.whole(process.differential, as: shape, isPart: true)
      try ProcessValues.refuse(form, "in the differential of \(name.text), which moves by present values")
      if let own = form.firstDifferential(of: name.text) {
        throw DerivationError("d\(name.text) on the right of its own equation", at: own.span)
      }
      for other in open.sorted() {
        guard let early = form.firstDifferential(of: other) else { continue }
        throw DerivationError(
          "d\(other) before its equation", at: early.span, hint: "put the process \(other) before \(name.text)")
      }
      try DifferentialForm.linear(form, in: "the differential of \(name.text)")
      var start: Expression?
      if let initial = process.initial {
        let value = try elaborator.whole(initial, as: shape, isPart: true)
        try ProcessValues.refuse(value, "in the start of \(name.text)")
        if try DifferentialForm.has(value) {
          throw DerivationError("a differential in the start of \(name.text)", at: initial.span)
        }
        start = value
      }
      return (form, start)
    }
    scope.theory.declarations[name.text]?.nature = .process(differential: differential, initial: initial)
    scope.announced.remove(name.text)
    if let type = process.type {
      try checkConstraint(type, shape)
      try assumeSign(process.name, type)
    }
  }
}

extension Expression {
  /// Where the differential of the named process stands inside, if it does.
  func firstDifferential(of name: String) -> Expression? {
    if case .differential(let x) = node, case .variable(name, _) = x.node { return self }
    for child in children { if let found = child.firstDifferential(of: name) { return found } }
    return nil
  }
}
