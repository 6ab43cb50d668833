// lipdyn report: a site from a record, and what it refuses.

import Foundation
import Testing

@Suite("lipdyn report")
struct ReportCommandTests {
  @Test("writes a site from a record, twice the same, and refuses what it must")
  func report() throws {
    let directory = try TemporaryDirectory()
    let record = directory.path("r.json")
    #expect(try ToolRun("verify", "LogNormalMGF", "--json", record).status == 0)
    let run = try ToolRun(in: directory, "report", "--from", record, "--output", "site")
    #expect(run.status == 0 && run.output.contains("open site/index.html"), "\(run.errors)")
    let index = try Data(contentsOf: URL(fileURLWithPath: directory.path("site/LogNormalMGF.html")))
    #expect(String(decoding: index, as: UTF8.self).contains("Lemma 19"))
    #expect(try ToolRun(in: directory, "report", "--from", record, "--output", "site").status == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: directory.path("site/LogNormalMGF.html"))) == index)
    try ToolRun(in: directory, "report", "--from", record, "--output", ".").expectRefusal(
      naming: "--output .", "report")
    try ToolRun(in: directory, "report", "--from", "no.json", "--output", "new").expectRefusal(naming: "no.json")
    try ToolRun(in: directory, "report", "--from", record, "--experiments", "none", "--output", "new")
      .expectRefusal(naming: "--experiments none")
    #expect(!FileManager.default.fileExists(atPath: directory.path("new")))
  }
}
