// An error over a ladder of steps, in logarithms: the slope is what a check has judged.

private import Foundation
internal import VerificationKit

/// Points as measured, and the claimed slope as a dashed line through the smallest error.
struct LadderPlot {
  let name: String
  let ladder: Ladder
  private static let (width, height) = (240.0, 150.0)
  /// Of the plot's corners: left and bottom have the axes' words.
  private static let (left, right, top, bottom) = (34.0, 232.0, 8.0, 126.0)

  var figure: HTML {
    tag("figure") {
      svg
      tag("figcaption") { prose("\(name.sentence): slope \(short(ladder.slope)), claimed \(claimed).") }
    }
  }

  /// A Taylor remainder may fall faster than claimed, where the next term happens to vanish.
  private var claimed: String { short(ladder.expected) + (ladder.place.isEmpty ? "" : ", at \(ladder.place)") }

  private func span(_ values: [Double]) -> (low: Double, high: Double) {
    let logs = values.map { log10($0) }
    let (low, high) = (logs.min() ?? 0, logs.max() ?? 1)
    return high > low ? (low, high) : (low - 0.5, high + 0.5)
  }

  private func written(_ x: Double) -> String { "\((x * 10).rounded() / 10)" }

  /// 10ⁿ without a fraction: 3.2e-08.
  private func power(_ exponent: Double) -> String {
    let n = exponent.rounded(.down)
    let digit = (pow(10, exponent - n) * 10).rounded() / 10
    return "\(short(digit))e\(Int(n))"
  }

  private var svg: HTML {
    let rungs = ladder.rungs.filter { $0.step > 0 && $0.error > 0 && $0.step.isFinite && $0.error.isFinite }
    let (steps, errors) = (span(rungs.map(\.step)), span(rungs.map(\.error)))
    func x(_ step: Double) -> Double {
      Self.left + 8 + (log10(step) - steps.low) / (steps.high - steps.low) * (Self.right - Self.left - 16)
    }
    func y(logError: Double) -> Double {
      Self.bottom - 6 - (logError - errors.low) / (errors.high - errors.low) * (Self.bottom - Self.top - 12)
    }
    let ends = rungs.map(\.step)
    let smallest = rungs.min { $0.error < $1.error }
    return tag(
      "svg", nil,
      [
        "viewBox": "0 0 \(Int(Self.width)) \(Int(Self.height))", "role": "img",
        "aria-label":
          "\(rungs.count) errors over steps from \(power(steps.low)) to \(power(steps.high)): slope \(short(ladder.slope)), claimed \(short(ladder.expected))",
      ]
    ) {
      tag(
        "path", "axis",
        ["d": "M\(Self.left) \(Self.top)V\(Self.bottom)H\(Self.right)"])
      if let smallest, let from = ends.min(), let to = ends.max() {
        // Clipped above, where a faster claimed fall leaves the picture.
        let height = { (step: Double) in
          y(logError: log10(smallest.error) + ladder.expected * log10(step / smallest.step))
        }
        let (begin, end) = (height(from), height(to))
        let reach = end < Self.top ? (begin - Self.top) / (begin - end) : 1
        tag(
          "line", "claimed",
          [
            "x1": written(x(from)), "y1": written(begin), "x2": written(x(from) + reach * (x(to) - x(from))),
            "y2": written(max(end, Self.top)),
          ])
      }
      for rung in rungs {
        if rung.standardError > 0, rung.error > 2 * rung.standardError {
          tag(
            "line", "spread",
            [
              "x1": written(x(rung.step)), "x2": written(x(rung.step)),
              "y1": written(y(logError: log10(rung.error + 2 * rung.standardError))),
              "y2": written(y(logError: log10(rung.error - 2 * rung.standardError))),
            ])
        }
        tag("circle", "dot", ["cx": written(x(rung.step)), "cy": written(y(logError: log10(rung.error))), "r": "2.2"])
      }
      for (step, end) in [(steps.low, "start"), (steps.high, "end")] {
        tag(
          "text", nil,
          ["x": written(x(pow(10, step)) - (end == "start" ? 8 : -8)), "y": "138", "text-anchor": end]
        ) { power(step) }
      }
      tag("text", nil, ["x": written((Self.left + Self.right) / 2), "y": "147", "text-anchor": "middle"]) { "step" }
      for error in [errors.low, errors.high] {
        tag("text", nil, ["x": "30", "y": written(y(logError: error) + 3), "text-anchor": "end"]) { power(error) }
      }
    }
  }
}
