// The page that describes the language is read by the language, and mutations of it never crash.

import Derivations
import SymbolicCalculus
import Testing

#if canImport(Glibc)
  import Glibc
#endif

private func contents(_ path: String) throws -> String {
  let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  let file = try #require(fopen("/\(root)/\(path)", "r"), "no file \(path)")
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { break }
    bytes += buffer.prefix(count)
  }
  return String(decoding: bytes, as: UTF8.self)
}

private func proofs() throws -> [String] {
  let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  let directory = try #require(opendir(root + "/Proofs"))
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    if name.hasSuffix(".md") { names.append("Proofs/" + name) }
  }
  return try names.sorted().map(contents)
}

@Suite struct LanguagePageTests {
  @Test func pageReads() throws {
    let page = try contents("Documentation/derivation-language.md")
    let document = DerivationDocument(DerivationSource(name: "derivation-language.md", text: page))
    #expect(document.renderedErrors == [])
    #expect(document.claims.count >= 2)
  }

  /// Every form that the page's tables list.
  @Test func everyFormReads() {
    let text = """
      section Words
      let a, b, N, d, L : dimension  let l2 : dimension >= 2
      let x[1..N] : vector[d]  let X : vector[d] ~ normal(0, I)  let G : scalar ~ normal(1, 2)
      let A : matrix[a, b]  assume a != b  assume G ≠ 1  assume norm(A) <= 1  assume norm(A) ≥ 0
      assume (s, u, v) = svd(A)
      section Top
      let m, n, M, N, d, L : dimension  let A : matrix[m, n]
      assume (sigma, u, v) = top_singular_triplet(A)  assume simple(opnorm(A))
      define p = sigma^2  define r[i] = u[i] v[1]  define f(X : matrix[m, n]) = norm(X)^2
      brownian W  brownian B : vector[d]  brownian C[1..L] : vector[d]
      let k0, mu, g : scalar
      process K : dK = mu K dt + g K dW, K(0) = k0
      process X : vector[d], dX = X dt + dB, X(0) = 0
      process Y[l in 1..L] : dY[l] = Y[l] dt + dW, Y[l](0) = k0
      claim Law: E[at(K, 2)] + Var[at(W, 1)] + tr(Cov[at(X, 1), at(X, 2)]) = sum(l in 1..L) E[at(Y[l], 1)]
      claim First: f(A) = norm(A)^2
      claim Second: f(A) >= 0
      proof
        have Third: f(A) = norm(A)^2 by definition
        f(A) = norm(A)^2 by cite Third >= 0 by algebra
      qed
      section Types
      let m, n, d, N, M, k : dimension  let q : dimension ≥ 2
      let a : scalar  let b : vector[n + 1]  let c : matrix[m n, min(m, n)]
      let e1 : positive scalar  let e2 : nonnegative scalar  let e3 : unit vector[n]
      let f1 : symmetric matrix[n, n]  let f2 : psd matrix[n, n]  let f3 : spd matrix[n, n]
      let f4 : orthogonal matrix[n, n]  let f5 : diagonal matrix[n, n]  let f6 : skew matrix[n, n]
      let g1[1..N] : iid scalar  let g2[1..N] : iid vector[d]  let g3[1..N] : iid matrix[m, n]
      let h1[1..M] : sample of g2 with replacement  let h2[1..M] : sample of g2 without replacement
      let i1 : function of vector[d]  let i2 : function of matrix[m, n]  let i3 : function of scalar
      let i4 : function of vector[d] to vector[k]
      let j1 : function of time  let j2 : adapted function of time  let t : time
      let k1 : adapted scalar  let k2 : adapted vector[d]  let k3 : adapted matrix[m, n]
      let l1 : matrix[m, n] ~ normal(zeros[m, n], I)  let l2 : matrix[m, n] ~ normal(0, e1)
      brownian W
      claim Time: d(t) = dt
      claim Product: f1 f2 * f3 = f1 (f2 f3)
      claim Division: 1/2 a = a/2
      claim Powers: a^2 a^-1 = a  claim Root: a^(1/2) = a  claim Cube: f1^3 f1^-1 = f1^2
      claim Hadamard: f1 .* f2 = f2 ∘ f1  claim Kron: kron(f1, f2) = f1 ⊗ f2
      claim Sized: I[n] + zeros[n, n] = ones[n, n]  claim Vectors: ones[n] + e[n, 1] = zeros[n]
      claim Functions: tr f1 + det f1 + norm(b) + norm(c) + opnorm(c) = tr(inv(f3) + pinv(f1) + sqrtm(f2))
      claim Vec: vec(f1) = vec(diag(diagonal(f1)))  claim Mat: mat[m, n](vec(l1)) = l1
      claim Scalars: exp a + log e1 + sqrt(e2) + abs(a) + sin a + cos a + tanh a = min(a, 1) + max(a, e1, 2)
      claim Sums: sum(i in 1..M) h1[i] = sum(i in 1..M, j in 1..M where i != j) h1[i] + (prod(i in 1..M) a) h1[1]
      claim Mean: mean(g2) = (1/N) sum(i in 1..N) g2[i]
      claim Direction: D[opnorm](l1)[l2] = D2[X -> opnorm(X)](l1)[l2, l2]
      claim Slopes: tr(hess[i1](k2)) = norm(grad[i1](k2))^2
      claim Moments: E[g1[1]] + Expect[a] = Var[g1[1]] + Cov[g1[1], g1[2]]
      claim Integral: integral(s in 0..t) (j1(s) ds + j2(s) dW) = integral(s in 0..t) j1(s) ds + integral(s in 0..t) j2(s) dW
      claim Bare: log e1 + tr f1 + exp a^2 = log(e1) + tr(f1) + exp(a^2)
      """
    #expect(DerivationDocument(DerivationSource(derivation: text)).renderedErrors == [])
  }
}

