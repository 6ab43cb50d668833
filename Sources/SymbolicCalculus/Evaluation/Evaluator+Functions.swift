// Built-in functions, powers, singular values and vectors, declared smooth functions.

internal import ExactArithmetic
internal import RandomStreams

extension Evaluator {
  func power(_ a: Expression, _ exponent: Expression, _ env: Env) throws(EvaluationError) -> G {
    if case .number(let q) = exponent.expanded.node, let n = q.asInt {
      // ‖x‖²ᵏ = (xᵀx)ᵏ needs no square root.
      if n > 0, n.isMultiple(of: 2), case .apply(.norm, let argument) = a.node {
        let square = try linear(env).squaredNorm(try evaluate(argument[0], env))
        return G(scalar: try arithmetic.power(square, n / 2, in: env.algebra))
      }
      let base = try evaluate(a, env)
      return a.shape.isScalar
        ? G(scalar: try arithmetic.power(base[0, 0], n, in: env.algebra)) : try linear(env).power(base, n)
    }
    let base = try evaluate(a, env)
    guard a.shape.isScalar else {
      guard let n = try integerValue(exponent, env) else { throw .unsupported("a matrix power that is no integer") }
      return try linear(env).power(base, n)
    }
    if case .number(let q) = exponent.expanded.node {
      if q == Rational(1, 2) { return G(scalar: try squareRoot(base[0, 0], env)) }
      if q == Rational(-1, 2) {
        return G(scalar: try arithmetic.inverse(try squareRoot(base[0, 0], env), in: env.algebra))
      }
      return G(scalar: try arithmetic.apply(.power(q), base[0, 0], in: env.algebra))
    }
    if let n = try integerValue(exponent, env) {
      return G(scalar: try arithmetic.power(base[0, 0], n, in: env.algebra))
    }
    // x^y = exp(y log x)
    let logarithm = try arithmetic.apply(.log, base[0, 0], in: env.algebra)
    let product = try arithmetic.multiply(try scalar(exponent, env), logarithm, in: env.algebra)
    return G(scalar: try arithmetic.apply(.exp, product, in: env.algebra))
  }

  /// The exponent as an integer, if it is made of sizes, indices and integers.
  private func integerValue(_ e: Expression, _ env: Env) throws(EvaluationError) -> Int? {
    switch e.expanded.node {
    case .number(let q): return q.asInt
    case .size(let d): return try size(d, env)
    case .negate(let a): return try integerValue(a, env).map { 0 &- $0 }
    case .add(let terms):
      var sum = 0
      for term in terms {
        guard let n = try integerValue(term, env) else { return nil }
        sum &+= n
      }
      return sum
    case .scale(let a, let b):
      guard let x = try integerValue(a, env), let y = try integerValue(b, env) else { return nil }
      return x &* y
    default: return nil
    }
  }

  /// Whether an expression is of parameters only, none of which a derivative moves.
  private func isConstant(_ e: Expression, _ env: Env) -> Bool {
    guard !e.hasExpectations, !e.hasDifferentials else { return false }
    return e.names(in: model.theory, derived: derived).allSatisfy { name in
      guard env.locals[name] == nil, case .parameter? = model.theory.declarations[name]?.nature else { return false }
      return true
    }
  }

  func squareRoot(_ x: N, _ env: Env) throws(EvaluationError) -> N {
    let base = N(parts: [x.parts[0]])
    if arithmetic.isZero(x) {
      // Under a derivative, zero may be the square of a direction: there the root has a kink.
      guard env.algebra.size == 1 else { throw .undefined("the derivative of a square root at 0") }
      return arithmetic.zero
    }
    guard let root = model.root(of: base), case .constant(let r) = root.parts[0] else {
      return try arithmetic.apply(.power(Rational(1, 2)), x, in: env.algebra)
    }
    // Newton's y ← (y + x/y)/2 doubles the number of right nilpotent orders.
    var y = arithmetic.constant(r)
    let half = arithmetic.constant(try arithmetic.domain.element(Rational(1, 2)))
    var right = 1
    while right < env.algebra.order && x.parts.count > 1 {
      let quotient = try arithmetic.multiply(x, try arithmetic.inverse(y, in: env.algebra), in: env.algebra)
      y = try arithmetic.multiply(half, arithmetic.add(y, quotient), in: env.algebra)
      right *= 2
    }
    return y
  }

