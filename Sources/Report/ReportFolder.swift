// A folder of files that appears whole or not at all, in place of an earlier report and of nothing else.

private import Foundation

/// Where a report is written.
public struct ReportFolder: Sendable {
  /// The file by which a folder shows that it is a report.
  static let marker = ".lipdyn-report"
  private let target: URL

  /// - Throws: ``ReportError`` if something else than an earlier report stands at the path, or its parent is missing.
  public init(_ path: String) throws(ReportError) {
    let manager = FileManager.default
    guard !path.isEmpty else {
      throw ReportError(field: "--output ''", problem: "it is empty", remedy: "name a folder")
    }
    target = URL(fileURLWithPath: path).standardizedFileURL
    let parent = target.deletingLastPathComponent()
    var isFolder: ObjCBool = false
    guard manager.fileExists(atPath: parent.path, isDirectory: &isFolder), isFolder.boolValue else {
      throw ReportError(
        field: "--output \(path)", problem: "the folder \(parent.path) is not there", remedy: "make it first")
    }
    guard manager.isWritableFile(atPath: parent.path) else {
      throw ReportError(
        field: "--output \(path)", problem: "the folder \(parent.path) cannot be written",
        remedy: "choose one of your own")
    }
    guard manager.fileExists(atPath: target.path, isDirectory: &isFolder) else { return }
    guard isFolder.boolValue else {
      throw ReportError(field: "--output \(path)", problem: "a file stands there", remedy: "name a folder")
    }
    let contents = (try? manager.contentsOfDirectory(atPath: target.path)) ?? ["?"]
    guard contents.isEmpty || contents.contains(Self.marker) else {
      throw ReportError(
        field: "--output \(path)", problem: "the folder is no earlier report (it has no \(Self.marker))",
        remedy: "choose another name, or remove it yourself")
    }
  }

  /// Writes every file into a folder beside the target, then lets it take the target's place.
  ///
  /// - Throws: ``ReportError``; the target is then as it was.
  public func write(_ site: ReportSite) throws(ReportError) {
    let manager = FileManager.default
    let parent = target.deletingLastPathComponent()
    let fresh = parent.appendingPathComponent(".\(target.lastPathComponent)-\(UUID().uuidString)")
    let retired = parent.appendingPathComponent(".\(target.lastPathComponent)-\(UUID().uuidString)")
    do {
      try manager.createDirectory(at: fresh, withIntermediateDirectories: false)
      for (path, bytes) in site.files {
        let file = fresh.appendingPathComponent(path)
        try manager.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
      }
      if manager.fileExists(atPath: target.path) {
        try manager.moveItem(at: target, to: retired)
        do { try manager.moveItem(at: fresh, to: target) } catch {
          try? manager.moveItem(at: retired, to: target)
          throw error
        }
        try? manager.removeItem(at: retired)
      } else {
        try manager.moveItem(at: fresh, to: target)
      }
    } catch {
      try? manager.removeItem(at: fresh)
      throw ReportError(
        field: "--output \(target.path)", problem: "it cannot be written (\(error.localizedDescription))",
        remedy: "choose a folder of your own with some megabytes of room")
    }
  }
}
