// AutoAugment's operations against torchvision, pixel for pixel, and its draws at a false-alarm rate of 10⁻⁹ each.

import NetworkTraining
import RandomStreams
import Testing

@Suite struct ImageOperationTests {
  /// Synthetic images that both sides can make: bytes of a 64-bit linear congruential generator, shaped in four ways.
  struct TestImage {
    let shape: ImageShape
    var pixels: [UInt8] = []

    enum Kind { case noise, smooth, low, constant }

    init(_ height: Int, _ width: Int, _ channels: Int, _ kind: Kind, seed: UInt64) throws {
      shape = try ImageShape(height: height, width: width, channels: channels)
      var state = seed
      for y in 0..<height {
        for x in 0..<width {
          for c in 0..<channels {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let byte = Int(state >> 56)
            switch kind {
            case .noise: pixels.append(UInt8(byte))
            case .smooth: pixels.append(UInt8((37 * y + 11 * x + 80 * c + byte % 16) % 256))
            case .low: pixels.append(UInt8(100 + byte % 32))
            case .constant: pixels.append(UInt8(77 + 20 * c))
            }
          }
        }
      }
    }

    static func all() throws -> [TestImage] {
      let list: [(Int, Int, Int, Kind)] = [
        (1, 1, 3, .noise), (2, 5, 3, .noise), (3, 3, 1, .noise), (5, 7, 3, .noise), (7, 5, 1, .smooth),
        (28, 28, 1, .smooth), (32, 32, 3, .noise), (32, 32, 3, .smooth), (32, 32, 3, .low), (16, 16, 3, .constant),
        (33, 31, 3, .low), (8, 8, 1, .low), (61, 47, 3, .smooth),
      ]
      return try list.enumerated().map { try TestImage($1.0, $1.1, $1.2, $1.3, seed: UInt64($0 + 1)) }
    }
  }

  /// FNV-1a of bytes, continued.
  func checksum(_ bytes: [UInt8], _ hash: UInt64) -> UInt64 {
    bytes.reduce(hash) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
  let emptyChecksum: UInt64 = 0xCBF2_9CE4_8422_2325

  func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// Checksums over all test images, levels 0 ..< 10 and signs +, − of what torchvision 0.28.0's
  /// `autoaugment._apply_op` makes of them as PIL images (Pillow 13.0.0), with the magnitudes of
  /// `AutoAugment(CIFAR10)._augmentation_space(10, size)`, nearest interpolation and no fill.
  static let published: [(ImageOperation, UInt64)] = [
    (.shearX, 0x5FE0_D473_578F_F363), (.shearY, 0x5623_55A7_66A8_614B), (.translateX, 0xB44E_4F2B_780A_5577),
    (.translateY, 0x8832_9DA2_308D_1A34), (.rotate, 0x7FF8_8416_0D9B_7D38), (.brightness, 0xD0F7_15D8_C270_ECB0),
    (.color, 0xFF12_2CD9_76C6_6B54), (.contrast, 0x7AB2_DEB8_6E3F_FADD), (.sharpness, 0x111E_CF58_E8CC_2801),
    (.posterize, 0xBBED_5457_11C5_F577), (.solarize, 0xE5D7_431F_2954_1BF5),
    (.autoContrast, 0x9414_1B23_55C2_407F), (.equalize, 0x0E53_EB5B_EC69_B6A3), (.invert, 0x10B7_EF2E_585E_FDA7),
  ]

  @Test(arguments: published.map(\.0)) func operationsAreThoseOfTheReference(operation: ImageOperation) throws {
    var hash = emptyChecksum
    for image in try TestImage.all() {
      for level in 0..<(operation.hasMagnitude ? ImageOperation.levels : 1) {
        for isNegative in operation.isSigned ? [false, true] : [false] {
          var pixels = image.pixels
          operation.apply(to: &pixels, shape: image.shape, level: level, isNegative: isNegative)
          hash = checksum(pixels, hash)
        }
      }
    }
    #expect(hash == Self.published.first { $0.0 == operation }?.1)
    #expect(Self.published.count == ImageOperation.allCases.count)
  }

  /// One small image of each kind in full, so that a difference can be seen: torchvision's output as above.
  @Test func smallImagesAreThoseOfTheReference() throws {
    let images = try TestImage.all()
    #expect(hex(images[4].pixels) == "0d0e18302d2734424a554c5c696d76747b8b92aa9ca5aebecfb9d2d8dfededf6fa040a")
    for (operation, level, isNegative, expected) in [
      (.rotate, 9, false, "00302d55000e424a760034696d92aa4c7b8bbecf747baeaedf009cd2d80400b9f6f600"),
      (.shearX, 9, false, "0d0e18302d2734424a555c696d76007b8b92aa00a5aebecf00d8dfed0000fa040a0000"),
      (.shearY, 9, true, "0d0e000000273418302d4c5c424a55747b696d769ca58b92aab9d2aebecfedf6d8dfed"),
      (.translateX, 9, false, "00000d0e18000027344200004c5c690000747b8b00009ca5ae0000b9d2d80000edf6fa"),
      (.sharpness, 9, false, "0d0e18302d27334249554c5d6b6b7674788b8faa9ca5acbecfb9d5eaffededf6fa040a"),
      (.brightness, 7, true, "0304070e0d0b0f131619161b1f20232224292b332e3134393e373f40424747494b0103"),
    ] as [(ImageOperation, Int, Bool, String)] {
      var pixels = images[4].pixels
      operation.apply(to: &pixels, shape: images[4].shape, level: level, isNegative: isNegative)
      #expect(hex(pixels) == expected, "\(operation)")
    }
  }

  /// All 25 sub-policies on all images, both operations applied, the first with sign +, the second with −; made as above.
  @Test func policyIsThePublishedOne() throws {
    let augmentation = AutoAugment(.cifar10)
    var hash = emptyChecksum
    for subPolicy in augmentation.subPolicies.indices {
      let choice = AutoAugment.Choice(
        subPolicy: subPolicy, appliesFirst: true, appliesSecond: true, firstIsNegative: false, secondIsNegative: true)
      for image in try TestImage.all() {
        var pixels = image.pixels
        augmentation.apply(choice, to: &pixels, shape: image.shape)
        hash = checksum(pixels, hash)
      }
    }
    #expect(hash == 0x4974_09EC_FEAA_1680)
    // The probabilities in the order of torchvision's table, in tenths.
    let tenths = augmentation.subPolicies.map { [Int(10 * $0.probability + 0.5), Int(10 * $1.probability + 0.5)] }
    #expect(
      tenths == [
        [1, 2], [7, 3], [8, 9], [5, 7], [5, 9], [2, 3], [4, 6], [3, 7], [6, 5], [6, 6], [7, 5], [3, 4], [4, 2], [9, 2],
        [5, 0], [2, 6], [2, 6], [9, 6], [8, 2], [1, 7], [4, 9], [9, 7], [9, 8], [8, 1], [7, 9],
      ])
  }

