// CIFAR-10 and CIFAR-100 in their binary versions from a folder: single files, or the archive as published.

internal import ArrayFiles

extension ImageSet {
  /// Which of the two labels of a CIFAR-100 image counts.
  public enum CIFAR100Labels: String, CaseIterable, Sendable {
    /// 100 classes.
    case fine
    /// 20 superclasses of five classes each.
    case coarse
  }

  /// Photographs of 10 kinds of things, 32 × 32 × 3: 50,000 to train on and 10,000 to test.
  ///
  /// - Parameter folder: with `data_batch_1.bin` … `data_batch_5.bin` and `test_batch.bin`, each as it is or with `.gz`
  ///   or `.xz`, also inside `cifar-10-batches-bin`; or with `cifar-10-binary.tar.gz`, which is read without unpacking.
  /// - Parameter split: the images to train on, or those to test with.
  /// - Returns: pixels in NHWC order, red, green, blue; the format has planes.
  /// - Throws: ``NetworkTrainingError`` naming the file, the offset, what was found and what was expected.
  public static func cifar10(in folder: String, split: Split) throws(NetworkTrainingError) -> ImageSet {
    try cifar(
      .cifar10, in: folder, split, records: 10_000, into: CIFARRecords(labelBytes: 1, labelPosition: 0, classes: 10))
  }

  /// Photographs of 100 kinds of things in 20 superclasses, 32 × 32 × 3: 50,000 to train on and 10,000 to test.
  ///
  /// - Parameters:
  ///   - folder: with `train.bin` and `test.bin`, as for ``cifar10(in:split:)``, also inside
  ///     `cifar-100-binary`; or with `cifar-100-binary.tar.gz`. Where only one of the two is at hand, read that
  ///     one and ``split(fraction:by:seed:)`` it, and say so with the results: they are no CIFAR-100 test accuracy.
  ///   - split: the images to train on, or those to test with.
  ///   - labels: fine (100 classes) or coarse (20).
  /// - Throws: as ``cifar10(in:split:)`` does.
  public static func cifar100(
    in folder: String, split: Split, labels: CIFAR100Labels = .fine
  ) throws(NetworkTrainingError) -> ImageSet {
    try cifar(
      .cifar100, in: folder, split, records: split == .train ? 50_000 : 10_000,
      into: CIFARRecords(
        labelBytes: 2, labelPosition: labels == .coarse ? 0 : 1, classes: labels == .coarse ? 20 : 100))
  }

  private static func cifar(
    _ set: PublishedDataSet, in path: String, _ split: Split, records: Int, into start: CIFARRecords
  ) throws(NetworkTrainingError) -> ImageSet {
    let folder = DataFolder(path: path, set: set)
    var all = start
    func append(_ bytes: [UInt8], _ file: String) throws(NetworkTrainingError) {
      do { try all.append(bytes, file: file, records: records) } catch { throw .file(error) }
    }
    // One byte more than a sound file, so that a small excess is reported with its offset and not as a limit.
    let limit = records * start.recordBytes + 1
    let names = set.names(of: split)
    let members = names.map { "\(set.innerFolder ?? "")/\($0)" }
    var archived: (file: String, members: [String: [UInt8]])?
    for (name, member) in zip(names, members) {
      if let (file, bytes) = try folder.contents(of: name, maximumBytes: limit) {
        try append(bytes, file)
        continue
      }
      if archived == nil { archived = try folder.members(members, maximumBytes: 1 << 28) }
      guard let (file, found) = archived else { throw folder.missing(name, set.files[0].name) }
      guard let bytes = found[member] else {
        throw .file(.missingMember(file: file, name: member, available: found.keys.sorted()))
      }
      try append(bytes, "\(file)[\(member)]")
    }
    return try ImageSet(
      name: "\(set.name) \(split.rawValue)", height: CIFARRecords.side, width: CIFARRecords.side, channels: 3,
      pixels: all.pixels, labels: all.labels, classes: all.classes, licence: set.licence, citation: set.citation)
  }
}
