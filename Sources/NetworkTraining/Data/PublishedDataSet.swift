// The full-size data sets that this package can read and fetch: files, sizes, digests, mirrors, licences.

/// A data set that is not embedded, because its licence or its size forbids it.
public enum PublishedDataSet: String, CaseIterable, Sendable {
  case mnist
  case fashionMNIST = "fashion-mnist"
  case cifar10
  case cifar100

  /// A file as its authors published it.
  public struct File: Equatable, Sendable {
    public let name: String
    public let bytes: Int
    /// As published by the authors; lower-case hexadecimal.
    public let md5: String
    /// As pinned by TensorFlow Datasets (`url_checksums`), or computed from a file of the published MD5.
    public let sha256: String
  }

  public var name: String {
    switch self {
    case .mnist: "MNIST"
    case .fashionMNIST: "Fashion-MNIST"
    case .cifar10: "CIFAR-10"
    case .cifar100: "CIFAR-100"
    }
  }

  public var files: [File] {
    switch self {
    case .mnist:
      [
        File(
          name: "train-images-idx3-ubyte.gz", bytes: 9_912_422, md5: "f68b3c2dcbeaaa9fbdd348bbdeb94873",
          sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        File(
          name: "train-labels-idx1-ubyte.gz", bytes: 28_881, md5: "d53e105ee54ea40749a09fcbcd1e9432",
          sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        File(
          name: "t10k-images-idx3-ubyte.gz", bytes: 1_648_877, md5: "9fb629c4189551a2d022fa330f9573f3",
          sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        File(
          name: "t10k-labels-idx1-ubyte.gz", bytes: 4_542, md5: "ec29112dd5afa0611ce80d1b7f02629c",
          sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
      ]
    case .fashionMNIST:
      [
        File(
          name: "train-images-idx3-ubyte.gz", bytes: 26_421_880, md5: "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
          sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        File(
          name: "train-labels-idx1-ubyte.gz", bytes: 29_515, md5: "25c81989df183df01b3e8a0aad5dffbe",
          sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        File(
          name: "t10k-images-idx3-ubyte.gz", bytes: 4_422_102, md5: "bef4ecab320f06d8554ea6380940ec79",
          sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        File(
          name: "t10k-labels-idx1-ubyte.gz", bytes: 5_148, md5: "bb300cfdad3c16e7a12a480ee83cd310",
          sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
      ]
    case .cifar10:
      [
        File(
          name: "cifar-10-binary.tar.gz", bytes: 170_052_171, md5: "c32a1d4ab5d03f1284b67883e8d87530",
          sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")
      ]
    case .cifar100:
      [
        File(
          name: "cifar-100-binary.tar.gz", bytes: 168_513_733, md5: "03b5dce01913d631647c71ecec9e9cb8",
          sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec")
      ]
    }
  }

  /// Where the files are, for a name to be appended.
  public var mirror: String {
    switch self {
    case .mnist: "https://ossci-datasets.s3.amazonaws.com/mnist/"
    // A static web site of S3, which has no TLS; the digests vouch for the bytes.
    case .fashionMNIST: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
    case .cifar10, .cifar100: "https://www.cs.toronto.edu/~kriz/"
    }
  }

  public var licence: String {
    switch self {
    case .mnist: "CC BY-SA 3.0"
    case .fashionMNIST: "MIT"
    case .cifar10, .cifar100: "none stated: for research, not to be passed on"
    }
  }

  public var citation: String {
    switch self {
    case .mnist:
      "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998), Gradient-Based Learning Applied to Document Recognition, "
        + "Proceedings of the IEEE 86(11)"
    case .fashionMNIST:
      "H. Xiao, K. Rasul, R. Vollgraf (2017), Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning "
        + "Algorithms, arXiv 1708.07747"
    case .cifar10, .cifar100:
      "A. Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images, technical report, University of "
        + "Toronto"
    }
  }

  /// The files of one part, without the endings of their wrappings.
  func names(of split: ImageSet.Split) -> [String] {
    switch self {
    case .mnist, .fashionMNIST:
      ["images-idx3-ubyte", "labels-idx1-ubyte"].map { (split == .train ? "train-" : "t10k-") + $0 }
    case .cifar10: split == .train ? (1...5).map { "data_batch_\($0).bin" } : ["test_batch.bin"]
    case .cifar100: ["\(split.rawValue).bin"]
    }
  }

  /// The folder inside the published archive, which unpacking leaves behind; nothing where there is no archive.
  var innerFolder: String? {
    switch self {
    case .mnist, .fashionMNIST: nil
    case .cifar10: "cifar-10-batches-bin"
    case .cifar100: "cifar-100-binary"
    }
  }

  /// The parts of this set whose files are in a folder, in any of the forms that are read; their bytes are not looked at.
  public func splits(in folder: String) -> [ImageSet.Split] {
    let folder = DataFolder(path: folder, set: self)
    return ImageSet.Split.allCases.filter { split in
      (innerFolder != nil && folder.hasArchive) || names(of: split).allSatisfy { folder.location(of: $0) != nil }
    }
  }

  /// Images of one part of this set from a folder, with CIFAR-100's fine labels.
  ///
  /// - Throws: ``NetworkTrainingError`` as the reader of the set does.
  public func images(in folder: String, split: ImageSet.Split) throws(NetworkTrainingError) -> ImageSet {
    switch self {
    case .mnist: try .mnist(in: folder, split: split)
    case .fashionMNIST: try .fashionMNIST(in: folder, split: split)
    case .cifar10: try .cifar10(in: folder, split: split)
    case .cifar100: try .cifar100(in: folder, split: split)
    }
  }
}
