// The two data sets that come with this package, as bytes.

internal import DenseLinearAlgebra

extension ImageSet {
  /// 1,797 handwritten digits of 8 × 8 pixels.
  ///
  /// The stored integers v = 0 … 16 become the bytes 15 v, exactly: pixels / 255 is v / 17 here and v / 16 in
  /// ``DataSet/digits()``, and after division by the deviation the two agree.
  ///
  /// - Throws: ``NetworkTrainingError`` if the file that comes with the package was changed.
  public static func digits() throws(NetworkTrainingError) -> ImageSet {
    try ImageSet(try DataSet.digits(), side: 8, levels: 16, step: 15)
  }

  /// 5,000 handwritten digits of 28 × 28 pixels: 500 a class, sorted by class, so shuffle them.
  ///
  /// - Throws: ``NetworkTrainingError`` if the file that comes with the package was changed.
  public static func mnist5k() throws(NetworkTrainingError) -> ImageSet {
    try ImageSet(try DataSet.mnist5k(), side: 28, levels: 255, step: 1)
  }

  /// Square grey images whose features are multiples of 1 / levels.
  private init(_ set: DataSet, side: Int, levels: Double, step: UInt8) throws(NetworkTrainingError) {
    // x was an integer divided by `levels`, so the product is within round-off of that integer.
    try self.init(
      name: set.name, height: side, width: side, channels: 1,
      pixels: set.inputs.elements.map { UInt8(($0 * levels).rounded()) * step }, labels: set.labels,
      classes: set.classes, licence: set.licence, citation: set.citation)
  }
}
