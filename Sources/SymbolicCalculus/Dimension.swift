// Sizes and indices: integer polynomials in named dimensions and bound indices, in normal form.

/// An integer polynomial in dimensions and indices, such as m, n + 1 or m·n, kept in normal form: equal sizes are equal values.
public struct Dimension: Hashable, Sendable {
  /// What a monomial multiplies: a name, or a minimum or maximum that no polynomial expresses.
  public indirect enum Atom: Hashable, Sendable, Comparable {
    case symbol(String)
    case minimum(Dimension, Dimension)
    case maximum(Dimension, Dimension)

    public static func < (a: Atom, b: Atom) -> Bool { a.description < b.description }
  }

  /// Sorted atoms, with repetition -> coefficient other than zero.
  public private(set) var terms: [[Atom]: Int]

  private init(terms: [[Atom]: Int]) { self.terms = terms.filter { $0.value != 0 } }
  public init(_ value: Int) { self.init(terms: [[]: value]) }
  public init(_ name: String) { self.init(terms: [[.symbol(name)]: 1]) }

  public static let one = Dimension(1)

  /// The value, if no name occurs.
  public var constant: Int? {
    if terms.isEmpty { return 0 }
    return terms.count == 1 ? terms[[]] : nil
  }

  /// The name, if the polynomial is one name alone.
  public var name: String? {
    guard terms.count == 1, let (atoms, coefficient) = terms.first, coefficient == 1, atoms.count == 1,
      case .symbol(let name) = atoms[0]
    else { return nil }
    return name
  }

  /// Every name that occurs.
  public var names: Set<String> {
    var all: Set<String> = []
    for atoms in terms.keys {
      for atom in atoms {
        switch atom {
        case .symbol(let name): all.insert(name)
        case .minimum(let a, let b), .maximum(let a, let b): all.formUnion(a.names.union(b.names))
        }
      }
    }
    return all
  }

  public static func + (a: Dimension, b: Dimension) -> Dimension {
    Dimension(terms: a.terms.merging(b.terms) { $0 &+ $1 })
  }
  public static func - (a: Dimension, b: Dimension) -> Dimension { a + Dimension(-1) * b }
  public static func * (a: Dimension, b: Dimension) -> Dimension {
    var product: [[Atom]: Int] = [:]
    for (x, p) in a.terms {
      for (y, q) in b.terms { product[(x + y).sorted(), default: 0] &+= p &* q }
    }
    return Dimension(terms: product)
  }

  public static func minimum(_ a: Dimension, _ b: Dimension) -> Dimension {
    if let x = a.constant, let y = b.constant { return Dimension(min(x, y)) }
    if a == b { return a }
    let (p, q) = a.description <= b.description ? (a, b) : (b, a)
    return Dimension(terms: [[.minimum(p, q)]: 1])
  }
  public static func maximum(_ a: Dimension, _ b: Dimension) -> Dimension {
    if let x = a.constant, let y = b.constant { return Dimension(max(x, y)) }
    if a == b { return a }
    let (p, q) = a.description <= b.description ? (a, b) : (b, a)
    return Dimension(terms: [[.maximum(p, q)]: 1])
  }

  /// The value where every name has one; nil if a name has none.
  public func value(_ lookUp: (String) -> Int?) -> Int? {
    var sum = 0
    for (atoms, coefficient) in terms {
      var product = coefficient
      for atom in atoms {
        let factor: Int? =
          switch atom {
          case .symbol(let name): lookUp(name)
          case .minimum(let a, let b): a.value(lookUp).flatMap { x in b.value(lookUp).map { min(x, $0) } }
          case .maximum(let a, let b): a.value(lookUp).flatMap { x in b.value(lookUp).map { max(x, $0) } }
          }
        guard let factor else { return nil }
        product &*= factor
      }
      sum &+= product
    }
    return sum
  }

  /// Every name replaced where `replacement` has something for it.
  public func substituting(_ replacement: (String) -> Dimension?) -> Dimension {
    var sum = Dimension(0)
    for (atoms, coefficient) in terms {
      var product = Dimension(coefficient)
      for atom in atoms {
        let factor: Dimension =
          switch atom {
          case .symbol(let name): replacement(name) ?? Dimension(name)
          case .minimum(let a, let b):
            .minimum(a.substituting(replacement), b.substituting(replacement))
          case .maximum(let a, let b):
            .maximum(a.substituting(replacement), b.substituting(replacement))
          }
        product = product * factor
      }
      sum = sum + product
    }
    return sum
  }
}

extension Dimension.Atom: CustomStringConvertible {
  public var description: String {
    switch self {
    case .symbol(let name): name
    case .minimum(let a, let b): "min(\(a), \(b))"
    case .maximum(let a, let b): "max(\(a), \(b))"
    }
  }
}

extension Dimension: CustomStringConvertible {
  public var description: String {
    let sorted = terms.sorted { a, b in
      a.key.count != b.key.count ? a.key.count > b.key.count : a.key.lexicographicallyPrecedes(b.key)
    }
    var text = ""
    for (atoms, coefficient) in sorted {
      let magnitude = coefficient.magnitude
      let factors =
        (magnitude == 1 && !atoms.isEmpty ? [] : ["\(magnitude)"]) + atoms.map(\.description)
      let term = factors.joined(separator: " ")
      text += text.isEmpty ? (coefficient < 0 ? "-" : "") + term : (coefficient < 0 ? " - " : " + ") + term
    }
    return text.isEmpty ? "0" : text
  }
}

/// Rows and columns. A vector has one column; a scalar is 1 × 1.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
  public var rows: Dimension
  public var columns: Dimension

  public init(_ rows: Dimension, _ columns: Dimension) { (self.rows, self.columns) = (rows, columns) }
  public static let scalar = Shape(.one, .one)
  public static func vector(_ n: Dimension) -> Shape { Shape(n, .one) }
  public var isScalar: Bool { rows == .one && columns == .one }
  public var isVector: Bool { columns == .one }
  public var isSquare: Bool { rows == columns }
  public var transposed: Shape { Shape(columns, rows) }
  public var count: Dimension { rows * columns }

  public var description: String {
    if isScalar { return "scalar" }
    return isVector ? "vector[\(rows)]" : "matrix[\(rows), \(columns)]"
  }
}
