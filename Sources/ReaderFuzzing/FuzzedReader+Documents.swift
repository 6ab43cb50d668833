// The readers of what people write: experiments, networks, regularisers, derivations.

internal import Derivations
internal import Experiments
internal import Foundation
internal import NetworkTraining

let xzCorpus: [[UInt8]] = [
  "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AAdABFdADYaSmgN/z+C9mw0XNp3zgAAAAAAAIicUJnKThASAAEtHqfSo/oftvN9AQAAAAAEWVo=",
  "/Td6WFoAAAFpIt42AAAAABzfRCGQQpkNAQAAAAABWVo=",
  "/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4P//AExdAABv/f//o7f/Rz5IFXI5YVG4kijmo4YH+e7kHoLTL8U6PAFLsX7JiopNL6MN2X+m44wjEV"
    + "PgWRjFdYrid/i2lH8MasDedElkXJ460QAAAAFggIAEAADydReQqAAK/AIAAAAAAFla",
].map { [UInt8](Data(base64Encoded: $0) ?? Data()) }

extension FuzzedReader {
  public static let documents: [FuzzedReader] = [experiment, network, regularizer, derivation]

  // MARK: Experiments

  static let experiment = FuzzedReader(
    "experiment", corpus: utf8(experimentText, "{}", "[]"),
    words: [
      "\"schema\"", "\"name\"", "\"variants\"", "\"predictions\"", "\"quick\"", "\"full\"", "\"steps\"", "\"rows\"",
      "\"seeds\"",
    ]
      + ["null", "true", "[", "]", "{", "}", ",", ":", "\"slope\"", "\"x\"", "\"\\u0000\"", "\"\\ud800\"", "\u{FEFF}"]
      + ["\"finalSlope\"", "\"changeSlope\"", "\"stepSlope\"", "\"source\"", "\"paper\"", "\"corrected\""]
      + [String(repeating: "[", count: 3000), String(repeating: "{\"a\":", count: 3000)] + Mutator.numerals
  ) { bytes in
    do {
      let document = try ExperimentDocument(bytes, origin: "input.json")
      for scale in ScaleName.allCases {
        try HalfResult.require(!document.variants(scale).isEmpty, "an experiment without variants")
        let s = document.scale(scale)
        try HalfResult.require(s.seeds >= 1 && s.rows >= 2 && s.rows <= s.steps, "a scale out of its range")
        // What its runs set aside before the first step.
        try HalfResult.require(
          s.steps < 1 << 40 && s.rows < 1 << 24 && s.seeds < 1 << 24, "a scale that no machine holds")
      }
      return .value
    } catch let error as ExperimentError { return error.description.isEmpty ? .value : .refusal }
  }

  private static let experimentText = """
    {"schema": 1, "name": "initial-scale", "title": "t", "paper": "8.2", "figure": "sweep", "figureAxis": "scale",
     "variants": [{"name": "a", "x": 0.25, "initialScale": 0.25}, {"name": "b", "x": 1}, {"name": "c", "x": 2,
      "steps": 70, "batchSize": 3, "learningRate": 0.1, "regularizers": ["dropout(rate=0.1)"], "network": "linear(10)"}],
     "predictions": [{"says": "s", "source": "paper", "measure": "finalSlope", "expects": {"sign": "positive"}},
      {"says": "u", "source": "corrected", "measure": "stepSlope", "variant": "a",
       "expects": {"value": 1, "tolerance": 0.15}}],
     "quick": {"data": "digits", "network": "linear(32) tanh linear(10)", "batchSize": 32, "learningRate": 0.1,
      "steps": 1000, "seeds": 8, "sharesInitialWeights": false, "rows": 40, "termImages": 0},
     "full": {"data": "mnist", "images": 100, "network": "paper-mlp", "batchSize": 128, "learningRate": 0.1,
      "steps": 2345, "seeds": 6, "sharesInitialWeights": true, "rows": 40, "termImages": 1024}}
    """

  // MARK: Networks and regularisers

  static let network = FuzzedReader(
    "network",
    corpus: utf8(
      "conv(32,kernel=3,padding=1) relu maxpool(2) flatten linear(10)", "linear(32) tanh batchnorm linear(10)",
      "conv(2,kernel=2,stride=2) leaky-relu(0.1) dropout(0.5) maxpool(2,stride=1) flatten linear(3)"),
    words: [
      "conv(", "linear(", "maxpool(", "relu", "leaky-relu(", "dropout(", "batchnorm", "batch-norm", "flatten",
      "sigmoid", "tanh",
    ]
      + ["kernel=", "stride=", "padding=", ",", ")", "(", "=", " ", "\u{2003}", "-"] + Mutator.numerals
  ) { bytes in
    do {
      let input = SampleShape(height: 8, width: 8, channels: 3)
      let network = try SequentialArchitecture(input: input, parsing: String(decoding: bytes, as: UTF8.self))
      try HalfResult.require(
        network.parameterCount >= 0 && network.shapes.allSatisfy { $0.height > 0 && $0.width > 0 && $0.channels > 0 },
        "a layer of no size")
      return .value
    } catch let error as NetworkTrainingError { return error.description.isEmpty ? .value : .refusal }
  }

  static let regularizer = FuzzedReader(
    "regularizer", corpus: Regularizer.examples.map { Array($0.utf8) },
    words: [
      "(", ")", ",", "=", "p", "alpha", "epsilon", "rate", "s", "fixed", "redrawn", "gaussian", "uniform", "per-pair",
      " ",
    ]
      + Mutator.numerals
  ) { bytes in
    do {
      let regularizer = try Regularizer(String(decoding: bytes, as: UTF8.self))
      try HalfResult.require(
        try Regularizer(regularizer.description).description == regularizer.description, "does not survive a copy")
      return .value
    } catch let error as NetworkTrainingError { return error.description.isEmpty ? .value : .refusal }
  }

