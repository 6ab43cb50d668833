// lipdyn regularizers: what each regulariser means at each layer.

import ArgumentParser
import NetworkTraining

struct Regularizers: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what every regulariser means at every layer, and which combinations are refused, as Markdown.",
    discussion: "Example: lipdyn regularizers > Documentation/regularizers.md")

  func run() throws { for line in try LayerRegularization.page() { print(line) } }
}
