// Variables that are integrated out of polynomial-exponentials: chance and time.

internal import ExactArithmetic

/// Names for the formal variables of one evaluation.
struct FormalVariables<Element: Sendable> {
  enum Kind {
    /// Component of a centred Gaussian vector.
    case gaussian(group: Int, component: Int)
    /// An entry of a member of an independent family.
    case member(ValueKey, entry: Int)
    case time
  }

  /// The covariance of a centred Gaussian vector.
  enum Group {
    case covariance(Grid<Element>)
    /// Component k ≥ 0 is the Wiener integral of sᵏ from a to b; see ``FormalVariables/wiener(_:_:in:_:)`` for k < 0.
    case wiener(from: Number<Element>, to: Number<Element>)
  }

  /// A declared law has one group, a Brownian component one for its Wiener integrals.
  struct GroupKey: Hashable {
    var key: ValueKey
    var isWiener = false
  }

  private(set) var kinds: [Kind] = []
  private(set) var groups: [Group] = []
  private var groupOf: [GroupKey: Int] = [:]
  private var components: [[Int]: Int] = [:]
  private var members: [ValueKey: Int] = [:]
  private var exponentials: [Int: [(power: Int, rate: Element)]] = [:]

  mutating func time() -> Int {
    kinds.append(.time)
    return kinds.count - 1
  }

  mutating func member(_ key: ValueKey, entry: Int) -> Int {
    let place = ValueKey(name: key.name, indices: key.indices + [entry])
    if let known = members[place] { return known }
    kinds.append(.member(key, entry: entry))
    members[place] = kinds.count - 1
    return kinds.count - 1
  }

  mutating func group(_ key: GroupKey, _ make: () throws(EvaluationError) -> Group) throws(EvaluationError) -> Int {
    if let known = groupOf[key] { return known }
    groups.append(try make())
    groupOf[key] = groups.count - 1
    return groups.count - 1
  }

  mutating func gaussian(_ group: Int, _ component: Int) -> Int {
    if let known = components[[group, component]] { return known }
    kinds.append(.gaussian(group: group, component: component))
    components[[group, component]] = kinds.count - 1
    return kinds.count - 1
  }

  /// The component of a group that is the Wiener integral of sᵏ e^{rs}; `isSame` compares rates.
  mutating func wiener(
    _ power: Int, _ rate: Element?, in group: Int, _ isSame: (Element, Element) throws(EvaluationError) -> Bool
  ) throws(EvaluationError) -> Int {
    guard let rate else { return power }
    let known = exponentials[group] ?? []
    for (place, other) in known.enumerated() where other.power == power {
      if try isSame(other.rate, rate) { return -1 - place }
    }
    exponentials[group] = known + [(power, rate)]
    return -1 - known.count
  }

  /// k and r of sᵏ e^{rs}.
  func integrand(_ component: Int, in group: Int) -> (power: Int, rate: Element?) {
    guard component < 0, let known = exponentials[group], known.indices.contains(-1 - component) else {
      return (component, nil)
    }
    return (known[-1 - component].power, known[-1 - component].rate)
  }

  func integrates(_ motion: String) -> Bool { groupOf.keys.contains { $0.isWiener && $0.key.name == motion } }

  func isRandom(_ variable: Int) -> Bool {
    if case .time = kinds[variable] { return false }
    return true
  }
}