  func apply(
    _ function: Expression.Function, _ arguments: [Expression], _ shape: Shape, _ env: Env
  ) throws(EvaluationError) -> G {
    let algebra = linear(env)
    var values: [G] = []
    for argument in arguments { values.append(try evaluate(argument, env)) }
    let a = values[0]
    switch function {
    case .trace: return G(scalar: algebra.trace(a))
    case .vec: return a.reshaped(a.entries.count, 1)
    case .unvec: return a.reshaped(try size(shape.rows, env), try size(shape.columns, env))
    case .kron: return try algebra.kron(a, values[1])
    case .hadamard: return try algebra.hadamard(a, values[1])
    case .diag:
      return G(rows: a.entries.count, columns: a.entries.count) { $0 == $1 ? a.entries[$0] : arithmetic.zero }
    case .diagonal: return G(rows: min(a.rows, a.columns), columns: 1) { i, _ in a[i, i] }
    case .inverse: return try algebra.inverse(a)
    case .pseudoInverse: return try algebra.pseudoInverse(a)
    case .squareRoot: return try matrixRoot(a, env)
    case .determinant: return G(scalar: try algebra.determinant(a))
    case .norm: return G(scalar: try squareRoot(try algebra.squaredNorm(a), env))
    case .operatorNorm: return try operatorNorm(a, env)
    case .exp: return G(scalar: try arithmetic.apply(.exp, a[0, 0], in: env.algebra))
    case .log: return G(scalar: try arithmetic.apply(.log, a[0, 0], in: env.algebra))
    case .sqrt:
      // What is derived by nothing may be 0: its root is a constant, too.
      guard isConstant(arguments[0], env) else { return G(scalar: try squareRoot(a[0, 0], env)) }
      var constant = env
      constant.algebra = .scalars
      return G(scalar: try squareRoot(a[0, 0], constant))
    case .sin: return G(scalar: try arithmetic.apply(.sin, a[0, 0], in: env.algebra))
    case .cos: return G(scalar: try arithmetic.apply(.cos, a[0, 0], in: env.algebra))
    case .tanh: return G(scalar: try arithmetic.apply(.tanh, a[0, 0], in: env.algebra))
    case .abs: return G(scalar: try larger(a[0, 0], arithmetic.negate(a[0, 0]), function.rawValue))
    case .maximum, .minimum:
      // min(x, y) = −max(−x, −y).
      let isMaximum = function == .maximum
      var best = isMaximum ? a[0, 0] : arithmetic.negate(a[0, 0])
      for value in values.dropFirst() {
        let candidate = isMaximum ? value[0, 0] : arithmetic.negate(value[0, 0])
        best = try larger(candidate, best, function.rawValue)
      }
      return G(scalar: isMaximum ? best : arithmetic.negate(best))
    }
  }

  private func larger(_ x: N, _ y: N, _ what: String) throws(EvaluationError) -> N {
    // The value is continuous where the sides change places; a derivative is not.
    if x.parts.count == 1, y.parts.count == 1, case .constant(let a) = x.parts[0], case .constant(let b) = y.parts[0],
      let greater = arithmetic.domain.maximum(a, b)
    {
      return arithmetic.constant(greater)
    }
    let difference = arithmetic.subtract(x, y)
    guard let sign = try arithmetic.domain.sign(try arithmetic.base(difference, for: what)) else {
      throw .undecided("\(what) of numbers whose order is not certain")
    }
    if sign == 0, !arithmetic.isZero(difference) { throw .undefined("the derivative of \(what) at its kink") }
    return sign < 0 ? y : x
  }

  // MARK: Square roots of matrices

  /// The positive semidefinite root; infinitesimal parts by Sylvester's equation, order after order.
  private func matrixRoot(_ a: G, _ env: Env) throws(EvaluationError) -> G {
    let algebra = linear(env)
    let base = algebra.basePart(a)
    var root: G
    if let known = model.root(of: base) {
      root = known
    } else if let fromSpectrum = try spectralRoot(base, algebra) {
      root = fromSpectrum
    } else {
      try arithmetic.chargeDecomposition(a.rows, a.columns)
      let entries = try arithmetic.domain.squareRoot(try algebra.base(base, for: "sqrtm"))
      root = G(rows: a.rows, columns: a.columns) { arithmetic.constant(entries[$0][$1]) }
    }
    guard !algebra.isConstant(a) else { return root }
    let n = a.rows
    let one = algebra.identity(n)
    let sylvester = algebra.add(try algebra.kron(one, root), try algebra.kron(root.transposed, one))
    let inverse = try algebra.inverse(sylvester)
    for _ in 1..<env.algebra.order {
      let residual = algebra.subtract(a, try algebra.multiply(root, root))
      root = algebra.add(root, try algebra.multiply(inverse, residual.reshaped(n * n, 1)).reshaped(n, n))
    }
    return root
  }

