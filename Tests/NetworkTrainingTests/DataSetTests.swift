// The embedded data, the validation of other data, and stored networks.

import ArrayFiles
import DenseLinearAlgebra
import NetworkTraining
import RandomStreams
import Testing

@Suite struct DataSetTests {
  @Test func embeddedSetsAreWhatTheySay() throws {
    let digits = try DataSet.digits()
    #expect((digits.count, digits.features, digits.classes) == (1797, 64, 10))
    #expect(digits.inputs.elements.allSatisfy { 0 <= $0 && $0 <= 1 } && digits.inputs.maximumMagnitude == 1)
    // The first row of the table begins 0,0,5,13,9 and is a nought.
    #expect(digits.inputs.column(0).elements.prefix(5).map { $0 * 16 } == [0, 0, 5, 13, 9])
    #expect(digits.labels.prefix(3) == [0, 1, 2])
    let mnist = try DataSet.mnist5k()
    #expect((mnist.count, mnist.features, mnist.classes) == (5000, 784, 10))
    #expect((0..<10).allSatisfy { c in mnist.labels.count { $0 == c } == 500 })
    #expect(mnist.inputs.maximumMagnitude == 1)
    #expect(digits.inputs(as: Float.self)[2, 0] == 0.3125)
    #expect(!digits.licence.isEmpty && !mnist.citation.isEmpty)
  }

  @Test func otherSetsAreValidated() throws {
    func make(_ inputs: Matrix<Double>, _ labels: [Int], _ classes: Int) throws(NetworkTrainingError) {
      _ = try DataSet(name: "mine", inputs: inputs, labels: labels, classes: classes, licence: "own", citation: "me")
    }
    let inputs = Matrix<Double>([[1, 2, 3], [4, 5, 6]])
    try make(inputs, [0, 1, 1], 2)
    #expect(
      throws: NetworkTrainingError.invalidDataSet(
        name: "mine", field: "label of sample 1", value: "2", requirement: "from 0 to 1")
    ) { try make(inputs, [0, 2, 1], 2) }
    #expect(throws: NetworkTrainingError.self) { try make(inputs, [0, 1], 2) }
    #expect(throws: NetworkTrainingError.self) { try make(inputs, [0, 0, 0], 1) }
    #expect(throws: NetworkTrainingError.self) { try make(.zeros(0, 0), [], 2) }
    var bad = inputs
    bad[1, 2] = .nan
    let error = #expect(throws: NetworkTrainingError.self) { try make(bad, [0, 1, 1], 2) }
    #expect(error?.description.contains("feature 1 of sample 2") == true)
  }

  @Test func partsKeepInputsAndLabelsTogether() throws {
    let digits = try DataSet.digits()
    let part = digits.subset([5, 3, 5])
    #expect(part.labels == [digits.labels[5], digits.labels[3], digits.labels[5]])
    #expect(part.inputs.column(1) == digits.inputs.column(3))
    let (train, test) = try digits.split(training: 1500, by: "tests/split", seed: 3)
    #expect((train.count, test.count) == (1500, 297))
    #expect(try digits.split(training: 1500, by: "tests/split", seed: 3).test == test)
    func columns(_ set: DataSet) -> [[Double]] {
      (0..<set.count).map { set.inputs.column($0).elements + [Double(set.labels[$0])] }
    }
    func sorted(_ rows: [[Double]]) -> [[Double]] { rows.sorted { $0.lexicographicallyPrecedes($1) } }
    #expect(sorted(columns(train) + columns(test)) == sorted(columns(digits)))
    let shuffled = digits.shuffled(by: "tests/shuffle", seed: 1)
    #expect(shuffled.labels != digits.labels && sorted(columns(shuffled)) == sorted(columns(digits)))
    for bad in [0, -1, 1797] {
      #expect(throws: NetworkTrainingError.self) { try digits.split(training: bad, by: "tests/split", seed: 3) }
    }
  }
}

