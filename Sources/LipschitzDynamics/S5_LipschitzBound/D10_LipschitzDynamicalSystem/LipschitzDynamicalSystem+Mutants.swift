// Wrong norms along a run.

internal import DenseLinearAlgebra
private import Glibc
public import VerificationKit

extension LipschitzDynamicalSystem {
  public static let mutants: [Mutant<Subject>] = [
    ofNorms("Frobenius norms") { $0.frobeniusNorm },
    ofNorms("smallest singular values") { theta in
      let values = try SingularValueDecomposition(theta).values
      return values[values.count - 1]
    },
    Mutant("decimal logarithm") { run, step in
      let layers = try subject(run, step).layers
      let z = layers.reduce(0) { $0 + log10($1) }
      return NetworkNorms(layers: layers, logBound: z, bound: exp(z))
    },
    Mutant("mean of the logarithms for their sum") { run, step in
      let norms = try subject(run, step)
      let z = norms.logBound / Double(norms.layers.count)
      return NetworkNorms(layers: norms.layers, logBound: z, bound: exp(z))
    },
    Mutant("largest layer only") { run, step in
      let layers = try subject(run, step).layers
      let largest = layers.reduce(0, max)
      return NetworkNorms(layers: layers, logBound: log(largest), bound: largest)
    },
    Mutant("sum of norms for their product") { run, step in
      let layers = try subject(run, step).layers
      let sum = layers.reduce(0, +)
      return NetworkNorms(layers: layers, logBound: log(sum), bound: sum)
    },
    Mutant("one step ahead") { run, step in try subject(run, min(step + 1, run.count - 1)) },
  ]

  private static func ofNorms(
    _ name: String, _ norm: @escaping @Sendable (Matrix<Double>) throws -> Double
  ) -> Mutant<Subject> {
    Mutant(name) { run, step in
      let layers = try run[step].map(norm)
      let z = layers.reduce(0) { $0 + log($1) }
      return NetworkNorms(layers: layers, logBound: z, bound: exp(z))
    }
  }
}