  /// (XXᵀ)^{1/2} = U S Uᵀ and (XᵀX)^{1/2} = V S Vᵀ for a matrix that was drawn with its singular values.
  private func spectralRoot(_ a: G, _ algebra: LinearAlgebra<D>) throws(EvaluationError) -> G? {
    for spectrum in model.spectra {
      for (vectors, side) in [
        (spectrum.left, try algebra.multiply(spectrum.matrix, spectrum.matrix.transposed)),
        (spectrum.right, try algebra.multiply(spectrum.matrix.transposed, spectrum.matrix)),
      ] where algebra.isEqual(side, a) {
        let middle = G(rows: a.rows, columns: a.columns) {
          $0 == $1 && $0 < spectrum.values.count ? spectrum.values[$0] : arithmetic.zero
        }
        return try algebra.multiply(try algebra.multiply(vectors, middle), vectors.transposed)
      }
    }
    return nil
  }

  // MARK: Singular values

  private func operatorNorm(_ a: G, _ env: Env) throws(EvaluationError) -> G {
    let algebra = linear(env)
    if a.rows == 1 || a.columns == 1 { return G(scalar: try squareRoot(try algebra.squaredNorm(a), env)) }
    if !algebra.isConstant(a) || model.spectrum(of: algebra.basePart(a)) != nil {
      return try singular(.value, a, 1, env)
    }
    let gram = a.rows <= a.columns ? try algebra.multiply(a, a.transposed) : try algebra.multiply(a.transposed, a)
    try arithmetic.chargeDecomposition(gram.rows, gram.columns)
    let largest = try arithmetic.domain.largestEigenvalue(try algebra.base(gram, for: "opnorm"))
    return G(scalar: try squareRoot(arithmetic.constant(largest), env))
  }

  /// σₖ, uₖ or vₖ of a matrix whose base was drawn with them, or whose domain finds them; infinitesimal parts by Newton's
  /// iteration on Xv = σu, Xᵀu = σv, uᵀu = 1 in the nilpotent algebra, which knows no formula for derivatives.
  func singular(_ part: Expression.SingularPart, _ a: G, _ k: Int, _ env: Env) throws(EvaluationError) -> G {
    let algebra = linear(env)
    let (m, n) = (a.rows, a.columns)
    let count = part == .left ? m : part == .right ? n : max(m, n)
    guard (1...max(count, 1)).contains(k) else {
      throw .undefined("singular \(part == .value ? "value" : "vector") \(k) of a \(m) x \(n) matrix")
    }
    if part == .value && k > min(m, n) { return algebra.zeros(1, 1) }
    let base = algebra.basePart(a)
    if part == .value && algebra.isConstant(a) && model.spectrum(of: base) == nil {
      // Defined also where it is not simple.
      try arithmetic.chargeDecomposition(m, n)
      let values = try arithmetic.domain.singularValues(try algebra.base(base, for: "singular values"))
      return G(scalar: arithmetic.constant(values[k - 1]))
    }
    let triplet = try model.triplet(k, of: base, keeping: !env.isDrawn)
    if algebra.isConstant(a) {
      if part == .value { return G(scalar: triplet.value) }
      if let vector = part == .left ? triplet.left : triplet.right { return vector }
    }
    guard k <= min(m, n), var u = triplet.left, var v = triplet.right else {
      throw .undefined("the derivative of a singular vector to singular value zero")
    }
    var sigma = triplet.value
    let inverse = try jacobianInverse(triplet, u, v)
    let half = arithmetic.constant(try arithmetic.domain.element(Rational(1, 2)))
    for _ in 1..<env.algebra.order {
      let left = algebra.subtract(try algebra.multiply(a, v), try algebra.scale(sigma, u))
      let right = algebra.subtract(try algebra.multiply(a.transposed, u), try algebra.scale(sigma, v))
      let length = arithmetic.subtract(try algebra.squaredNorm(u), arithmetic.one)
      let residual = G(
        rows: m + n + 1, columns: 1,
        entries: left.entries + right.entries + [try arithmetic.multiply(half, length, in: env.algebra)])
      let step = try algebra.multiply(inverse, residual)
      for i in 0..<m { u.entries[i] = arithmetic.subtract(u.entries[i], step.entries[i]) }
      for j in 0..<n { v.entries[j] = arithmetic.subtract(v.entries[j], step.entries[m + j]) }
      sigma = arithmetic.subtract(sigma, step.entries[m + n])
    }
    return part == .value ? G(scalar: sigma) : part == .left ? u : v
  }

