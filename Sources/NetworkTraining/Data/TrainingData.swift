// Data sets and networks by the names that experiment files and the command line use.

public enum TrainingData {
  /// Training images by name.
  ///
  /// - Parameters:
  ///   - name: of an embedded data set, or of a published one that `folder` holds.
  ///   - count: how many of the images, evenly spaced; all if nil.
  ///   - folder: with a folder for each published data set.
  /// - Throws: an error that says which file is missing and how to get it.
  public static func training(_ name: String, images count: Int?, folder: String) throws -> ImageSet {
    let place = folder + "/" + name
    let all: ImageSet =
      switch name {
      case "digits": try .digits()
      case "mnist5k": try .mnist5k()
      case "mnist": try .mnist(in: place, split: .train)
      case "fashion-mnist": try .fashionMNIST(in: place, split: .train)
      case "cifar10": try .cifar10(in: place, split: .train)
      case "cifar100": try .cifar100(in: place, split: .train, labels: .fine)
      default:
        throw NetworkTrainingError.invalidValue(
          field: "data", value: name, requirement: "one of digits, mnist5k, mnist, fashion-mnist, cifar10 and cifar100")
      }
    guard let count else { return all }
    guard count >= 2, count <= all.count else {
      throw NetworkTrainingError.invalidValue(
        field: "images", value: "\(count)", requirement: "from 2 to the \(all.count) that \(name) has")
    }
    return all.subset((0..<count).map { $0 * all.count / count })
  }

  /// A network by its name or its layers, for images of a kind.
  public static func architecture(_ network: String, for images: ImageSet) throws -> SequentialArchitecture {
    let shape = SampleShape(height: images.height, width: images.width, channels: images.channels)
    switch network {
    case "paper-convnet": return try .paperConvNet(shape, classes: images.classes)
    case "paper-mlp": return try .paperMLP(inputs: shape.count, classes: images.classes)
    default:
      // A stack of linear layers takes the image as a vector.
      let isFlat = network.hasPrefix("linear")
      let architecture = try SequentialArchitecture(input: isFlat ? SampleShape(shape.count) : shape, parsing: network)
      guard architecture.classes == images.classes else {
        throw NetworkTrainingError.invalidValue(
          field: "network", value: "\(architecture.classes) logits at its end",
          requirement: "the \(images.classes) classes of \(images.name)")
      }
      return architecture
    }
  }
}
