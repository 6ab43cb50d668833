// A figure as numbers and words; gnuplot draws it, and its script holds all of them.

/// Panels side by side.
public struct Figure: Sendable, Equatable {
  public var panels: [Panel]
  /// Of each panel, in pixels of an SVG.
  public var panelWidth = 450
  public var panelHeight = 380
  /// Panels in a row.
  public var columns: Int { min(panels.count, panels.count > 3 ? 2 : 3) }

  public init(_ panels: [Panel]) { self.panels = panels }

  /// One pair of axes.
  public struct Panel: Sendable, Equatable {
    public var title: String
    public var xLabel: String
    public var yLabel: String
    public var logarithmic: Axes
    public var series: [Series]
    /// Names in place of numbers along x; beside a matrix of cells those of its columns.
    public var xNames: [String]
    /// Names of a matrix's rows, from the top.
    public var yNames: [String]
    /// Whether the names of the series stand under the axes, where they hide no curve.
    public var hasKey: Bool

    public init(
      _ title: String, x xLabel: String = "", y yLabel: String = "", logarithmic: Axes = .none, hasKey: Bool = true,
      xNames: [String] = [], yNames: [String] = [], _ series: [Series]
    ) {
      (self.title, self.xLabel, self.yLabel, self.logarithmic) = (title, xLabel, yLabel, logarithmic)
      (self.hasKey, self.xNames, self.yNames, self.series) = (hasKey, xNames, yNames, series)
    }
  }

  /// Which axes have powers as their even steps.
  public enum Axes: String, Sendable {
    case none = ""
    case x, y
    case both = "xy"
  }

  /// Numbers drawn in one way.
  public struct Series: Sendable, Equatable {
    /// How; the columns that it takes are x and those named.
    public enum Mark: Sendable, Equatable {
      /// y.
      case line(width: Double)
      case dashes
      case points
      /// lower, upper; transparent.
      case band
      /// y, lower, upper.
      case intervals
      /// row, value from 0 to 1: cells of a matrix, columns numbered by x.
      case cells
    }

    public let mark: Mark
    public let title: String?
    /// Its place in `colours`, round and round.
    public let colour: Int
    /// Shape [columns][points]; numbers that are not finite are gaps.
    public let columns: [[Double]]
    /// What cells have written in them.
    public let texts: [String]

    /// - Parameters:
    ///   - mark: how the numbers are drawn.
    ///   - columns: x first, then what the mark takes; equally long.
    ///   - title: in the key; none if nil.
    ///   - colour: its place among the nine colours, round and round.
    ///   - texts: of cells, as many as there are.
    public init(_ mark: Mark, _ columns: [[Double]], title: String? = nil, colour: Int = 0, texts: [String] = []) {
      let wanted =
        switch mark {
        case .line, .dashes, .points: 2
        case .band, .cells: 3
        case .intervals: 4
        }
      precondition(
        columns.count == wanted && Set(columns.map(\.count)).count == 1,
        "\(mark) takes \(wanted) columns of one length, not \(columns.map(\.count))")
      precondition(texts.isEmpty || texts.count == columns[0].count, "a text for every cell, or none")
      (self.mark, self.columns, self.title, self.colour, self.texts) = (mark, columns, title, colour, texts)
    }
  }

  /// Dark enough for lines on white, and distinct to most eyes.
  static let colours = [
    "#1b6ca8", "#b2182b", "#1b7837", "#e08214", "#762a83", "#5b5b5b", "#c51b7d", "#01665e", "#8c510a",
  ]
}

extension Figure {
  /// What gnuplot understands.
  public enum Format: String, Sendable, CaseIterable { case svg, png }

  /// A gnuplot script that holds all numbers and writes a file beside itself.
  public func script(writing file: String, as format: Format) -> String {
    let rows = (panels.count + columns - 1) / max(columns, 1)
    let (width, height, font) = (panelWidth * columns, panelHeight * rows, "Helvetica")
    var lines = [
      "# Run by gnuplot; writes \(file).",
      format == .svg
        ? "set terminal svg size \(width),\(height) font \"\(font),12\" noenhanced background \"white\""
        // Twice the pixels, for screens that have them.
        : "set terminal pngcairo size \(2 * width),\(2 * height) font \"\(font),12\" fontscale 2 linewidth 2 noenhanced",
      "set output \(quoted(file))", "set datafile missing \"?\"", "set pointintervalbox 0",
    ]
    for (p, panel) in panels.enumerated() {
      for (k, series) in panel.series.enumerated() {
        lines.append("$p\(p)s\(k) << EOD")
        for i in series.columns[0].indices {
          var fields = series.columns.map { $0[i].isFinite ? "\($0[i])" : "?" }
          if !series.texts.isEmpty { fields.append(quoted(series.texts[i])) }
          lines.append(fields.joined(separator: " "))
        }
        lines.append("EOD")
      }
    }
    if panels.count > 1 { lines.append("set multiplot layout \(rows),\(columns)") }
    for (p, panel) in panels.enumerated() { lines += commands(panel, p) }
    if panels.count > 1 { lines.append("unset multiplot") }
    return lines.joined(separator: "\n") + "\n"
  }