  /// The inverse Jacobian of (Xv − σu, Xᵀu − σv, (uᵀu − 1)/2) in (u, v, σ); singular exactly if σₖ is not simple or zero.
  private func jacobianInverse(_ triplet: Model<D>.Triplet, _ u: G, _ v: G) throws(EvaluationError) -> G {
    if let known = triplet.jacobianInverse { return known }
    let (x, sigma) = (triplet.matrix, triplet.value)
    let (m, n) = (x.rows, x.columns)
    let algebra = LinearAlgebra(arithmetic: arithmetic, algebra: NilpotentAlgebra.scalars)
    var jacobian = algebra.zeros(m + n + 1, m + n + 1)
    for i in 0..<m {
      jacobian[i, i] = arithmetic.negate(sigma)
      jacobian[i, m + n] = arithmetic.negate(u.entries[i])
      jacobian[m + n, i] = u.entries[i]
      for j in 0..<n {
        jacobian[i, m + j] = x[i, j]
        jacobian[m + j, i] = x[i, j]
      }
    }
    for j in 0..<n {
      jacobian[m + j, m + j] = arithmetic.negate(sigma)
      jacobian[m + j, m + n] = arithmetic.negate(v.entries[j])
    }
    let inverse = try algebra.inverse(jacobian)
    triplet.jacobianInverse = inverse
    return inverse
  }

  // MARK: Declared functions

  /// An arbitrary smooth function stands for a polynomial of a degree at which it is as good as any to the statement: of
  /// time, or for a sum of powers of random affine forms, more of them than entries, so that its value and derivatives
  /// are in general position.
  func call(_ name: String, _ argument: Expression, _ shape: Shape, _ env: Env) throws(EvaluationError) -> [N] {
    guard let declaration = model.theory.declarations[name] else {
      throw .unsupported("the undeclared function \(name)")
    }
    let x = try evaluate(argument, env)
    let components = try size(shape.count, env)
    var isTime = false
    if case .timeFunction(let isAdapted) = declaration.nature {
      // One that was given a value is constant.
      if let constant = model.values[ValueKey(name: name)] { return constant.entries }
      isTime = true
      guard !isAdapted || linear(env).isConstant(x) else {
        throw .unsupported("a derivative of the adapted path \(name)")
      }
    }
    let degree = max(isTime ? 2 : 4, model.needs.degrees[name] ?? 0)
    // A hypothesis may bound a function's size or slope: steep and flat ones are drawn alike.
    let flatness = model.generator(ValueKey(name: name), "scale").uniform(below: 4)
    let scale = arithmetic.constant(try arithmetic.domain.element(Rational(1, 1000).power(isTime ? 0 : flatness)))
    var values: [N] = []
    for component in 0..<components {
      let source = model.source(ValueKey(name: name, indices: [component]), "function")
      var sum = arithmetic.zero
      if isTime {
        var power = arithmetic.one
        for k in 0...degree {
          // Small coefficients keep exponentials of integrals in reach.
          let scale = try arithmetic.domain.element(Rational(1, 5) / Rational(8).power(max(0, k - 2)))
          let c = arithmetic.constant(arithmetic.domain.multiply(scale, try source.element()))
          sum = arithmetic.add(sum, try arithmetic.multiply(c, power, in: env.algebra))
          power = try arithmetic.multiply(power, x.entries[0], in: env.algebra)
        }
      } else {
        for _ in 0..<2 * x.entries.count + 2 {
          var form = arithmetic.constant(try source.element())
          for entry in x.entries {
            let c = arithmetic.constant(try source.element(.small))
            form = arithmetic.add(form, try arithmetic.multiply(c, entry, in: env.algebra))
          }
          let c = arithmetic.constant(try source.element(.small))
          sum = arithmetic.add(
            sum, try arithmetic.multiply(c, try arithmetic.power(form, degree, in: env.algebra), in: env.algebra))
        }
      }
      values.append(try arithmetic.multiply(scale, sum, in: env.algebra))
    }
    return values
  }
}
