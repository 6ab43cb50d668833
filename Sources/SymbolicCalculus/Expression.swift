// The one tree: what a derivation displays, differentiates and evaluates.

public import ExactArithmetic

/// A typed mathematical expression: a node, its shape and, for messages, where in the source it stands.
///
/// Two expressions are equal if their trees are, wherever they were written.
public struct Expression: Hashable, Sendable {
  public indirect enum Node: Hashable, Sendable {
    /// A rational constant.
    case number(Rational)
    /// A dimension or a bound index, used as a number.
    case size(Dimension)
    /// A declared name; indices if it is a family.
    case variable(String, [Dimension])
    /// A defined name with the expression it stands for (already instantiated), kept for display.
    case defined(String, [Dimension], Expression)
    /// Iₙ, the zero matrix, the matrix of ones; the shape says of what size.
    case identity, zero, ones
    /// The i-th basis vector.
    case basis(Dimension)
    case add([Expression])
    case negate(Expression)
    /// A matrix product; inner dimensions agree.
    case multiply(Expression, Expression)
    /// A scalar times anything.
    case scale(Expression, Expression)
    /// Anything divided by a scalar.
    case divide(Expression, Expression)
    /// A scalar to a scalar power; a square matrix to an integer power.
    case power(Expression, Expression)
    case transpose(Expression)
    case apply(Function, [Expression])
    /// Entry i of a vector or (i, j) of a matrix, counted from 1.
    case entry(Expression, [Dimension])
    /// σᵢ, uᵢ or vᵢ of a matrix; σᵢ = 0 beyond min(m, n).
    case singular(SingularPart, Expression, Dimension)
    case sum(Range, Expression)
    case product(Range, Expression)
    /// Dᵏf(x)[E₁, …, Eₖ].
    case derivative(Lambda, at: Expression, along: [Expression])
    /// The gradient of a scalar function: the shape of its argument.
    case gradient(Lambda, at: Expression)
    /// The Hessian of a scalar function of a vector (of vec X for a matrix X).
    case hessian(Lambda, at: Expression)
    /// A declared function of a vector, a matrix or time at a point.
    case call(String, Expression)
    /// at(K, T): the value at a time of a process or Brownian motion, given as its variable.
    case processValue(Expression, at: Expression)
    case expectation(Expression)
    /// Var[x]: a scalar's variance, a vector's covariance matrix.
    case variance(Expression)
    /// Cov[x, y] = E[(x − E x)(y − E y)ᵀ].
    case covariance(Expression, Expression)
    /// d(·) in Itô's sense.
    case differential(Expression)
    /// dt, also ds inside an integral over s.
    case timeDifferential
    /// dW of a declared Brownian motion; indices if it is a family.
    case brownianDifferential(String, [Dimension])
    /// ∫ₐᵇ of a form that is linear in ds and dW; the name is that of the time variable.
    case integral(String, from: Expression, to: Expression, Expression)
  }

  public enum SingularPart: String, Hashable, Sendable { case value, left, right }

  /// An index running over lower … upper, perhaps without the values at which two indices agree.
  public struct Range: Hashable, Sendable {
    public var index: String
    public var lower: Dimension
    public var upper: Dimension
    /// Values that the index skips.
    public var excluding: [Dimension]
    public init(_ index: String, _ lower: Dimension, _ upper: Dimension, excluding: [Dimension] = []) {
      (self.index, self.lower, self.upper, self.excluding) = (index, lower, upper, excluding)
    }
  }

  /// x ↦ body. The parameter is a variable of the given shape inside the body.
  public struct Lambda: Hashable, Sendable {
    public var parameter: String
    public var shape: Shape
    public var body: Expression
    /// How the source names the function: opnorm, f, …
    public var display: String?
    public init(_ parameter: String, _ shape: Shape, _ body: Expression, display: String? = nil) {
      (self.parameter, self.shape, self.body, self.display) = (parameter, shape, body, display)
    }
  }

