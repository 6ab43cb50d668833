// The Swift front: the same trees and the same checks, written in a test instead of a document.

public import SymbolicCalculus

/// A derivation written in Swift.
///
///     let n = Dimension("n")
///     let (a, b) = (Expression.variable("A", Shape(n, n)), Expression.variable("B", Shape(n, n)))
///     let cyclic = Derivation("Traces") {
///       Let(n)
///       Let(a, b)
///       Claim("Cyclic", tr(a * b), .equal, tr(b * a))
///     }
///     DerivationChecker().check(cyclic).isProved   // true
public struct Derivation: Sendable {
  public let name: String
  public let document: DerivationDocument

  public init(_ name: String, @Builder _ parts: () -> [any DerivationPart]) {
    self.name = name
    var scope = Scope()
    var claims: [DerivedClaim] = []
    for part in parts() { part.add(to: &scope.theory, &claims) }
    document = DerivationDocument(name: name, claims: claims)
  }

  @resultBuilder public enum Builder {
    public static func buildBlock(_ parts: any DerivationPart...) -> [any DerivationPart] { parts }
  }
}

extension DerivationChecker {
  public func check(_ derivation: Derivation) -> DocumentOutcome { check(derivation.document) }
}

/// A statement of a derivation: ``Let``, ``Assume``, ``Brownian``, ``Process`` or ``Claim``.
public protocol DerivationPart: Sendable {
  func add(to theory: inout Theory, _ claims: inout [DerivedClaim])
}

/// Declares names: sizes, variables with a constraint, or variables with a law.
public struct Let: DerivationPart {
  private let declarations: [Declaration]

  /// Sizes, each a name alone.
  public init(_ sizes: Dimension..., atLeast least: Int = 1) {
    declarations = sizes.map { size in
      guard let name = size.name else { preconditionFailure("Let needs names of sizes, and \(size) is none") }
      return Declaration(name, .scalar, nature: .dimension(atLeast: least))
    }
  }

  /// Variables, each made by `Expression.variable(_:_:)`.
  public init(_ variables: Expression..., constrained constraint: Declaration.Constraint = .none) {
    declarations = variables.map { Declaration($0.declaredName, $0.shape, nature: .parameter(constraint)) }
  }

  /// A Gaussian variable; a scalar covariance means independent entries of that variance.
  public init(_ variable: Expression, normal mean: Expression, _ covariance: Expression) {
    declarations = [
      Declaration(variable.declaredName, variable.shape, nature: .normal(mean: mean, covariance: covariance))
    ]
  }

  /// A family x[1..N]; independent and identically distributed, or fixed.
  public init(_ name: String, _ shape: Shape, upTo count: Dimension, isIndependent: Bool) {
    declarations = [
      Declaration(
        name, shape, family: [Expression.Range("i", 1, count)],
        nature: isIndependent ? .independentFamily : .parameter(.none))
    ]
  }

  public func add(to theory: inout Theory, _ claims: inout [DerivedClaim]) {
    for declaration in declarations { theory.declare(declaration) }
  }
}

/// A hypothesis.
public struct Assume: DerivationPart {
  private let content: Assumption.Content

  public init(_ left: Expression, _ relation: Relation, _ right: Expression) {
    content = .statement(Statement(left, relation, right))
  }
  /// That σ₁ of the matrix is positive and simple, so that its operator norm can be differentiated.
  public init(simpleOperatorNormOf matrix: Expression) { content = .simpleTop(matrix) }

  public func add(to theory: inout Theory, _ claims: inout [DerivedClaim]) {
    theory.assumptions.append(Assumption(content))
  }
}

/// A Brownian motion.
public struct Brownian: DerivationPart {
  private let declaration: Declaration
  public init(_ name: String, _ shape: Shape = .scalar) { declaration = Declaration(name, shape, nature: .brownian) }
  public func add(to theory: inout Theory, _ claims: inout [DerivedClaim]) { theory.declare(declaration) }
}

/// An Itô process with its differential, built of `.dt` and `.dW(…)`.
public struct Process: DerivationPart {
  private let declaration: Declaration
  public init(_ variable: Expression, d differential: Expression) {
    declaration = Declaration(
      variable.declaredName, variable.shape, nature: .process(differential: differential, initial: nil))
  }
  public func add(to theory: inout Theory, _ claims: inout [DerivedClaim]) { theory.declare(declaration) }
}

/// A statement, with a chain of steps or without.
public struct Claim: DerivationPart {
  private let name: String
  private let statement: Statement
  private let steps: [Step]

  public init(
    _ name: String, _ left: Expression, _ relation: Relation, _ right: Expression,
    @StepBuilder proof steps: () -> [Step] = { [] }
  ) {
    (self.name, statement, self.steps) = (name, Statement(left, relation, right), steps())
  }

  @resultBuilder public enum StepBuilder {
    public static func buildBlock(_ steps: Step...) -> [Step] { steps }
  }

  public func add(to theory: inout Theory, _ claims: inout [DerivedClaim]) {
    var chains: [Chain] = []
    if let last = steps.last {
      let relation = steps.contains { $0.relation != .equal } ? statement.relation : .equal
      chains = [
        Chain(
          name: nil, first: statement.left,
          steps: steps.map { ChainStep(relation: $0.relation, right: $0.right, reason: $0.reason, span: 0..<0) },
          statement: Statement(statement.left, relation, last.right), span: 0..<0)
      ]
    }
    claims.append(
      DerivedClaim(
        name: name, section: nil, scope: Scope(theory), statement: statement, chains: chains, span: 0..<0))
  }
}

/// One step of a claim's chain, from the expression before it.
public struct Step: Sendable {
  let relation: Relation
  let right: Expression
  let reason: Reason?

  public init(_ relation: Relation = .equal, _ right: Expression, by reason: Reason? = nil) {
    (self.relation, self.right, self.reason) = (relation, right, reason)
  }
}

extension Expression {
  /// The name of a variable that stands alone.
  fileprivate var declaredName: String {
    guard case .variable(let name, let indices) = node, indices.isEmpty else {
      preconditionFailure("a declaration needs a variable alone, and \(self) is none")
    }
    return name
  }
}
