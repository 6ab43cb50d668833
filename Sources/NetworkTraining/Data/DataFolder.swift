// A folder with the files of a published data set, in whichever of their usual wrappings they are there.

internal import ArrayFiles
private import Glibc

/// Looks up and unpacks files of a folder.
struct DataFolder {
  let path: String
  let set: PublishedDataSet

  /// The path of a file as it is, or with `.gz` or `.xz` after its name, here or in the unpacked archive's own folder.
  func location(of name: String) -> String? {
    let folders = [path] + (set.innerFolder.map { ["\(path)/\($0)"] } ?? [])
    return folders.flatMap { folder in ["", ".gz", ".xz"].map { "\(folder)/\(name)\($0)" } }
      .first { access($0, F_OK) == 0 }
  }

  /// The decompressed bytes of a file, or nothing if it is there in none of its wrappings.
  ///
  /// - Parameter maximumBytes: more than the largest sound file, so that a hostile one does not fill the memory.
  /// - Returns: the bytes and the path they came from.
  func contents(of name: String, maximumBytes: Int) throws(NetworkTrainingError) -> (file: String, bytes: [UInt8])? {
    guard let file = location(of: name) else { return nil }
    do {
      if file.hasSuffix(".gz") { return (file, try GzipFile.read(file, maximumBytes: maximumBytes)) }
      if file.hasSuffix(".xz") { return (file, try XZFile.read(file, maximumBytes: maximumBytes)) }
      return (file, try FileBytes.read(file, maximumBytes: maximumBytes))
    } catch { throw .file(error) }
  }

  private var archive: String { "\(path)/\(set.files[0].name)" }
  var hasArchive: Bool { access(archive, F_OK) == 0 }

  /// The decompressed bytes of members of the published archive, or nothing if it is not there.
  func members(
    _ names: [String], maximumBytes: Int
  ) throws(NetworkTrainingError) -> (file: String, members: [String: [UInt8]])? {
    guard hasArchive else { return nil }
    do { return (archive, try TarFile.read(Set(names), from: archive, maximumBytes: maximumBytes)) } catch {
      throw .file(error)
    }
  }

  func missing(_ names: String...) -> NetworkTrainingError {
    .missingData(set: set.name, folder: path, expected: names, identifier: set.rawValue)
  }
}
