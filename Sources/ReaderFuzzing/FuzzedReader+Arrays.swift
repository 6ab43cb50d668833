// The readers of arrays and of compressed files.

internal import ArrayFiles

/// What a compressed input may unfold to here.
private let unfolded = 1 << 24

extension FuzzedReader {
  public static let arrays: [FuzzedReader] = [npy, npz, safetensors, gzipFile, xzFile, tarFile, integerTable]

  private static func require(_ array: NumericArray) throws {
    let product = array.shape.contains(0) ? 0 : array.shape.reduce(1, *)
    try HalfResult.require(array.shape.allSatisfy { $0 >= 0 }, "a negative dimension in \(array.shape)")
    try HalfResult.require(
      product == array.count && array.doubles.count == product, "\(array.count) elements in shape \(array.shape)")
    // The conversions must refuse or agree as well.
    if let rows = try? array.indices() {
      try HalfResult.require(rows.reduce(0) { $0 + $1.count } == product, "indices lose elements of \(array.shape)")
    }
    _ = try? array.vector(as: Double.self)
    _ = try? array.matrix(as: Float.self)
    _ = try? array.integers()
  }

  private static func require(_ archive: ArrayArchive) throws {
    try HalfResult.require(Set(archive.names).count == archive.names.count, "a name twice in \(archive.names)")
    for name in archive.names { try require(try archive.array(named: name)) }
  }

  private static let numbers = NumericArray(shape: [2, 3], [1.5, -2, 0, .infinity, 0x1p-1060, 7])
  private static let singles = NumericArray(shape: [3], [1, 2, 3] as [Float])
  private static let integers = NumericArray(shape: [2, 1, 2], [1, -2, .max, .min] as [Int])

  private static let headerWords =
    ["'descr'", "'fortran_order'", "'shape'", "True", "False", "(", ")", ",", ":", "{", "}", "L", "'<f8'", "'>i2'"]
    + ["'|b1'", "'|O'", "'<c16'", "'<u8'", "[('a', '<f8')]", "\"", "'"] + Mutator.numerals

  // MARK: .npy

  static func lyingNPY(_ m: Mutator) -> [UInt8] {
    let type = m.pick(["<f8", "<f4", ">f8", "|b1", "|i1", "<i2", ">u4", "<u8", "<i8", "|O", "<c8", "<f2", "", "f8"])
    let dimensions = m.chance(8) ? m.pick([64, 65, 1000]) : m.below(5)
    let shape = (0..<dimensions).map { _ in m.chance(6) ? m.pick(Mutator.numerals) : String(m.below(5)) }
    var pairs = [
      "'descr': '\(type)'", "'fortran_order': \(m.pick(["True", "False", "False", "1", "None"]))",
      "'shape': (\(shape.joined(separator: ", "))\(dimensions == 1 || m.chance(3) ? "," : ""))",
    ]
    if m.chance(10) { pairs.swapAt(0, m.below(3)) }
    if m.chance(20) { pairs.remove(at: m.below(3)) }
    if m.chance(20) { pairs.append(m.pick(pairs)) }
    let text = Array("{\(pairs.joined(separator: ", ")), }\n".utf8)
    let version = m.pick([1, 1, 1, 2, 3, 0, 4, 255] as [UInt8])
    let announced = m.chance(8) ? m.pick(Mutator.patterns) : UInt64(text.count)
    let elements = shape.reduce(UInt(1)) { product, text in
      min(product * min(Int(text)?.magnitude ?? 1, 9), 4096)
    }
    let width = type.last.flatMap(\.wholeNumberValue) ?? 8
    return [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, version, 0] + littleEndian(announced, version == 1 ? 2 : 4) + text
      + m.bytes(max(0, Int(elements) * width + (m.chance(6) ? m.below(3) - 1 : 0)))
  }

  static let npy = FuzzedReader(
    "npy", corpus: [numbers.npy(), numbers.npy(fortranOrder: true), singles.npy(), integers.npy()],
    words: headerWords, almostValid: lyingNPY
  ) { bytes in
    do {
      let array = try NumericArray(npy: bytes, file: "input.npy")
      try require(array)
      // What was read is written and read as the same bytes.
      let written = array.npy()
      try HalfResult.require(try NumericArray(npy: written, file: "copy").npy() == written, "does not survive a copy")
      return .value
    } catch let error as ArrayFileError { return error.description.isEmpty ? .value : .refusal }
  }

