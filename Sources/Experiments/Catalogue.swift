// The experiments that come with the package: one file each in Catalogue/.

private import ArrayFiles
private import Foundation

public enum ExperimentCatalogue {
  /// All of them by name, in the order of the paper: files are numbered.
  ///
  /// - Throws: ``ExperimentError`` naming a file that does not read.
  public static func all() throws(ExperimentError) -> [ExperimentDocument] {
    guard let folder = Bundle.module.url(forResource: "Catalogue", withExtension: nil),
      let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    else {
      throw ExperimentError(
        origin: "the catalogue", problem: "its folder is not beside the program; run it from where it was built")
    }
    var found: [ExperimentDocument] = []
    for file in files.filter({ $0.hasSuffix(".json") }).sorted() {
      found.append(try read(folder.appendingPathComponent(file).path))
    }
    return found
  }

  /// An experiment by its name in the catalogue, or from a file that ends in .json.
  public static func named(_ name: String) throws(ExperimentError) -> ExperimentDocument {
    if name.hasSuffix(".json") { return try read(name) }
    let all = try all()
    guard let found = all.first(where: { $0.name == name }) else {
      throw ExperimentError(
        origin: "experiment \"\(name)\"",
        problem: "use one of \(all.map(\.name).joined(separator: ", ")), or a file that ends in .json")
    }
    return found
  }

  private static func read(_ path: String) throws(ExperimentError) -> ExperimentDocument {
    let bytes: [UInt8]
    do { bytes = try FileBytes.read(path, maximumBytes: 1 << 24) } catch {
      throw ExperimentError(origin: "experiment", problem: error.description)
    }
    return try ExperimentDocument(bytes, origin: path)
  }
}
