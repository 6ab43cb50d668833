// The sizes of I and of zeros, found from where they stand: unknowns solved for in integer polynomials.

internal import SymbolicCalculus

/// Equations between sizes, some of which have unknowns, named ?1, ?2, ….
struct SizeEquations {
  private var solved: [String: Dimension] = [:]
  private var open: [(left: Dimension, right: Dimension, span: Range<Int>)] = []
  private var count = 0

  var hasUnknowns: Bool { count > 0 }

  static func isUnknown(_ name: String) -> Bool { name.hasPrefix("?") }

  mutating func unknown() -> Dimension {
    count += 1
    return Dimension("?\(count)")
  }

  func resolve(_ size: Dimension) -> Dimension {
    guard hasUnknowns else { return size }
    var size = size
    while size.names.contains(where: { solved[$0] != nil }) { size = size.substituting { solved[$0] } }
    return size
  }

  func resolve(_ shape: Shape) -> Shape { Shape(resolve(shape.rows), resolve(shape.columns)) }

  /// Makes two sizes equal, or says that they cannot be; what cannot be decided yet is decided by ``settle()``.
  mutating func equate(_ a: Dimension, _ b: Dimension, at span: Range<Int>) -> Bool {
    let difference = resolve(a) - resolve(b)
    if difference == Dimension(0) { return true }
    let unknowns = difference.names.filter(Self.isUnknown).sorted()
    guard !unknowns.isEmpty else { return false }
    for unknown in unknowns {
      guard let value = Self.solve(difference, for: unknown) else { continue }
      if let constant = value.constant, constant < 1 { return false }
      solved[unknown] = value
      return true
    }
    open.append((a, b, span))
    return true
  }

  mutating func equate(_ a: Shape, _ b: Shape, at span: Range<Int>) -> Bool {
    equate(a.rows, b.rows, at: span) && equate(a.columns, b.columns, at: span)
  }

  /// Decides what was left open; the first equation that fails or stays open.
  mutating func settle() -> (left: Dimension, right: Dimension, span: Range<Int>)? {
    while !open.isEmpty {
      let waiting = open
      open = []
      for equation in waiting where !equate(equation.left, equation.right, at: equation.span) { return equation }
      if open.count == waiting.count { return open[0] }
    }
    return nil
  }

  /// The x of a polynomial c x + r, if c is one term that divides r.
  private static func solve(_ polynomial: Dimension, for unknown: String) -> Dimension? {
    let symbol = Dimension.Atom.symbol(unknown)
    var coefficient: (atoms: [Dimension.Atom], factor: Int)?
    var rest: [([Dimension.Atom], Int)] = []
    for (atoms, factor) in polynomial.terms {
      if atoms.contains(symbol) {
        var others = atoms
        others.removeAll { $0 == symbol }
        guard coefficient == nil, others.count == atoms.count - 1 else { return nil }
        coefficient = (others, factor)
      } else {
        rest.append((atoms, factor))
      }
    }
    guard let (divisor, factor) = coefficient else { return nil }
    var solution = Dimension(0)
    for (atoms, value) in rest {
      guard value % factor == 0 else { return nil }
      var quotient = atoms
      for atom in divisor {
        guard let place = quotient.firstIndex(of: atom) else { return nil }
        quotient.remove(at: place)
      }
      solution = solution + quotient.reduce(Dimension(-(value / factor))) { $0 * Self.dimension($1) }
    }
    return solution.names.contains(unknown) ? nil : solution
  }

  private static func dimension(_ atom: Dimension.Atom) -> Dimension {
    switch atom {
    case .symbol(let name): Dimension(name)
    case .minimum(let a, let b): .minimum(a, b)
    case .maximum(let a, let b): .maximum(a, b)
    }
  }
}
