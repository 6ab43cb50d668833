// Wrong constants.

internal import ExactArithmetic
public import VerificationKit

extension LipschitzConstant {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("flattest piece") { network in
      slopes(of: network).map { $0.dot($0) }.min() ?? 0
    },
    Mutant("mean over pieces") { network in
      slopes(of: network).map { $0.dot($0) }.mean
    },
    Mutant("outermost pieces only") { network in
      let all = slopes(of: network).map { $0.dot($0) }
      return max(all[0], all[all.count - 1])
    },
    Mutant("gain ‖f(x)‖/|x| for the slope") { network in
      network.insidePieces.filter { $0 != 0 }.map { x in
        let value = network.outputs[0].indices.map { j in
          network.weights.indices.map { i in
            max(0, network.weights[i] * x + network.biases[i]) * network.outputs[i][j]
          }.sum
        }
        return value.dot(value) / x.squared
      }.max() ?? 0
    },
    Mutant("sum norm of the slope") { network in
      slopes(of: network).map { $0.map { max($0, -$0) }.sum.squared }.max() ?? 0
    },
    Mutant("largest entry of the slope") { network in
      slopes(of: network).flatMap { $0 }.map(\.squared).max() ?? 0
    },
    Mutant("units active to the right of their kink, whatever their weight's sign") { network in
      slopes(of: network) { w, b, x in w == 0 ? b > 0 : x > -b / w }.map { $0.dot($0) }.max() ?? 0
    },
    Mutant("every unit active everywhere") { network in
      slopes(of: network) { _, _, _ in true }.map { $0.dot($0) }.max() ?? 0
    },
    Mutant("squared once too often") { try subject($0).squared },
  ]
}
