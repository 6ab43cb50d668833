// Every refusal of this room, with what to do about it.

public import ArrayFiles

/// A refusal of this module: which field, which value, and what to do about it, in one line.
public enum NetworkTrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A list of layer widths that is no network.
  case invalidArchitecture(text: String, reason: String)
  /// A layer that is unknown or written wrongly.
  case invalidLayer(text: String, reason: String)
  /// A layer that does not fit what comes before it.
  case invalidStack(position: Int, layer: String, reason: String)
  /// A single number that cannot mean what its field means.
  case invalidValue(field: String, value: String, requirement: String)
  /// A data set that contradicts itself.
  case invalidDataSet(name: String, field: String, value: String, requirement: String)
  /// Stored parameters that do not fit the network.
  case invalidWeights(file: String, name: String, found: String, expected: String)
  /// A stored order of batches with an index outside the data set, or without any.
  case invalidBatchOrder(file: String, step: Int, position: Int, found: String, expected: String)
  /// A folder without a file of a published data set; any of `expected` would do.
  case missingData(set: String, folder: String, expected: [String], identifier: String)
  case file(ArrayFileError)

  public var description: String {
    switch self {
    case .invalidArchitecture(let text, let reason):
      "architecture \(text.debugDescription): \(reason); write widths from input to classes, as in 64-32-10"
    case .invalidLayer(let text, let reason): "layer \(text.debugDescription): \(reason)"
    case .invalidStack(let position, let layer, let reason): "layer \(position), \(layer): \(reason)"
    case .invalidValue(let field, let value, let requirement):
      "\(field) is \(value); it must be \(requirement)"
    case .invalidDataSet(let name, let field, let value, let requirement):
      "data set \(name): \(field) is \(value); it must be \(requirement)"
    case .invalidWeights(let file, let name, let found, let expected):
      "\(file): \(name) is \(found), expected \(expected); give the weights of this architecture, or its widths"
    case .invalidBatchOrder(let file, let step, let position, let found, let expected):
      "\(file): batch \(step), position \(position): \(found), expected \(expected); save an integer array [steps, batch]"
    case .missingData(let set, let folder, let expected, let identifier):
      "\(folder): \(set) needs \(expected.joined(separator: " or ")) there (.gz and .xz are read too); "
        + "run lipdyn data fetch \(identifier), or name the folder that has it"
    case .file(let error): error.description
    }
  }
}
