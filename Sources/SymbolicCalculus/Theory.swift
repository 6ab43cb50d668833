// What is known where an expression stands: declarations and assumptions.

/// What a name is.
public struct Declaration: Hashable, Sendable {
  public enum Nature: Hashable, Sendable {
    /// A positive integer, at least the given one.
    case dimension(atLeast: Int)
    /// Any value that satisfies the constraint.
    case parameter(Constraint)
    /// An arbitrary smooth function of one scalar, vector or matrix; the declaration's shape is its value's.
    case function(of: Shape)
    /// A deterministic smooth function of time, or (adapted) one path of an adapted process.
    case timeFunction(adapted: Bool)
    /// Time itself.
    case time
    /// The present value of an adapted process whose differential is not given.
    case adapted
    /// Gaussian with mean (the declaration's shape) and covariance of vec; a scalar covariance means independent entries.
    case normal(mean: Expression, covariance: Expression)
    /// Independent, identically distributed members of any law.
    case independentFamily
    /// Members drawn uniformly from the family named.
    case sample(of: String, replacement: Bool)
    /// A standard Brownian motion; the members of a family are independent.
    case brownian
    /// An Itô process with the given differential (index names, if a family, occur in it) and, if given, initial value.
    case process(differential: Expression, initial: Expression?)
  }

  public enum Constraint: String, Hashable, Sendable, CaseIterable {
    case none, positive, nonnegative, symmetric, psd, spd, orthogonal, diagonal, skew, unit
  }

  public var name: String
  public var shape: Shape
  /// Index ranges of a family; empty for one object.
  public var family: [Expression.Range]
  public var nature: Nature
  public var span: Range<Int>

  public init(
    _ name: String, _ shape: Shape, family: [Expression.Range] = [], nature: Nature, span: Range<Int> = 0..<0
  ) {
    (self.name, self.shape, self.family, self.nature, self.span) = (name, shape, family, nature, span)
  }

  /// Whether the value varies with chance, so that E[·] averages over it.
  public var isRandom: Bool {
    switch nature {
    case .normal, .independentFamily, .sample: true
    default: false
    }
  }
}

/// How two sides compare.
public enum Relation: String, Hashable, Sendable, CaseIterable {
  case equal = "="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
}

/// left ∘ right.
public struct Statement: Hashable, Sendable {
  public var left: Expression
  public var relation: Relation
  public var right: Expression
  public init(_ left: Expression, _ relation: Relation, _ right: Expression) {
    (self.left, self.relation, self.right) = (left, relation, right)
  }
}

/// A hypothesis in force.
public struct Assumption: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    case statement(Statement)
    /// The largest singular value of the matrix is positive and simple.
    case simpleTop(Expression)
  }
  public var content: Content
  /// Indices for all of whose values it holds.
  public var ranges: [Expression.Range]
  public var span: Range<Int>
  public init(_ content: Content, forAll ranges: [Expression.Range] = [], span: Range<Int> = 0..<0) {
    (self.content, self.ranges, self.span) = (content, ranges, span)
  }
}

/// Declarations and assumptions in force at one place of a derivation.
public struct Theory: Hashable, Sendable {
  public var declarations: [String: Declaration] = [:]
  /// The order of declaration: a law or a differential may mention only what stands before it.
  public var order: [String] = []
  public var assumptions: [Assumption] = []
  public init() {}

  public mutating func declare(_ declaration: Declaration) {
    declarations[declaration.name] = declaration
    order.append(declaration.name)
  }
}
