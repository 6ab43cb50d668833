// The constant against all pairs of an exact grid, against layers that line up, and against random pairs.

internal import DenseLinearAlgebra
internal import ExactArithmetic
internal import RandomStreams
public import VerificationKit

extension LipschitzConstant {
  public static let checks: [Check<Subject>] = [
    .exactIdentity("all pairs of a grid that is finer than the pieces") { constant, _ in
      try exactNetworks.get().map { label, network, expected in
        Identity(label, claimed: try constant(network), expected: expected)
      }
    },
    .roundOffIdentity(
      "layers that line up attain the product of their norms",
      blindTo: Dictionary(
        uniqueKeysWithValues: [
          "outermost pieces only", "units active to the right of their kink, whatever their weight's sign",
          "every unit active everywhere",
        ].map { ($0, "with positive weights all units are active far to the right, and that piece is the steepest") })
    ) { constant, _ in
      // V = v wᵀ: the output layer's top direction is what the hidden layer puts out where every unit is active.
      let (v, w, b): ([Rational], [Rational], [Rational]) = (
        [1, Rational(-1, 2), 3], [2, Rational(1, 2), Rational(5, 4)], [-1, 3, Rational(1, 3)]
      )
      let outputs = w.map { weight in v.map { weight * $0 } }
      let hidden = Matrix(rows: 3, columns: 1, columnMajor: w.map(\.approximation))
      let output = Matrix(columns: outputs.map { Vector($0.map(\.approximation)) })
      let bound = try [hidden, output].reduce(1.0) { try $0 * SingularValueDecomposition($1).values[0] }
      let claimed = try constant(try LineNetwork(weights: w, biases: b, outputs: outputs))
      return [
        NumericIdentity(
          "3 units, 3 outputs", claimed: claimed.approximation, expected: bound * bound, operations: 64)
      ]
    },
    Check("random pairs of points", .monteCarlo) { constant, trial in
      // No mean is estimated: one quotient above the constant refutes, and so does a constant that none attains.
      let problem = trial.setting.problem("network")
      func dyadic(_ quarters: Int) -> Rational {
        Rational(problem.uniform(below: 2 * quarters) - quarters, 4) + Rational(1, 8)
      }
      let network = try LineNetwork(
        weights: (0..<6).map { _ in dyadic(8) }, biases: (0..<6).map { _ in dyadic(16) },
        outputs: (0..<6).map { _ in (0..<3).map { _ in dyadic(8) } })
      let floating = try LineNetwork(
        weights: network.weights.map(\.approximation), biases: network.biases.map(\.approximation),
        outputs: network.outputs.map { $0.map(\.approximation) })
      let generator = trial.setting.generator("points")
      let distance = 0.0625
      var (steepest, largest) = (0.0, 0.0)
      for _ in 0..<(4_000 * trial.setting.tier.scale) {
        let a = 24 * generator.uniform() - 12
        let (start, end) = (floating.value(a), floating.value(a + distance))
        steepest = max(steepest, zip(start, end).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) })
        largest = max(largest, end.reduce(0) { $0 + $1 * $1 })
      }
      let identity = NumericIdentity(
        "steepest of \(4_000 * trial.setting.tier.scale) pairs", claimed: try constant(network).approximation,
        expected: steepest / (distance * distance), operations: 64, condition: (largest / steepest).squareRoot())
      return judgeRoundOff([identity]).relabelled(.monteCarlo, place: "6 units, 3 outputs")
    },
  ]

  public static let boundaries = [
    Boundary(
      "an activation that jumps", drops: continuous,
      remedy: "give the largest change over a given distance: what jumps, as quantised networks do, has no "
        + "Lipschitz constant"
    ) { _ in
      // Ramps of width 2^{−k} become a step at zero, whose slope is zero wherever it has one.
      let widths = (0..<11).map { Rational(1, 1 << $0) }
      let constants = try widths.map { try subject(ramp(width: $0)) }
      let narrowest = try ramp(width: widths[widths.count - 1])
      let slopes = [Rational(-1), 1].map { x in narrowest.value(x + 1)[0] - narrowest.value(x)[0] }
      guard slopes == [0, 0], zip(constants, constants.dropFirst()).allSatisfy({ $1 == 4 * $0 }) else {
        return .inconclusive("slopes \(slopes), K² = \(constants)")
      }
      return .refuted(
        Counterexample(
          at: "x ↦ [x > 0], the limit of ramps", claimed: "K = largest slope off the jump = 0",
          found: "K² of ramps of width \(widths[0]) … \(widths[10]): \(constants[0]) … \(constants[10]), "
            + "\(constants[1] / constants[0]) times as much at every halving"))
    },
    Boundary(
      "slopes between points of a region", drops: everywhere,
      remedy:
        "bound K from above by the product of the layers' norms (Proposition 8): sampled slopes bound it from below"
    ) { _ in
      // Steep beyond x = 3, where no sample lies.
      let network = try LineNetwork<Rational>(weights: [1, 5], biases: [0, -15], outputs: [[1], [2]])
      let (lower, upper) = (-2, 2)
      let sampled = largestQuotient(network, from: lower, to: upper)
      let constant = try subject(network)
      guard sampled < constant else { return .inconclusive("both are \(constant)") }
      return .refuted(
        Counterexample(
          at: "all pairs of a grid on [\(lower), \(upper)]", claimed: "K² = \(sampled)", found: "K² = \(constant)"))
    },
  ]

  /// Zero left of zero, one right of the width, linear between.
  private static func ramp(width: Rational) throws -> LineNetwork<Rational> {
    try LineNetwork(weights: [1, 1], biases: [0, -width], outputs: [[1 / width], [-1 / width]])
  }

  /// Networks whose kinks are multiples of ½, and the largest quotient over a grid of quarters around all of them.
  private static let exactNetworks = Result {
    let half = Rational(1, 2)
    let networks: [(String, [Rational], [Rational], [[Rational]])] = [
      ("steepest inside", [1, -1, 2], [0, 1, -1], [[3], [-2], [1]]),
      ("two outputs", [2, -1, 1, -2], [1, 1, -1, 3], [[1, 0], [half, -2], [-1, 1], [2, Rational(1, 3)]]),
      ("a constant unit", [0, 1, -3], [5, 1, 0], [[7, 7], [1, 2], [0, 1]]),
      ("a hat", [1, 1, 1], [1, 0, -1], [[4, 1], [-8, -2], [4, 1]]),
    ]
    return try networks.map { label, w, b, v in
      let network = try LineNetwork(weights: w, biases: b, outputs: v)
      return (label: label, network: network, expected: largestQuotient(network, from: -3, to: 3))
    }
  }

  /// The largest squared quotient over all pairs of a grid of quarters.
  private static func largestQuotient(_ network: LineNetwork<Rational>, from lower: Int, to upper: Int) -> Rational {
    let points = (4 * lower...4 * upper).map { Rational($0, 4) }
    let values = points.map(network.value)
    return points.indices.flatMap { i in
      (0..<i).map { j in
        zip(values[i], values[j]).map { ($0 - $1).squared }.sum / (points[i] - points[j]).squared
      }
    }.max() ?? 0
  }
}

extension LineNetwork {
  /// f(x).
  fileprivate func value(_ x: F) -> [F] {
    let hidden = zip(weights, biases).map { max(F(0), $0 * x + $1) }
    return outputs[0].indices.map { j in zip(hidden, outputs).map { $0 * $1[j] }.sum }
  }
}
