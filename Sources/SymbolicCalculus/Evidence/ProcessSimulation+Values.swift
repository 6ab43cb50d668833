// The values that a caller gives to a document's names: read, and refused where they break what it declares of them.

internal import ExactArithmetic

/// A number, or nested lists of numbers as in JSON: the value of a scalar, vector, matrix or family.
public enum NestedNumbers: Decodable, Hashable, Sendable {
  case number(Double)
  case list([NestedNumbers])

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let x = try? container.decode(Double.self) {
      self = .number(x)
    } else {
      self = .list(try container.decode([NestedNumbers].self))
    }
  }

  /// The numbers, the last index running fastest, if every list of a depth is as long as `extents` says.
  func elements(_ extents: ArraySlice<Int>) -> [Double]? {
    switch self {
    case .number(let x): return extents.isEmpty ? [x] : nil
    case .list(let items):
      guard let count = extents.first, items.count == count else { return nil }
      var all: [Double] = []
      for item in items {
        guard let part = item.elements(extents.dropFirst()) else { return nil }
        all += part
      }
      return all
    }
  }
}

extension ProcessSimulation {
  /// The theory in which all that a process depends on, and that is no process, is a value to be given.
  static func settable(_ theory: Theory) -> Theory {
    var new = theory
    for name in theory.order {
      guard var declaration = theory.declarations[name] else { continue }
      switch declaration.nature {
      case .adapted, .normal, .independentFamily, .sample: declaration.nature = .parameter(.none)
      case .timeFunction: declaration.nature = .timeFunction(adapted: false)
      case .process(let differential, nil):
        let start = "\(name)(0)"
        new.declare(
          Declaration(start, declaration.shape, family: declaration.family, nature: .parameter(.none)))
        declaration.nature = .process(
          differential: differential,
          initial: Expression(.variable(start, declaration.family.map { Dimension($0.index) }), declaration.shape))
      default: continue
      }
      new.declarations[name] = declaration
    }
    return new
  }

  static func model(
    _ theory: Theory, _ needs: ModelNeeds, _ sizes: [String: Int]
  ) throws(EvaluationError) -> Model<LanesDomain> {
    try Model(
      theory, needs: needs, dimensions: sizes, domain: LanesDomain(), seed: 1, spread: .moderate, moves: [],
      budget: WorkBudget(Int.max / 2))
  }

  func evaluator() throws(EvaluationError) -> Evaluator<LanesDomain> {
    let model = try Self.model(theory, Relevance(theory, [target]).needs, sizes)
    for (key, elements) in values {
      guard let declaration = theory.declarations[key.name] else { continue }
      let bound = Dictionary(zip(declaration.family.map(\.index), key.indices)) { $1 }
      let (rows, columns) = try model.extent(declaration.shape, bound)
      let grid = Grid(rows: rows, columns: columns) { i, j in
        model.arithmetic.constant(Lanes(elements[i * columns + j]))
      }
      model.setValue(grid, for: key)
    }
    return try Evaluator(model, derived: derived)
  }

  static func read(
    _ value: NestedNumbers, _ declaration: Declaration, _ model: Model<LanesDomain>,
    into values: inout [ValueKey: [Double]]
  ) throws(EvaluationError) {
    let name = declaration.name
    let members = try Evaluator.members(declaration.family[...], model)
    guard let first = members.first else { return }
    var extents: [Int] = declaration.family.indices.map { k in Set(members.map { $0[k] }).count }
    let bound = Dictionary(zip(declaration.family.map(\.index), first)) { $1 }
    let (rows, columns) = try model.extent(declaration.shape, bound)
    if !declaration.shape.isScalar { extents += declaration.shape.isVector ? [max(rows, columns)] : [rows, columns] }
    guard let elements = value.elements(extents[...]), elements.allSatisfy(\.isFinite) else {
      let what =
        extents.isEmpty
        ? "one finite number" : "nested lists of \(extents.map(String.init).joined(separator: " x ")) finite numbers"
      throw .unsupported("--set \(name) takes \(what)")
    }
    let size = rows * columns
    for (k, indices) in members.enumerated() {
      let part = Array(elements[k * size..<(k + 1) * size])
      if case .parameter(let constraint) = declaration.nature, !constraint.admits(part, rows, columns) {
        throw .unsupported(
          "--set \(name)=\(part.map { "\($0)" }.joined(separator: ", ")): declared \(constraint.rawValue)")
      }
      values[ValueKey(name: name, indices: indices)] = part
    }
  }

  /// Refuses values for which a hypothesis about them alone is false.
  func requireHypotheses(_ relevance: Relevance, _ names: Set<String>) throws(ProcessSimulationError) {
    let given = Set(values.keys.map(\.name)).union(sizes.keys)
    for condition in Hypotheses(relevance, theory).conditions {
      let s = condition.statement
      let free = s.left.freeNames(in: theory).union(s.right.freeNames(in: theory))
      guard free.isSubset(of: given) else { continue }
      let holds: Bool?
      do { holds = try evaluator().admits(condition) } catch { throw ProcessSimulationError(error.reason) }
      guard holds != false else {
        throw ProcessSimulationError("--set: the document assumes \(s), which these values do not satisfy")
      }
    }
  }
}

extension Declaration.Constraint {
  /// Whether entries, row after row, have this form; norms to nine digits.
  fileprivate func admits(_ x: [Double], _ rows: Int, _ columns: Int) -> Bool {
    func everyPair(_ test: (Double, Double) -> Bool) -> Bool {
      (0..<rows).allSatisfy { i in (0..<columns).allSatisfy { j in test(x[i * columns + j], x[j * columns + i]) } }
    }
    /// Whether all pivots of symmetric elimination are positive, or zero in rows that are zero.
    func isDefinite(strictly: Bool) -> Bool {
      var a = x
      let scale = (0..<rows).map { abs(x[$0 * rows + $0]) }.max() ?? 0
      for k in 0..<rows {
        let pivot = a[k * rows + k]
        if pivot <= 1e-12 * scale {
          let rest = (k..<rows).allSatisfy { abs(a[k * rows + $0]) <= 1e-9 * scale }
          if strictly || !rest { return false }
          continue
        }
        for i in (k + 1)..<max(rows, k + 1) {
          let factor = a[i * rows + k] / pivot
          for j in k..<rows { a[i * rows + j] -= factor * a[k * rows + j] }
        }
      }
      return true
    }
    switch self {
    case .none: return true
    case .positive: return x.allSatisfy { $0 > 0 }
    case .nonnegative: return x.allSatisfy { $0 >= 0 }
    case .symmetric: return everyPair(==)
    case .psd: return everyPair(==) && isDefinite(strictly: false)
    case .spd: return everyPair(==) && isDefinite(strictly: true)
    case .skew: return everyPair { $0 == -$1 }
    case .diagonal:
      return (0..<rows).allSatisfy { i in (0..<columns).allSatisfy { i == $0 || x[i * columns + $0] == 0 } }
    case .unit: return abs(x.reduce(0) { $0 + $1 * $1 } - 1) <= 1e-9
    case .orthogonal:
      return (0..<rows).allSatisfy { i in
        (0..<rows).allSatisfy { k in
          let product = (0..<columns).reduce(0) { $0 + x[i * columns + $1] * x[k * columns + $1] }
          return abs(product - (i == k ? 1 : 0)) <= 1e-9
        }
      }
    }
  }
}
