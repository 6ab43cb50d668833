// Figures as gnuplot's scripts: numbers, words with their quotes, and what gnuplot itself makes of every mark.

import Foundation
import Testing

@testable import Plotting

@Suite struct FigureTests {
  static let all = Figure([
    Figure.Panel(
      "a \"quoted\" title with a \\ and λ_Z", x: "t", y: "Z",
      [
        Figure.Series(.band, [[0, 1], [0, 1], [1, 3]], title: "band"),
        Figure.Series(.line(width: 2), [[0, 1, 2], [1, .nan, 3]], title: "line", colour: 1),
        Figure.Series(.dashes, [[0, 1], [1, 2]], colour: 20), Figure.Series(.points, [[0, 1], [1, 2]]),
        Figure.Series(.intervals, [[0, 1], [1, 2], [0.5, 1.5], [1.5, .infinity]], title: "intervals"),
      ]),
    Figure.Panel("log", logarithmic: .both, xNames: ["a", "b"], [Figure.Series(.points, [[1, 10], [1, 1000]])]),
    Figure.Panel(
      "cells", xNames: ["x", "y"], yNames: ["first", "second"],
      [Figure.Series(.cells, [[0, 1, 0, 1], [0, 0, 1, 1], [0, 0.5, 1, 1]], texts: ["", "1/2", "a \"b\"", "3/3"])]),
    Figure.Panel("empty", []),
  ])

  @Test func scriptsHoldTheNumbers() {
    let script = Self.all.script(writing: "out.svg", as: .svg)
    #expect(script.contains("set output \"out.svg\""))
    #expect(script.contains("set title \"a \\\"quoted\\\" title with a \\\\ and λ_Z\""))
    // A gap, not a number.
    #expect(script.contains("\n1.0 ?\n") && script.contains("\n1.0 2.0 1.5 ?\n"))
    #expect(script.contains("set multiplot layout 2,2") && script.contains("size 900,760"))
    #expect(script.contains("set yrange [1.5:-0.5]"))
    #expect(!script.contains("nan") && !script.contains("inf"))
    #expect(script == Self.all.script(writing: "out.svg", as: .svg))
    #expect(Self.all.script(writing: "out.png", as: .png).contains("pngcairo"))
  }

  @Test func namesDecideTheFormat() throws {
    #expect(try FigureFile.format(of: "a/b.svg") == .svg)
    #expect(try FigureFile.format(of: "b.c.png") == .png)
    #expect(try FigureFile.format(of: "b.gp") == nil)
    for name in ["b.pdf", "svg", "b", ""] {
      #expect(throws: FigureFile.NameError.self) { try FigureFile.format(of: name) }
    }
  }

  @Test(arguments: ["svg", "png", "gp"])
  func gnuplotDrawsEveryMark(ending: String) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("figure-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("all.\(ending)").path
    let line = try FigureFile.write(Self.all, to: path)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    if line.hasPrefix("no figure") {
      // A machine without gnuplot: the script is there, and the line says what to do.
      #expect(left == ["all.gp"] && line.contains("gnuplot-nox"))
      return
    }
    #expect(left == ["all.\(ending)"], "\(left)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let heads = ["svg": "<?xml", "png": "\u{89}PNG", "gp": "# Run"]
    #expect(String(decoding: bytes.prefix(5), as: UTF8.self).hasPrefix(heads[ending] ?? "") || ending == "png")
    #expect(bytes.count > 1_000)
    if ending == "svg" {
      let text = String(decoding: bytes, as: UTF8.self)
      for word in ["band", "intervals", "1/2", "second", "log"] { #expect(text.contains(word), "\(word)") }
    }
  }

  @Test("half an image, as gnuplot leaves on a full disk, is known by its end")
  func halfImages() {
    let svg = Array("<svg></svg>\n\n".utf8)
    let png: [UInt8] = [0x89, 0x50, 0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]
    for (image, format) in [(svg, Figure.Format.svg), (png, .png)] {
      #expect(FigureFile.isWhole(image, format))
      #expect(!FigureFile.isWhole(Array(image.dropLast(4)), format) && !FigureFile.isWhole([], format))
    }
  }
}