  // MARK: Archives

  private static func archive() -> ArrayArchive {
    var archive = ArrayArchive()
    (archive["weight"], archive["bias"], archive["steps"]) = (numbers, singles, integers)
    return archive
  }

  private static let memberNames = [
    "weight.npy", "bias.npy", "weight.npy", "../../etc/passwd.npy", "/absolute.npy", "", ".npy", "a\\b.npy", "note.txt",
    String(repeating: "n", count: 5000) + ".npy", "folder/", "é.npy",
  ]

  private static func lyingNpz(_ m: Mutator) -> [UInt8] {
    let members = (0..<m.below(4)).map { _ in
      (m.chance(4) ? m.pick(memberNames) : memberNames[m.below(2)], m.chance(2) ? lyingNPY(m) : singles.npy())
    }
    return ReaderFuzzing.zip(members, lie: m.chance(2) ? (m.below(6), m.pick(Mutator.patterns)) : nil)
  }

  static let npz = FuzzedReader(
    "npz",
    corpus: [
      (try? archive().npz()) ?? [], (try? archive().npz(compressed: false)) ?? [], (try? ArrayArchive().npz()) ?? [],
      ReaderFuzzing.zip([("weight.npy", numbers.npy())]),
    ],
    words: ["PK\u{3}\u{4}", "PK\u{1}\u{2}", "PK\u{5}\u{6}", ".npy"],
    almostValid: lyingNpz
  ) { bytes in
    do {
      let archive = try ArrayArchive(npz: bytes, file: "input.npz", maximumBytes: unfolded)
      try require(archive)
      return .value
    } catch let error as ArrayFileError { return error.description.isEmpty ? .value : .refusal }
  }