  @Test func choicesHaveTheirProbabilities() {
    let sampler = AutoAugment.Sampler(AutoAugment(.cifar10), stream: "tests/augment", seed: 3)
    let pairs = sampler.augmentation.subPolicies
    let (steps, batch) = (400, 100)
    var counts = [Int](repeating: 0, count: pairs.count)
    var signs = [Int](repeating: 0, count: 4)
    // Deviations of the two indicators from their probabilities, and products of these with each other and with the
    // signs, which vanish on average if the draws are independent; each is at most 1 in magnitude.
    var deviations = [Double](repeating: 0, count: 7)
    for step in 0..<steps {
      for position in 0..<batch {
        let choice = sampler.choice(position: position, step: step)
        counts[choice.subPolicy] += 1
        signs[(choice.firstIsNegative ? 1 : 0) + (choice.secondIsNegative ? 2 : 0)] += 1
        let first = (choice.appliesFirst ? 1 : 0) - pairs[choice.subPolicy].first.probability
        let second = (choice.appliesSecond ? 1 : 0) - pairs[choice.subPolicy].second.probability
        let (sign, other) = (choice.firstIsNegative ? -1.0 : 1, choice.secondIsNegative ? -1.0 : 1)
        let products = [
          first, second, first * second, first * sign, first * other, second * sign, second * other,
        ]
        for (i, product) in products.enumerated() { deviations[i] += product }
      }
    }
    #expect(chiSquare(counts) < chiSquareAlarm(pairs.count - 1))
    #expect(chiSquare(signs) < chiSquareAlarm(3))
    let bound = hoeffding(steps * batch, width: 2)
    for deviation in deviations { #expect(abs(deviation) / Double(steps * batch) < bound) }
    #expect(sampler.choice(position: 5, step: 7) == sampler.choice(position: 5, step: 7))
  }

  @Test func foreignDataGetANote() {
    let augmentation = AutoAugment(.cifar10)
    #expect(augmentation.policyNote(for: "CIFAR-10") == nil && augmentation.policyNote(for: "cifar10 train") == nil)
    #expect(augmentation.policyNote(for: "cifar100")?.contains("no policy is published for CIFAR-100") == true)
    #expect(augmentation.policyNote(for: "mnist")?.contains("mnist") == true)
  }

  @Test func impossibleImagesAreRefused() {
    #expect(throws: NetworkTrainingError.self) { try ImageShape(height: 0, width: 3, channels: 1) }
    #expect(throws: NetworkTrainingError.self) { try ImageShape(height: 3, width: 16_385, channels: 1) }
    #expect(throws: NetworkTrainingError.self) { try ImageShape(height: 3, width: 3, channels: 2) }
  }
}

/// By how much the mean of n independent values of a range of the given width differs from its expectation with
/// probability 10⁻⁹ at most (Hoeffding): width √(log(2·10⁹)/(2n)).
func hoeffding(_ n: Int, width: Double) -> Double { width * (21.42 / (2 * Double(n))).squareRoot() }

/// The Kolmogorov distance of values from a law, and the distance that is exceeded with probability 10⁻⁹ at most
/// (Dvoretzky, Kiefer, Wolfowitz, with Massart's constant).
func kolmogorov(_ values: [Double], _ law: (Double) -> Double) -> (distance: Double, alarm: Double) {
  let n = Double(values.count)
  let distance =
    values.sorted().enumerated().map { i, x in
      max(abs(law(x) - Double(i) / n), abs(law(x) - Double(i + 1) / n))
    }.max() ?? 0
  return (distance, hoeffding(values.count, width: 1))
}