/// SplitMix64: the same mutations for the same seed on every machine.
struct Dice: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct DerivationFuzzTests {
  private static let vocabulary = [
    "section", "let", "assume", "define", "brownian", "process", "claim", "have", "proof", "qed", "by", "in", "where",
    "(", ")", "[", "]", ",", ":", "=", "<=", "!=", "+", "-", "*", "/", "^", "'", ".*", "⊗", "->", "..", "~", ".", "\"",
    "0", "1", "2", "1/2", "I", "E", "D", "D2", "grad", "hess", "sum", "prod", "integral", "dt", "dW", "dX", "d", "tr",
    "kron", "vec", "mat", "mean", "min", "x", "A", "n", "f", "K", "scalar", "vector", "matrix", "normal", "svd", "iid",
    "sample", "of", "function", "time", "adapted", "positive", "process K : dK = ", "let A : matrix[n, n]", "#", "\n",
  ]

  /// Pieces whose borders are where words and signs meet.
  private static func pieces(_ text: String) -> [String] {
    var pieces: [String] = []
    var word = ""
    for character in text {
      if character.isLetter || character.isNumber || character == "_" {
        word.append(character)
      } else {
        if !word.isEmpty { pieces.append(word) }
        word = ""
        pieces.append(String(character))
      }
    }
    return pieces + (word.isEmpty ? [] : [word])
  }

  private static func mutate(_ pieces: [String], _ dice: inout Dice) -> [UInt8] {
    var pieces = pieces
    for _ in 0..<Int.random(in: 1...6, using: &dice) where !pieces.isEmpty {
      let i = Int.random(in: 0..<pieces.count, using: &dice)
      let j = Int.random(in: 0..<pieces.count, using: &dice)
      switch Int.random(in: 0..<7, using: &dice) {
      case 0: pieces.remove(at: i)
      case 1: pieces.insert(pieces[j], at: i)
      case 2: pieces.swapAt(i, j)
      case 3: pieces[i] = vocabulary.randomElement(using: &dice) ?? ""
      case 4: pieces.insert(vocabulary.randomElement(using: &dice) ?? "", at: i)
      case 5: pieces.removeSubrange(i..<min(pieces.count, i + Int.random(in: 1...20, using: &dice)))
      default:
        let span = pieces[min(i, j)..<min(max(i, j), min(i, j) + 30)]
        pieces.insert(contentsOf: span, at: i)
      }
    }
    var bytes = Array(pieces.joined().utf8)
    if Int.random(in: 0..<8, using: &dice) == 0, !bytes.isEmpty {
      for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice) }
    }
    return bytes
  }

  /// DERIVATION_FUZZ sets the number of inputs, DERIVATION_FUZZ_SEED the first seed; DERIVATION_FUZZ_TRACE prints each.
  @Test func mutatedDocumentsNeverCrash() throws {
    func setting(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }
    let count = setting("DERIVATION_FUZZ") ?? 20_000
    let first = setting("DERIVATION_FUZZ_SEED") ?? 1
    let seeds =
      try ([contents("Documentation/derivation-language.md"), DerivationTemplate.text(title: "T")] + proofs())
    let derivations = seeds.flatMap { text -> [[String]] in
      let source = DerivationSource(name: "seed", text: text)
      return source.blocks.map { Self.pieces(source.string($0)) } + (text.utf8.count < 4_000 ? [Self.pieces(text)] : [])
    }
    let clock = ContinuousClock()
    let trace = getenv("DERIVATION_FUZZ_TRACE") != nil
    for seed in first..<first + count {
      // A crash ends the process: with a trace, the last seed written is the one.
      if trace { Array("seed \(seed)\n".utf8).withUnsafeBytes { _ = write(2, $0.baseAddress, $0.count) } }
      var dice = Dice(state: seed &* 0x2545_F491_4F6C_DD1D)
      let bytes = Self.mutate(derivations.randomElement(using: &dice) ?? [], &dice)
      let time = clock.measure {
        let text = String(decoding: bytes, as: UTF8.self)
        let isMarkdown = text.contains("```")
        let document = DerivationDocument(
          isMarkdown ? DerivationSource(name: "fuzz", bytes: bytes) : DerivationSource(name: "fuzz", derivation: text))
        // Every error has a place in the text and can be shown.
        for (error, shown) in zip(document.errors, document.renderedErrors) {
          #expect(error.span.upperBound <= bytes.count * 3 && shown.contains("error: "), "seed \(seed)")
        }
      }
      #expect(time < .seconds(2), "seed \(seed) took \(time)")
    }
  }
}
