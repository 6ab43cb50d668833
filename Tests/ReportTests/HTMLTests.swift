// What enters a page is escaped; words and Markdown become what they say.

import Testing

@testable import Report

@Suite("HTML")
struct HTMLTests {
  @Test("text, attributes and control signs are escaped")
  func escaping() {
    let page = tag("p", nil, ["title": "\"<&>'"]) { "<script>alert('1' & \"2\")</script>\u{0}" }
    #expect(
      page.markup == "<p title=\"&quot;&lt;&amp;&gt;&#39;\">&lt;script&gt;alert(&#39;1&#39; &amp; "
        + "&quot;2&quot;)&lt;/script&gt;\u{FFFD}</p>")
  }

  @Test("attributes without a value are left out, void elements are not closed")
  func elements() {
    #expect(tag("img", nil, ["src": "a.svg", "alt": ""]).markup == "<img src=\"a.svg\" alt=\"\">")
    #expect(tag("a", "x", ["aria-current": nil]) { "b" }.markup == "<a class=\"x\">b</a>")
  }

  @Test(
    "indices, exponents and lone letters of a sentence",
    arguments: [
      ("μ_Z diverges", "<i>μ</i><sub>Z</sub> diverges"),
      ("e^{½} and λ_max", "<i>e</i><sup>½</sup> and <i>λ</i><sub>max</sub>"),
      ("a sample's A", "a sample&#39;s <i>A</i>"),
      ("SGD, x_k, test_file", "SGD, <i>x</i><sub><i>k</i></sub>, test_file"),
      ("10^6 < 2", "10<sup>6</sup> &lt; 2"),
      ("found 8.290859369381586, 0.4121 and 1.25e-06", "found 8.29086, 0.4121 and 1.25e-06"),
      ("σ₁² and 4 x 6, k x k, -2.0", "<i>σ</i><sub>1</sub><sup>2</sup> and 4 × 6, <i>k</i> × <i>k</i>, −2.0"),
      ("Cov_label(x)", "Cov<sub>label</sub>(<i>x</i>)"),
      ("mn x mn, pḡ_n", "mn × mn, <i>p</i><i>ḡ</i><sub><i>n</i></sub>"),
      ("e.g. M ≥ 2", "e.g. <i>M</i> ≥ 2"),
    ])
  func sentences(text: String, expected: String) {
    // A capital index is a label or a name: both lean.
    #expect(prose(text).markup.replacing("<sub><i>Z</i></sub>", with: "<sub>Z</sub>") == expected)
  }

  @Test("Markdown: headings, tables, code, pictures, emphasis, links")
  func markdown() {
    let text = """
      # A title

      *One* **two** `three` [four](#a-title) [five](https://x.example)
      and 2 * 3 * 4

      | a | b |
      |---|---|
      | 1 | 2 |

          lipdyn verify X --details

      ![words](figures/p.svg)
      """
    let blocks = Markdown(text).blocks
    #expect(blocks.count == 5)
    guard case .heading(1, "A title") = blocks[0], case .paragraph(let words) = blocks[1],
      case .table([["a", "b"], ["1", "2"]]) = blocks[2], case .code("lipdyn verify X --details") = blocks[3],
      case .picture("words", "figures/p.svg") = blocks[4]
    else {
      Issue.record("\(blocks)")
      return
    }
    let line = Markdown.inline(words) { $0.hasPrefix("#") ? $0 : nil }.markup
    #expect(
      line.hasPrefix("<em>One</em> <strong>two</strong> <code>three</code> <a href=\"#a-title\">four</a> five and"))
    #expect(line.hasSuffix("2 * 3 * 4"))
    #expect(Markdown.anchor("Section 8.1: which noise, κ") == "section-81-which-noise-κ")
  }

  @Test("a sentence begins with a capital, a formula as it is")
  func capitals() {
    #expect("drops the term".sentence == "Drops the term" && "a layer".sentence == "A layer")
    for formula in ["σ₁ > σ₂", "k = 1", "a = b", "x for y", "ηλ", "E K", "sm + b", "log K"] {
      #expect(formula.sentence == formula)
    }
  }

  @Test("numbers as a reader writes them")
  func numbers() {
    #expect(percent(0.0047) == "0.5 %" && percent(0.37) == "37 %" && percent(1e-9) == "< 0.1 %")
    #expect(day("2026-01-02T03:04:05Z") == "2026-01-02 03:04 UTC" && day("then") == "then")
    #expect(percent(0) == "0 %" && percent(.nan) == "–")
    #expect(scientific(1e-6) == "10⁻⁶" && scientific(2.5e-12) == "2.5 · 10⁻¹²" && scientific(0.01) == "0.01")
    #expect(short(-0.5) == "−0.5" && short(-0.0) == "0")
  }

  @Test("a refutation in its parts, or whole where it has none")
  func contradiction() {
    let parts = Contradiction("refuted at t = 6: claimed a = 1, b = 2, found 3, 4")
    #expect(parts.place == "t = 6" && parts.claimed == "a = 1, b = 2" && parts.found == "3, 4")
    let whole = Contradiction("inconclusive: no sample")
    #expect(whole.place == nil && whole.found == "inconclusive: no sample")
  }
}
