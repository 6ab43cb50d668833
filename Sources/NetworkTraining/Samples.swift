// Inputs and labels in the arithmetic of a network.

public import DenseLinearAlgebra

/// Labelled samples, one a column, in single or double precision.
public struct Samples<Scalar: BLASScalar>: Sendable {
  /// Shape [features, N].
  public let inputs: Matrix<Scalar>
  /// One in 0 ..< ``classes`` a column.
  public let labels: [Int]
  public let classes: Int

  public init(inputs: Matrix<Scalar>, labels: [Int], classes: Int) {
    precondition(inputs.columns == labels.count, "\(inputs.columns) samples and \(labels.count) labels")
    precondition(labels.allSatisfy { (0..<classes).contains($0) }, "a label is outside 0 ..< \(classes)")
    self.inputs = inputs
    self.labels = labels
    self.classes = classes
  }

  /// N.
  public var count: Int { labels.count }
}
