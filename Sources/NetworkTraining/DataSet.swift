// Labelled data with its name, its licence, and the promise that it has been checked.

public import DenseLinearAlgebra

/// Labelled samples in double precision, validated when they were made.
public struct DataSet: Equatable, Sendable {
  public let name: String
  /// Scaled features, one sample a column; shape [features, N].
  public let inputs: Matrix<Double>
  /// One in 0 ..< ``classes`` a column.
  public let labels: [Int]
  public let classes: Int
  /// The licence under which the data may be used, in one line.
  public let licence: String
  /// How to cite the data.
  public let citation: String

  /// A data set from any source.
  ///
  /// - Parameters:
  ///   - name: for messages and results.
  ///   - inputs: shape [features, N], finite; scale them to about 1 beforehand.
  ///   - labels: N of them, each in 0 ..< classes.
  ///   - classes: how many classes the labels distinguish; labels lie below.
  ///   - licence: under which the data may be used, for results to repeat.
  ///   - citation: how their authors want to be cited.
  /// - Throws: ``NetworkTrainingError/invalidDataSet(name:field:value:requirement:)`` naming the first offence.
  public init(
    name: String, inputs: Matrix<Double>, labels: [Int], classes: Int, licence: String, citation: String
  ) throws(NetworkTrainingError) {
    func refuse(_ field: String, _ value: some CustomStringConvertible, _ requirement: String) -> NetworkTrainingError {
      .invalidDataSet(name: name, field: field, value: value.description, requirement: requirement)
    }
    guard classes >= 2 else { throw refuse("number of classes", classes, "at least 2") }
    guard inputs.count > 0 else { throw refuse("shape of inputs", inputs.shape, "features x samples, not empty") }
    guard labels.count == inputs.columns else {
      throw refuse("number of labels", labels.count, "\(inputs.columns), one a sample")
    }
    if let bad = labels.firstIndex(where: { !(0..<classes).contains($0) }) {
      throw refuse("label of sample \(bad)", labels[bad], "from 0 to \(classes - 1)")
    }
    if let bad = inputs.elements.firstIndex(where: { !$0.isFinite }) {
      throw refuse(
        "feature \(bad % inputs.rows) of sample \(bad / inputs.rows)", inputs.elements[bad], "finite")
    }
    (self.name, self.inputs, self.labels, self.classes) = (name, inputs, labels, classes)
    (self.licence, self.citation) = (licence, citation)
  }

  /// Parts of a validated set need no validation.
  private init(_ original: DataSet, _ name: String, _ inputs: Matrix<Double>, _ labels: [Int]) {
    (self.name, self.inputs, self.labels, classes) = (name, inputs, labels, original.classes)
    (licence, citation) = (original.licence, original.citation)
  }

  /// N.
  public var count: Int { labels.count }
  public var features: Int { inputs.rows }

  /// The inputs in the given precision; shape [features, N].
  public func inputs<Scalar: BLASScalar>(as type: Scalar.Type) -> Matrix<Scalar> {
    if let same = inputs as? Matrix<Scalar> { return same }
    return Matrix(rows: inputs.rows, columns: inputs.columns, columnMajor: inputs.elements.map { Scalar($0) })
  }

  /// Inputs and labels for training in the given precision.
  public func samples<Scalar: BLASScalar>(as type: Scalar.Type = Double.self) -> Samples<Scalar> {
    Samples(inputs: inputs(as: type), labels: labels, classes: classes)
  }

  /// The samples at the given positions, in that order.
  ///
  /// - Parameter indices: positions in 0 ..< N; at least one, repetitions allowed.
  public func subset(_ indices: some Collection<Int>) -> DataSet {
    precondition(!indices.isEmpty, "a data set cannot be empty")
    var elements: [Double] = []
    elements.reserveCapacity(indices.count * features)
    for i in indices {
      precondition((0..<count).contains(i), "sample \(i) is not among the \(count) of \(name)")
      elements.append(contentsOf: inputs.elements[i * features..<(i + 1) * features])
    }
    let part = Matrix(rows: features, columns: indices.count, columnMajor: elements)
    return DataSet(self, name, part, indices.map { labels[$0] })
  }

  /// The same samples under other labels, for studies of label corruption.
  ///
  /// - Throws: ``NetworkTrainingError`` if there are not N labels in 0 ..< classes.
  public func relabelled(_ labels: [Int]) throws(NetworkTrainingError) -> DataSet {
    try DataSet(
      name: name, inputs: inputs, labels: labels, classes: classes, licence: licence, citation: citation)
  }
}