  /// Built-in functions. Names in the language are the raw values.
  public enum Function: String, Hashable, Sendable, CaseIterable {
    case trace = "tr"
    case vec
    /// mat[m, n](x): the inverse of vec; the shape of the expression says m and n.
    case unvec = "mat"
    case kron, hadamard
    /// The diagonal matrix of a vector.
    case diag
    /// The vector of a matrix' diagonal.
    case diagonal
    case inverse = "inv"
    case pseudoInverse = "pinv"
    case squareRoot = "sqrtm"
    case determinant = "det"
    /// Euclid's norm of a vector, Frobenius' of a matrix.
    case norm
    case operatorNorm = "opnorm"
    case exp, log, sqrt, abs, sin, cos, tanh
    case minimum = "min"
    case maximum = "max"
  }

  public let node: Node
  public let shape: Shape
  /// Offsets into the source text; empty for what the program made.
  public let span: Swift.Range<Int>

  public init(_ node: Node, _ shape: Shape, span: Swift.Range<Int> = 0..<0) {
    (self.node, self.shape, self.span) = (node, shape, span)
  }

  public static func == (a: Expression, b: Expression) -> Bool { a.shape == b.shape && a.node == b.node }
  public func hash(into hasher: inout Hasher) { node.hash(into: &hasher) }
}

extension Expression {
  /// The expressions directly below, in reading order; bodies of functions and sums included.
  public var children: [Expression] {
    switch node {
    case .number, .size, .variable, .identity, .zero, .ones, .basis, .timeDifferential, .brownianDifferential: []
    case .defined(_, _, let e), .negate(let e), .transpose(let e), .entry(let e, _), .singular(_, let e, _),
      .sum(_, let e), .product(_, let e), .call(_, let e), .expectation(let e), .variance(let e), .differential(let e):
      [e]
    case .add(let terms), .apply(_, let terms): terms
    case .multiply(let a, let b), .scale(let a, let b), .divide(let a, let b), .power(let a, let b),
      .covariance(let a, let b), .processValue(let a, let b):
      [a, b]
    case .derivative(let f, let x, let directions): [f.body, x] + directions
    case .gradient(let f, let x), .hessian(let f, let x): [f.body, x]
    case .integral(_, let a, let b, let body): [a, b, body]
    }
  }

  /// The same node over other children, given in the order of ``children``.
  public func replacingChildren(_ new: [Expression]) -> Expression {
    let node: Node =
      switch self.node {
      case .number, .size, .variable, .identity, .zero, .ones, .basis, .timeDifferential, .brownianDifferential:
        self.node
      case .defined(let name, let indices, _): .defined(name, indices, new[0])
      case .negate: .negate(new[0])
      case .transpose: .transpose(new[0])
      case .entry(_, let indices): .entry(new[0], indices)
      case .singular(let part, _, let index): .singular(part, new[0], index)
      case .sum(let range, _): .sum(range, new[0])
      case .product(let range, _): .product(range, new[0])
      case .call(let name, _): .call(name, new[0])
      case .processValue: .processValue(new[0], at: new[1])
      case .expectation: .expectation(new[0])
      case .variance: .variance(new[0])
      case .differential: .differential(new[0])
      case .add: .add(new)
      case .apply(let function, _): .apply(function, new)
      case .multiply: .multiply(new[0], new[1])
      case .scale: .scale(new[0], new[1])
      case .divide: .divide(new[0], new[1])
      case .power: .power(new[0], new[1])
      case .covariance: .covariance(new[0], new[1])
      case .derivative(let f, _, _):
        .derivative(
          Lambda(f.parameter, f.shape, new[0], display: f.display), at: new[1], along: Array(new.dropFirst(2)))
      case .gradient(let f, _): .gradient(Lambda(f.parameter, f.shape, new[0], display: f.display), at: new[1])
      case .hessian(let f, _): .hessian(Lambda(f.parameter, f.shape, new[0], display: f.display), at: new[1])
      case .integral(let name, _, _, _): .integral(name, from: new[0], to: new[1], new[2])
      }
    return Expression(node, shape, span: span)
  }

  /// Definitions replaced by what they stand for, everywhere.
  public var expanded: Expression {
    if case .defined(_, _, let meaning) = node { return meaning.expanded }
    return replacingChildren(children.map(\.expanded))
  }
}
