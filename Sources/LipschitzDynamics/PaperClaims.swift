// The registry: every claim of the suite, in the order of the paper. A test compares it with the folders.

public import VerificationKit

/// The claims on *Optimization-Induced Dynamics of Lipschitz Continuity in Neural Networks*.
public enum PaperClaims {
  /// Every registered claim, in the paper's order; a test compares the list with the folders and with Paper.json.
  public static let all: [any Claim.Type] = [
    LipschitzConstant.self, SGDUpdate.self, BatchGradientNoise.self, LayerwiseNoise.self, GradientCentralLimit.self,
    ContinuousTimeSGD.self, UnbiasedNoiseEstimator.self, VarianceCovarianceSplit.self, LowRankSquareRoot.self,
    LipschitzProductBound.self, LinearUnitOperatorNorm.self, LipschitzDynamicalSystem.self,
    SpectralDifferentiability.self, OperatorNormJacobian.self, OperatorNormHessian.self, IsotropicNoiseTrace.self,
    LayerDynamics.self, DiscreteStepCorrection.self, WeightDecayDrift.self, NetworkLogDynamics.self,
    IntegralDynamics.self, LipschitzStatistics.self, LinearResponseVariance.self, LogNormalMGF.self,
    SpectralGapAmplification.self, InitializationScale.self, FisherNoise.self, NearConvergenceGrowth.self,
    NoisyGradientRegularization.self, UniformLabelCorruption.self, LargeBatchUncertainty.self,
    SamplingTrajectory.self,
  ]

  /// The names of all claims, in the order of the paper.
  public static var slugs: [String] { all.map { $0.slug } }

  /// The claim with the given name, ignoring case.
  public static func named(_ slug: String) -> (any Claim.Type)? {
    all.first { $0.slug.lowercased() == slug.lowercased() }
  }
}