  private func commands(_ panel: Panel, _ p: Int) -> [String] {
    let hasCells = panel.series.contains { $0.mark == .cells }
    var lines = [
      "unset logscale", "set xtics auto norotate", "set ytics auto", "set xrange [*:*] extend", "set yrange [*:*]",
      "set border 3", "set tics nomirror", "unset colorbox", "set offsets 0, 0, 0, 0",
      hasCells ? "unset grid" : "set grid lc rgb \"#dddddd\"", "set title \(quoted(wrapped(panel.title)))",
      "set xlabel \(quoted(panel.xLabel))\(panel.hasKey ? " offset 0,0.6" : "")",
      "set ylabel \(quoted(panel.yLabel))",
      panel.hasKey && !hasCells
        ? "set key below center reverse Left samplen 2 width 1 noopaque font \",10\"" : "unset key",
    ]
    func ticks(_ axis: String, _ names: [String]) -> String {
      "set \(axis)tics (" + names.enumerated().map { "\(quoted($0.element)) \($0.offset)" }.joined(separator: ", ")
        + ")"
    }
    if panel.logarithmic != .none { lines.append("set logscale \(panel.logarithmic.rawValue)") }
    lines.append("set format x \"\(panel.logarithmic == .both ? "%.0e" : "%h")\"")
    lines.append("set format y \"\(panel.logarithmic == .y || panel.logarithmic == .both ? "%.0e" : "%h")\"")
    if !panel.xNames.isEmpty {
      lines.append(ticks("x", panel.xNames) + (panel.xNames.count > 4 ? " rotate by 35 right" : ""))
    }
    if hasCells {
      lines += [
        ticks("y", panel.yNames), "set yrange [\(Double(panel.yNames.count) - 0.5):-0.5]",
        "set xrange [-0.5:\(Double(panel.xNames.count) - 0.5)]", "set cbrange [0:1]",
        "set palette defined (0 \"#ffffff\", 1 \"#8fbcdb\")",
      ]
    } else if panel.series.contains(where: { $0.mark == .intervals }) {
      lines += ["set xrange [*:*] noextend", "set offsets graph 0.06, graph 0.06, graph 0.04, graph 0.04"]
    }
    guard !panel.series.isEmpty else { return lines }
    let plots = panel.series.enumerated().flatMap { k, series in
      draw(series, "$p\(p)s\(k)")
    }
    lines.append("plot " + plots.joined(separator: ", \\\n  "))
    return lines
  }

  private func draw(_ series: Series, _ data: String) -> [String] {
    let title = series.title.map { "title \(quoted($0))" } ?? "notitle"
    let colour = "lc rgb \"\(Self.colours[series.colour % Self.colours.count])\""
    switch series.mark {
    case .line(let width): return ["\(data) using 1:2 with lines lw \(width) \(colour) \(title)"]
    case .dashes: return ["\(data) using 1:2 with lines lw 1.4 dt 2 \(colour) \(title)"]
    case .points: return ["\(data) using 1:2 with points pt 7 ps 0.5 \(colour) \(title)"]
    case .band: return ["\(data) using 1:2:3 with filledcurves fs transparent solid 0.15 noborder \(colour) \(title)"]
    case .intervals: return ["\(data) using 1:2:3:4 with yerrorbars pt 7 ps 0.5 \(colour) \(title)"]
    case .cells:
      let image = "\(data) using 1:2:3 with image \(title)"
      return series.texts.isEmpty ? [image] : [image, "\(data) using 1:2:4 with labels font \",9\" notitle"]
    }
  }

  /// Lines that a panel is wide enough for.
  private func wrapped(_ title: String) -> String {
    var lines = [""]
    for word in title.split(separator: " ") {
      if lines[lines.count - 1].count + word.count > panelWidth / 8 { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
    }
    return lines.joined(separator: "\n")
  }

  /// A string of gnuplot's.
  private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
  }
}
