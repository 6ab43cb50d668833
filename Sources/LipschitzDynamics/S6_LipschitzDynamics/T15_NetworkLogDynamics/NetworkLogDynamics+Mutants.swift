// Wrong dynamics of the network's logarithm.

public import VerificationKit

extension NetworkLogDynamics {
  public static let mutants: [Mutant<Subject>] = [
    spoiled("dropped −½λ² (Itô correction)") { c in
      c.with(mu: c.mu + c.layerwiseLambdaSquared / 2)
    },
    spoiled("Itô correction −λ² for −½λ²") { c in c.with(mu: c.mu - c.layerwiseLambdaSquared / 2) },
    Mutant("λ summed instead of λ²") { layers in
      let c = try subject(layers)
      let sum = try layers.reduce(0.0) { try $0 + LayerDynamics.subject($1).lambdaSquared.squareRoot() }
      return c.with(exactLambdaSquared: sum * sum)
    },
    spoiled("cross-layer terms dropped from the exact diffusion") { c in
      c.with(exactLambdaSquared: c.layerwiseLambdaSquared)
    },
    spoiled("cross-layer terms put into Itô's correction") { c in
      c.with(layerwiseLambdaSquared: c.exactLambdaSquared)
    },
    spoiled("κ averaged over layers") { c in c.with(kappa: c.kappa / 2) },
    Mutant("κ of the first layer only") { layers in
      try subject(layers).with(kappa: try LayerDynamics.subject(layers[0]).kappa)
    },
    spoiled("discrete-step term dropped") { c in c.with(logDiscreteStep: 0) },
    Mutant("discrete-step term of K instead of log K") { layers in
      try subject(layers).with(
        logDiscreteStep: try layers.reduce(0.0) { try $0 + LayerDynamics.subject($1).discreteStep })
    },
  ]

  private static func spoiled(
    _ name: String, _ change: @escaping @Sendable (NetworkCoefficients) -> NetworkCoefficients
  ) -> Mutant<Subject> {
    Mutant(name) { change(try subject($0)) }
  }
}

extension NetworkCoefficients {
  func with(
    mu: Double? = nil, kappa: Double? = nil, layerwiseLambdaSquared: Double? = nil,
    exactLambdaSquared: Double? = nil, logDiscreteStep: Double? = nil
  ) -> NetworkCoefficients {
    NetworkCoefficients(
      mu: mu ?? self.mu, kappa: kappa ?? self.kappa,
      layerwiseLambdaSquared: layerwiseLambdaSquared ?? self.layerwiseLambdaSquared,
      exactLambdaSquared: exactLambdaSquared ?? self.exactLambdaSquared,
      logDiscreteStep: logDiscreteStep ?? self.logDiscreteStep)
  }
}