@Suite struct ArchitectureTests {
  @Test func widthsAreParsed() throws {
    let architecture = try Architecture(parsing: "784-512-256-10")
    #expect(architecture.widths == [784, 512, 256, 10])
    #expect(architecture.parameterCount == 785 * 512 + 513 * 256 + 257 * 10)
    #expect(architecture.description == "784-512-256-10")
    for (text, reason) in [
      ("", "\"\" is not"), ("64", "an input width"), ("64--10", "\"\" is not"), ("64-x-10", "\"x\" is not"),
      ("64-0-10", "0 is not"), ("64-+3-10", "\"+3\" is not"), ("64-1", "tell classes apart"),
      ("999999999999999999999-10", "is not"), ("4000000000-4000000000", "more than"),
      ("9223372036854775807-9223372036854775807", "more than"), ("2-9223372036854775807", "more than"),
    ] {
      let error = #expect(throws: NetworkTrainingError.self) { try Architecture(parsing: text) }
      #expect(error?.description.contains(reason) == true, "\(text): \(String(describing: error))")
    }
  }

  @Test func initialWeightsHaveKaimingsScale() throws {
    let network = MultilayerPerceptron<Double>(
      kaiming: try Architecture(parsing: "784-512-256-10"), stream: "tests/initial", seed: 1)
    for (l, theta) in network.weights.enumerated() {
      let n = Double(theta.count)
      let variance = theta.elements.reduce(0) { $0 + $1 * $1 } / n
      let expected = 2 / Double(network.architecture.widths[l])
      // s²χ²_n/n has relative standard deviation √(2/n); six of them are a false alarm in 10⁹.
      #expect(abs(variance / expected - 1) < 6.1 * (2 / n).squareRoot())
    }
    #expect(network.parameters.biases.allSatisfy { $0.elements.allSatisfy { $0 == 0 } })
    let again = MultilayerPerceptron<Double>(kaiming: network.architecture, stream: "tests/initial", seed: 1)
    #expect(again == network)
    #expect(NetworkParameters(flattened: network.parameters.flattened, network.architecture) == network.parameters)
  }

  @Test func storedNetworksComeBack() throws {
    let network = MultilayerPerceptron<Double>(
      kaiming: try Architecture(widths: [3] + [Int](repeating: 2, count: 7), activation: .tanh), stream: "t", seed: 1)
    let archive = network.stateDictionary
    #expect(archive.names.suffix(2) == ["12.weight", "12.bias"])
    let bytes = try archive.npz()
    let back = try MultilayerPerceptron<Double>(
      stateDictionary: ArrayArchive(npz: bytes, file: "w.npz"), activation: .tanh)
    #expect(back == network, "2.weight comes before 10.weight")
    let single = try MultilayerPerceptron<Float>(stateDictionary: archive, activation: .tanh)
    #expect(single.stateDictionary["0.weight"]?.elementType == .float32)
  }

  @Test func storedNetworksThatDoNotFitAreRefused() throws {
    let good = MultilayerPerceptron<Double>(
      kaiming: try Architecture(parsing: "4-3-2"), stream: "t", seed: 1
    ).stateDictionary
    func refusal(_ change: (inout ArrayArchive) -> Void, _ widths: [Int]? = nil) -> String {
      var archive = good
      change(&archive)
      do throws(NetworkTrainingError) {
        _ = try MultilayerPerceptron<Double>(stateDictionary: archive, activation: .relu, expecting: widths)
        return "accepted"
      } catch { return error.description }
    }
    #expect(refusal({ _ in }) == "accepted")
    #expect(refusal({ $0["2.bias"] = nil }).contains("no array named \"2.bias\""))
    #expect(refusal({ $0["2.weight"] = nil }).contains("2.bias is an array"))
    #expect(refusal({ $0["1.running_mean"] = NumericArray(shape: [3], [0.0, 0, 0]) }).contains("1.running_mean"))
    #expect(refusal({ $0["0.bias"] = NumericArray(shape: [2], [0.0, 0]) }).contains("0.bias is [2], expected [3]"))
    let zeros = [Double](repeating: 0, count: 8)
    #expect(refusal({ $0["2.weight"] = NumericArray(shape: [2, 4], zeros) }).contains("[2, 3]"))
    #expect(refusal({ $0["2.weight"] = NumericArray(shape: [8], zeros) }).contains("two dimensions"))
    #expect(refusal({ $0["2.bias"] = NumericArray(shape: [2], [0, Double.nan]) }).contains("nan, expected finite"))
    #expect(refusal({ _ in }, [4, 5, 2]).contains("4-3-2, expected widths [4, 5, 2]"))
    #expect(refusal({ $0 = ArrayArchive() }).contains("without a .weight"))
  }
}
