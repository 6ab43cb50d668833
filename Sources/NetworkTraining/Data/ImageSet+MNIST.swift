// MNIST and Fashion-MNIST, which share their format and the names of their files, from a folder.

internal import ArrayFiles

extension ImageSet {
  /// Which part of a published data set.
  public enum Split: String, CaseIterable, Sendable {
    case train, test
  }

  /// Handwritten digits, 28 × 28 × 1: 60,000 to train on and 10,000 to test.
  ///
  /// - Parameter folder: with `train-images-idx3-ubyte` and its companions, each as it is or with `.gz` or `.xz`.
  ///   Fashion-MNIST's files have the same names, so give each set a folder of its own.
  /// - Parameter split: the images to train on, or those to test with.
  /// - Throws: ``NetworkTrainingError`` naming the file, the offset, what was found and what was expected.
  public static func mnist(in folder: String, split: Split) throws(NetworkTrainingError) -> ImageSet {
    try idx(.mnist, in: folder, split)
  }

  /// Articles of clothing, 28 × 28 × 1: 60,000 to train on and 10,000 to test.
  ///
  /// - Parameter folder: as for ``mnist(in:split:)``.
  /// - Parameter split: the images to train on, or those to test with.
  /// - Throws: as ``mnist(in:split:)`` does.
  public static func fashionMNIST(in folder: String, split: Split) throws(NetworkTrainingError) -> ImageSet {
    try idx(.fashionMNIST, in: folder, split)
  }

  private static func idx(
    _ set: PublishedDataSet, in path: String, _ split: Split
  ) throws(NetworkTrainingError) -> ImageSet {
    let folder = DataFolder(path: path, set: set)
    let names = set.names(of: split)
    // Ten times the published size is room for extended versions, and not for a bomb.
    let limit = 10 * 60_000 * 784
    func read(_ name: String, _ dimensions: Int) throws(NetworkTrainingError) -> IDXFile {
      guard let (file, bytes) = try folder.contents(of: name, maximumBytes: limit) else { throw folder.missing(name) }
      do { return try IDXFile(bytes, file: file, dimensions: dimensions) } catch { throw .file(error) }
    }
    let images = try read(names[0], 3)
    let labelFile = try read(names[1], 1)
    guard images.shape[0] == labelFile.shape[0] else {
      throw .file(
        .badBytes(
          file: labelFile.file, offset: 4, found: "\(labelFile.shape[0]) labels",
          expected: "\(images.shape[0]), one for each image of \(images.file)"))
    }
    let labels: [Int]
    do { labels = try labelFile.labels(classes: 10) } catch { throw .file(error) }
    return try ImageSet(
      name: "\(set.name) \(split.rawValue)", height: images.shape[1], width: images.shape[2], channels: 1,
      pixels: images.elements, labels: labels, classes: 10, licence: set.licence, citation: set.citation)
  }
}
