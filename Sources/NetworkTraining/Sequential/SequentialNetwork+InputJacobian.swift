// How much the predictor stretches at given inputs: what any Lipschitz constant must at least be.

public import DenseLinearAlgebra

extension SequentialNetwork {
  /// ‖∂logits/∂x‖₂ of the predictor at every sample that the workspace holds. Where the network is differentiable, as it
  /// is almost everywhere, each is a lower bound of its ℓ₂ Lipschitz constant, up to round-off.
  ///
  /// It takes a backward pass a class, and overwrites the values and derivatives in the workspace.
  ///
  /// - Throws: `LinearAlgebraError` if a derivative is not finite.
  public func inputJacobianNorms(_ workspace: SequentialWorkspace<Scalar>) throws(LinearAlgebraError) -> [Double] {
    run(workspace, .prediction)
    let (features, classes) = (architecture.input.count, architecture.classes)
    var jacobians = [Matrix<Double>](repeating: .zeros(features, classes), count: workspace.sampleCount)
    for c in 0..<classes {
      backward(workspace, from: .logit(c))
      guard let rows = workspace.derivatives[0]?.pointer else { preconditionFailure("no input gradient was made") }
      for j in jacobians.indices {
        for i in 0..<features { jacobians[j][i, c] = Double(rows[j * features + i]) }
      }
    }
    var norms: [Double] = []
    for jacobian in jacobians { norms.append(try SingularValueDecomposition(jacobian, .thin).values[0]) }
    return norms
  }
}
