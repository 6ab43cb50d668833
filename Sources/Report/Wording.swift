// Numbers, dates and first letters as a reader writes them.

private import Foundation

extension String {
  /// The same with a small first letter, unless the word is a name or an abbreviation.
  func lowercased(first text: String) -> String {
    let word = text.prefix { $0 != " " }
    let isName = word.dropFirst().contains { $0.isUppercase } || word.hasPrefix("Lipschitz") || word.hasPrefix("Fisher")
    return isName ? text : text.prefix(1).lowercased() + text.dropFirst()
  }
}

/// "2026-11-28 11:29 UTC" of ISO 8601.
func day(_ date: String) -> String {
  guard date.hasSuffix("Z"), date.count == 20 else { return date }
  return date.prefix(16).replacing("T", with: " ") + " UTC"
}

/// A share of one in percent, with enough digits to be seen.
func percent(_ share: Double) -> String {
  guard share.isFinite else { return "–" }
  let value = share * 100
  if value == 0 { return "0 %" }
  return value < 0.05 ? "< 0.1 %" : value < 9.95 ? String(format: "%.1f %%", value) : String(format: "%.0f %%", value)
}

/// Three significant digits.
func short(_ x: Double) -> String {
  String(format: "%.3g", x == 0 ? 0 : x).replacing("-", with: "−")
}

/// A power of ten as a reader writes it.
func scientific(_ x: Double) -> String {
  guard x > 0, x < 1e-3 else { return short(x) }
  let exponent = Int(log10(x).rounded(.down))
  let mantissa = x / pow(10, Double(exponent))
  let digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
  let raised =
    "⁻"
    + "\(-exponent)".map { ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"][digits.firstIndex(of: String($0)) ?? 0] }
    .joined()
  return abs(mantissa - 1) < 0.005 ? "10\(raised)" : "\(short(mantissa)) · 10\(raised)"
}
