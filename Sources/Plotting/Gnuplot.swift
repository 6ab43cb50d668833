// gnuplot, where the machine has it; where not, the script stays and says all.

internal import ArrayFiles
private import Foundation

/// A figure's file.
public enum FigureFile {
  /// Why a figure's name is no good.
  public struct NameError: Error, CustomStringConvertible {
    public let description: String
  }

  /// What the name of a figure asks for: an image, or the script alone.
  ///
  /// - Throws: ``NameError`` unless it ends in .svg, .png or .gp.
  public static func format(of path: String) throws(NameError) -> Figure.Format? {
    let ending = path.split(separator: ".").last.map(String.init) ?? ""
    guard ending != "gp" else { return nil }
    guard let format = Figure.Format(rawValue: ending), path.contains(".") else {
      throw NameError(description: "\(path): a figure's name ends in .svg, .png, or .gp for gnuplot's script alone")
    }
    return format
  }

  /// Draws a figure; the image is whole or absent.
  ///
  /// - Returns: a line for a person: where the figure is, or why there is none and what to do.
  /// - Throws: ``NameError``; an error of the file system if not even the script can be written.
  public static func write(_ figure: Figure, to path: String) throws -> String {
    guard let format = try format(of: path) else {
      try AtomicFile.write(figure.script(writing: "figure.svg", as: .svg), to: path)
      return "figure: gnuplot's script \(path), which writes figure.svg"
    }
    let name = URL(fileURLWithPath: path).lastPathComponent
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    let temporary = ".\(name).\(ProcessInfo.processInfo.processIdentifier).\(format.rawValue)"
    defer { try? FileManager.default.removeItem(at: folder.appendingPathComponent(temporary)) }
    if draw(figure.script(writing: temporary, as: format), in: folder) {
      let image = [UInt8](try Data(contentsOf: folder.appendingPathComponent(temporary)))
      // On a full disk gnuplot succeeds, with the half of an image.
      guard isWhole(image, format) else {
        throw ArrayFileError.system(
          file: path, operation: "drawing", reason: "gnuplot wrote half an image of \(image.count) bytes; make room")
      }
      try AtomicFile.write(image, to: path)
      return "figure: \(path)"
    }
    let script = path.dropLast(format.rawValue.count) + "gp"
    try AtomicFile.write(figure.script(writing: name, as: format), to: String(script))
    return "no figure: gnuplot is missing or failed; install gnuplot-nox, then run  gnuplot \(script)  in its folder"
  }

  /// Whether an image has its end.
  static func isWhole(_ image: [UInt8], _ format: Figure.Format) -> Bool {
    switch format {
    case .svg: String(decoding: image.suffix(16), as: UTF8.self).trimmingCharacters(in: .newlines).hasSuffix("</svg>")
    // The check sum of the last chunk, which is empty.
    case .png: image.suffix(8) == [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]
    }
  }

  private static func draw(_ script: String, in folder: URL) -> Bool {
    // From a file, since a pipe to a gnuplot that is not there would end this process.
    let file = folder.appendingPathComponent(".figure.\(ProcessInfo.processInfo.processIdentifier).gp")
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gnuplot", file.lastPathComponent]
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    do {
      try Data(script.utf8).write(to: file)
      try process.run()
      process.waitUntilExit()
    } catch { return false }
    return process.terminationStatus == 0
  }
}
