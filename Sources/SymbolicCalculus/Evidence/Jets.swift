// How much of an arbitrary smooth function a statement can see: values and derivatives at so many points.

/// Counts the points at which declared functions are evaluated, with their derivatives.
///
/// A linear relation between J values and derivatives that holds for all polynomials of degree J holds for every smooth
/// function. Under an integral or an expectation the degree must be 2J: Gauss' rules with J nodes are exact below that.
struct Jets {
  /// Highest order of derivative by function and point; a point is an argument and the points of the lambdas around it.
  private var orders: [String: [[Expression]: Int]] = [:]
  private var integrated: Set<String> = []

  mutating func include(_ e: Expression) { visit(e.expanded, order: 0, around: [], isIntegrated: false) }

  /// A polynomial's degree that makes it as good as any smooth function; evaluation has to stop somewhere.
  func degree(of name: String) -> Int {
    integrated.contains(name) ? min(12, 2 * seen(name)) : min(Self.most, seen(name))
  }

  /// Whether a statement sees more of a function than polynomials of the highest degree can show.
  func exceeds(_ name: String) -> Bool { !integrated.contains(name) && seen(name) > Self.most }

  private static var most: Int { 20 }
  private func seen(_ name: String) -> Int { orders[name, default: [:]].values.reduce(0) { $0 + $1 + 1 } }

  private mutating func visit(_ e: Expression, order: Int, around: [Expression], isIntegrated: Bool) {
    switch e.node {
    case .call(let name, let argument):
      let point = [argument] + around
      orders[name, default: [:]][point] = max(order, orders[name]?[point] ?? 0)
      if isIntegrated { integrated.insert(name) }
      visit(argument, order: order, around: around, isIntegrated: isIntegrated)
    case .derivative(let f, let x, let directions):
      visit(f.body, order: order + directions.count, around: around + [x], isIntegrated: isIntegrated)
      for inner in [x] + directions { visit(inner, order: order, around: around, isIntegrated: isIntegrated) }
    case .gradient(let f, let x):
      visit(f.body, order: order + 1, around: around + [x], isIntegrated: isIntegrated)
      visit(x, order: order, around: around, isIntegrated: isIntegrated)
    case .hessian(let f, let x):
      visit(f.body, order: order + 2, around: around + [x], isIntegrated: isIntegrated)
      visit(x, order: order, around: around, isIntegrated: isIntegrated)
    case .differential(let x): visit(x, order: order + 2, around: around, isIntegrated: isIntegrated)
    default:
      let inner: Bool
      switch e.node {
      case .integral, .expectation, .variance, .covariance: inner = true
      default: inner = isIntegrated
      }
      for child in e.children { visit(child, order: order, around: around, isIntegrated: inner) }
    }
  }
}