  private static func lyingSafetensors(_ m: Mutator) -> [UInt8] {
    var (entries, end): ([String], Int) = ([], 0)
    for k in 0..<m.below(5) {
      let (type, width) = m.pick([
        ("F32", 4), ("F64", 8), ("BF16", 2), ("F16", 2), ("BOOL", 1), ("I64", 8), ("F8", 1),
      ])
      let shape = (0..<m.below(4)).map { _ in m.below(4) }
      let begin = end
      end += width * shape.reduce(1, *)
      let lies = [begin, end].map { m.chance(12) ? m.pick(Mutator.numerals) : String($0) }
      let lengths = shape.map { m.chance(12) ? m.pick(Mutator.numerals) : String($0) }.joined(separator: ",")
      entries.append(
        "\"\(m.chance(8) ? "t0" : "t\(k)")\":{\"dtype\":\"\(type)\",\"shape\":[\(lengths)],\"data_offsets\":[\(lies[0]),\(lies[1])]}"
      )
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    let announced = m.chance(8) ? m.pick(Mutator.patterns) : UInt64(header.count)
    return littleEndian(announced, 8) + header + m.bytes(max(0, end + (m.chance(8) ? m.below(3) - 1 : 0)))
  }

  static let safetensors = FuzzedReader(
    "safetensors",
    corpus: [
      (try? archive().safetensors(metadata: ["format": "pt"])) ?? [], [2] + littleEndian(0, 7) + Array("{}".utf8),
    ],
    words: [
      "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"F32\"", "\"BF16\"", "\"F16\"", "\"F64\"", "\"BOOL\"", "{", "}",
      "[", "]",
    ]
      + [",", ":", "\"__metadata__\"", "\\ud800", "\\udc00", "\\u0000", "\\", "\"a\":{}"] + Mutator.numerals,
    almostValid: lyingSafetensors
  ) { bytes in
    do {
      let archive = try ArrayArchive(safetensors: bytes, file: "input.safetensors")
      try require(archive)
      let written = try archive.safetensors()
      try HalfResult.require(
        try ArrayArchive(safetensors: written, file: "copy").safetensors() == written, "does not survive a copy")
      return .value
    } catch let error as ArrayFileError { return error.description.isEmpty ? .value : .refusal }
  }

  // MARK: Compressed files

  private static func lyingGzipFile(_ m: Mutator) -> [UInt8] {
    (0..<m.below(4)).flatMap { _ in ReaderFuzzing.gzip(m.bytes(m.below(300))) }
      + (m.chance(4) ? m.bytes(m.below(20)) : [])
  }

  static let gzipFile = FuzzedReader(
    "gzip", corpus: [ReaderFuzzing.gzip(Array("0,1,2\n".utf8)), ReaderFuzzing.gzip([]), packedZeros],
    almostValid: lyingGzipFile
  ) { bytes in
    do {
      let out: [UInt8] = try GzipFile.decompress(bytes, file: "input.gz", maximumBytes: unfolded)
      try HalfResult.require(out.count <= unfolded, "\(out.count) bytes, beyond the limit")
      return .value
    } catch let error as ArrayFileError { return error.description.isEmpty ? .value : .refusal }
  }

  /// 4096 zero bytes, deflated.
  private static let packedZeros: [UInt8] =
    [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3, 0x63, 0x60, 0x18, 0x05, 0xA3, 0x60, 0x14, 0x0C, 0x77, 0, 0]
    + littleEndian(0x4A9_E3A1, 4) + littleEndian(4096, 4)

  static let xzFile = FuzzedReader("xz", corpus: xzCorpus) { bytes in
    do {
      let out = try XZFile.decompress(bytes, file: "input.xz", maximumBytes: unfolded)
      try HalfResult.require(out.count <= unfolded, "\(out.count) bytes, beyond the limit")
      return .value
    } catch let error as ArrayFileError { return error.description.isEmpty ? .value : .refusal }
  }

  private static func lyingTarFile(_ m: Mutator) -> [UInt8] {
    let members = (0..<m.below(4)).flatMap { _ in
      ReaderFuzzing.tar(
        m.chance(6)
          ? m.pick(["../../x", "/etc/passwd", "", String(repeating: "d/", count: 49) + "x"])
          : m.pick(["a/one.bin", "a/two.bin", "b"]),
        m.bytes(m.below(700)),
        size: m.chance(3)
          ? m.pick([
            "77777777777", "00000000000", "-1", "\u{7F}\u{7F}\u{7F}", "99999999999", "37777777777", "00000001000",
          ]) : nil,
        kind: m.chance(3) ? m.pick(["1", "2", "3", "5", "6", "7", "g", "x", "L", "K", "S", "V", "\0"]) : "0",
        link: m.chance(4) ? m.pick(["/etc/passwd", "../x", "a/one.bin"]) : "")
    }
    let ended = members + (m.chance(3) ? [] : [UInt8](repeating: 0, count: 1024))
    return m.chance(4) && ended.count < 65_536 ? ReaderFuzzing.gzip(ended) : ended
  }

  static let tarFile = FuzzedReader(
    "tar",
    corpus: [
      ReaderFuzzing.tar("a/one.bin", Array("one".utf8))
        + ReaderFuzzing.tar("a/two.bin", [UInt8](repeating: 7, count: 600))
        + [UInt8](repeating: 0, count: 1024)
    ],
    words: ["a/one.bin", "a/two.bin", "ustar", "00000000000", "77777777777", "../", "/"],
    almostValid: lyingTarFile
  ) { bytes in
    do {
      let wanted: Set = ["a/one.bin", "a/two.bin"]
      let found = try TarFile.members(wanted, of: bytes, file: "input.tar", maximumBytes: unfolded)
      try HalfResult.require(wanted.isSuperset(of: found.keys), "unasked members \(found.keys.sorted())")
      try HalfResult.require(found.values.reduce(0) { $0 + $1.count } <= unfolded, "beyond the limit")
      return .value
    } catch let error as ArrayFileError { return error.description.isEmpty ? .value : .refusal }
  }

  static let integerTable = FuzzedReader(
    "integers.csv", corpus: utf8("0,1,2\n3,4,5\n", "7\r\n8\r\n", "2147483639,0\n"),
    words: ["\r", "\n", ",", ",,", "\r\n", "\"", " "] + Mutator.numerals
  ) { bytes in
    do {
      try require(try IntegerCSV.parse(bytes, file: "input.csv"))
      return .value
    } catch let error as ArrayFileError { return error.description.isEmpty ? .value : .refusal }
  }
}
