// The untyped tree: what is written, with its place, before anyone asks what the names mean.

internal import ExactArithmetic
internal import SymbolicCalculus

/// An expression as written.
struct Syntax: Hashable, Sendable {
  enum Operation: Hashable, Sendable { case times, over, hadamard, kron }
  enum Moment: Hashable, Sendable { case expectation, variance, covariance }
  enum Calculus: String, Hashable, Sendable {
    case first = "D"
    case second = "D2"
    case gradient = "grad"
    case hessian = "hess"
  }

  indirect enum Kind: Hashable, Sendable {
    case number(Rational, integer: Int?)
    case name(String)
    case index(Syntax, [Syntax])
    case transpose(Syntax)
    case negate(Syntax)
    /// Two terms or more; those with true are subtracted.
    case sum([Term])
    case product(Syntax, Operation, Syntax)
    case power(Syntax, Syntax)
    /// A built-in, defined or declared function.
    case call(Name, [Syntax])
    case unvec(rows: Syntax, columns: Syntax, Syntax)
    case range([IndexRange], excluding: [Condition], isProduct: Bool, Syntax)
    case integral(Name, from: Syntax, to: Syntax, Syntax)
    case calculus(Calculus, Function, at: Syntax, along: [Syntax])
    case moment(Moment, [Syntax])
    case differential(Syntax)
  }

  struct Term: Hashable, Sendable {
    var isSubtracted: Bool
    var syntax: Syntax
  }
  struct Name: Hashable, Sendable {
    var text: String
    var span: Range<Int>
  }
  /// `i in lower..upper`.
  struct IndexRange: Hashable, Sendable {
    var name: Name
    var lower: Syntax
    var upper: Syntax
  }
  /// `left != right`.
  struct Condition: Hashable, Sendable {
    var left: Syntax
    var right: Syntax
  }
  /// What stands in the brackets of D, D2, grad and hess.
  enum Function: Hashable, Sendable {
    case named(Name)
    case lambda(Name, Syntax)
  }

  var kind: Kind
  var span: Range<Int>
  /// Of the tree below, so that no later walk can exhaust the stack.
  var depth: Int
}

/// A type as written: words that constrain, then what it is.
struct TypeSyntax: Hashable, Sendable {
  indirect enum Base: Hashable, Sendable {
    case dimension(atLeast: Int)
    case scalar, time
    case vector(Syntax)
    case matrix(Syntax, Syntax)
    case function(of: TypeSyntax, to: TypeSyntax?)
    case sample(of: Syntax.Name, replacement: Bool)
  }
  var constraint: Declaration.Constraint
  var isIndependent: Bool
  var isAdapted: Bool
  var base: Base
  var span: Range<Int>

  var isFunction: Bool {
    if case .function = base { return true }
    return false
  }
}

/// A name that is being declared, with the ranges of a family.
struct DeclaredName: Hashable, Sendable {
  struct Index: Hashable, Sendable {
    var name: Syntax.Name?
    var lower: Syntax
    var upper: Syntax
  }
  var name: Syntax.Name
  var family: [Index]
}

struct Comparison: Hashable, Sendable {
  var left: Syntax
  var relation: Relation
  var right: Syntax
}

struct ChainSyntax: Hashable, Sendable {
  struct Step: Hashable, Sendable {
    var relation: Relation
    var right: Syntax
    var reason: Reason?
    var span: Range<Int>
  }
  /// Of a `have`.
  var name: Syntax.Name?
  var first: Syntax
  var steps: [Step]
  var span: Range<Int>
}

struct StatementSyntax: Hashable, Sendable {
  enum Parameters: Hashable, Sendable {
    case none
    case indices([Parameter])
    case argument(Syntax.Name, TypeSyntax)
  }
  struct Parameter: Hashable, Sendable {
    var name: Syntax.Name
    var range: [Syntax]
  }
  struct Law: Hashable, Sendable {
    var mean: Syntax
    var covariance: Syntax
  }
  struct Process: Hashable, Sendable {
    var name: DeclaredName
    var type: TypeSyntax?
    /// The indices written on the left, dK[l].
    var indices: [Syntax]
    var differential: Syntax
    var initial: Syntax?
  }

  indirect enum Kind: Hashable, Sendable {
    case section(Syntax.Name)
    case declare([DeclaredName], TypeSyntax, Law?)
    /// `assume a rel b rel c … for i in lower..upper, …`: one comparison for each relation.
    case assume([Comparison], forAll: [DeclaredName.Index])
    case decompose([Syntax.Name], isTop: Bool, Syntax)
    case simple(Syntax)
    case define(Syntax.Name, Parameters, Syntax)
    case brownian([DeclaredName], TypeSyntax?)
    case process(Process)
    case claim(Syntax.Name, Comparison, proof: [ChainSyntax])
    /// The statement could not be read; its names count as declared, so that they give no further errors.
    case unreadable(DerivationError, names: [String])
  }
  var kind: Kind
  var span: Range<Int>
}