  // MARK: Derivations

  private static func lyingDerivation(_ m: Mutator) -> [UInt8] {
    // Statements as the grammar has them, of words that need not fit; or one bracket very deep.
    if m.chance(8) {
      let (open, close) = m.pick([
        ("(", ")"), ("-", ""), ("[", "]"), ("tr(", ")"), ("sum(i in 1..n) ", ""), ("z -> ", ""), ("x^", ""),
        ("E[", "]"),
      ])
      let depth = 1 << m.below(14)
      return fenced(
        "let x : scalar\nlet n : dimension\nclaim A: " + String(repeating: open, count: depth) + "x"
          + String(repeating: close, count: m.chance(4) ? depth / 2 : depth) + " = x")
    }
    let statements = derivationTexts.flatMap { $0.split(separator: "\n").map(String.init) }
    let lines = (0..<1 + m.below(12)).map { _ -> String in
      var line = m.pick(statements).split(separator: " ").map(String.init)
      for _ in 0..<m.below(3) where !line.isEmpty {
        line[m.below(line.count)] = m.pick(
          m.chance(2) ? derivationWords : m.pick(statements).split(separator: " ").map(String.init))
      }
      return line.joined(separator: " ")
    }
    return fenced(lines.joined(separator: "\n"))
  }

  static let derivation = FuzzedReader(
    "derivation",
    corpus: [DerivationTemplate.text(title: "T")].map { Array($0.utf8) } + derivationTexts.map(fenced),
    words: derivationWords + Mutator.numerals,
    almostValid: lyingDerivation
  ) { bytes in
    let document = DerivationDocument(DerivationSource(name: "input", bytes: bytes))
    for error in document.errors {
      try HalfResult.require(
        error.span.lowerBound >= 0 && error.span.upperBound <= bytes.count, "an error outside the document: \(error)")
    }
    try HalfResult.require(
      document.renderedErrors.allSatisfy { $0.utf8.count < 1 << 16 }, "an error that nobody can read")
    return document.errors.isEmpty ? .value : .refusal
  }

  private static func fenced(_ text: String) -> [UInt8] { Array("# T\n```derivation\n\(text)\n```\n".utf8) }

  private static let derivationWords =
    ["section", "let", "assume", "define", "brownian", "process", "claim", "have", "proof", "qed", "by", "in", "where"]
    + ["for", "scalar", "vector[n]", "matrix[m, n]", "dimension", "positive", "psd", "spd", "symmetric", "orthogonal"]
    + [
      "function of", "time", "iid", "sample of", "with replacement", "~", "normal(", "algebra", "ito", "isserlis",
      "cite",
    ]
    + [
      "sum(i in 1..n)", "E[", "Var[", "grad[", "hess[", "D[", "D2[", "svd(", "opnorm(", "norm(", "inv(", "tr(", "det(",
    ]
    + [
      "kron(", "vec(", "mat[", "diag(", "exp(", "log", "sqrt(", "pinv(", "sqrtm(", "min(", "(", ")", "[", "]", ",", ":",
    ]
    + [
      "=", "<", "<=", ">", "!=", "+", "-", "*", "/", "^", "'", ".", "..", "->", "dt", "dW", "A", "x", "n", "```", "\n",
      "#",
    ]
    + ["\"", "σ", "θ̂", "x₁", "\u{202E}", "\u{0}", "\r"]

  private static let derivationTexts = [
    """
    section Algebra
    let m, n : dimension
    let A, B : matrix[m, n]
    let S : spd matrix[n, n]
    let x, y : vector[n]
    define q(z : vector[n]) = 1/2 z' S z
    claim Trace: tr(A' B) = tr(B A')
    claim Gradient: grad[q](x) = S x
    claim Sum: A ones[n] = sum(j in 1..n) A e[n, j]
    claim Outer: vec(x y') = kron(y, x)
    claim Cauchy: (x' y)^2 <= norm(x)^2 norm(y)^2
    """,
    """
    section Spectrum
    let m, n : dimension >= 2
    let θ, F : matrix[m, n]
    assume simple(opnorm(θ))
    assume (s, u, v) = svd(θ)
    let i : dimension >= 2
    assume i <= min(m, n)
    claim Top: D[opnorm](θ)[F] = u[1]' F v[1]
    claim Left: D2[opnorm](θ)[u[i] v[1]', u[i] v[1]'] = s[1]/(s[1]^2 - s[i]^2)
    """,
    """
    section Laws
    let N, M, d : dimension
    let x[1..N] : vector[d]
    let b[1..M] : sample of x with replacement
    let Z : scalar ~ normal(0, 1)
    claim Mean: E[1/M sum(i in 1..M) b[i]] = 1/N sum(j in 1..N) x[j]
    claim Fourth: E[Z^4] = 3 by isserlis
    """,
    """
    section Dynamics
    let mu, s : scalar
    brownian W
    process K : positive scalar, dK = mu K dt + s K dW
    claim Logarithm: d(log K) = (mu - 1/2 s^2) dt + s dW
    proof
      d(log K) = K^-1 dK - 1/2 K^-2 dK^2 by ito
               = (mu - 1/2 s^2) dt + s dW by algebra
    qed
    """,
  ]
}
