// Mutated claims, most of which still mean something, go through the whole checker: it never crashes, and always ends soon.

import Derivations
import SymbolicCalculus
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A section's declarations, and its claims with their proofs, apart.
private struct Seed {
  var preamble: [String] = []
  var claims: [[String]] = []

  static func all() throws -> [Seed] {
    let corpus = ["true", "false"].map { "Tests/DerivationsTests/Corpus/\($0).md" }
    let paths = ["Documentation/derivation-language.md"] + corpus + Repository.proofs + Repository.examples
    return try paths.flatMap { path -> [Seed] in
      let source = DerivationSource(name: path, text: try Repository.text(path))
      return sections(source.blocks.map { source.string($0) }.joined(separator: "\n")).filter { !$0.claims.isEmpty }
    }
  }

  private static func sections(_ text: String) -> [Seed] {
    var seeds = [Seed()]
    var statement = ""
    func close() {
      if statement.hasPrefix("section") { seeds.append(Seed()) }
      if statement.hasPrefix("claim") {
        seeds[seeds.count - 1].claims.append(tokens(statement))
      } else {
        seeds[seeds.count - 1].preamble += tokens(statement)
      }
      statement = ""
    }
    for line in text.split(separator: "\n") {
      let word = line.prefix { $0.isLetter }
      if ["section", "let", "assume", "define", "brownian", "process", "claim"].contains(word) { close() }
      statement += line.prefix { $0 != "#" } + "\n"
    }
    close()
    return seeds
  }

  /// Words, numbers and signs; blanks are tokens too.
  static func tokens(_ text: String) -> [String] {
    var tokens: [String] = []
    for character in text {
      let isWordly = character.isLetter || character.isNumber || character == "_"
      let isSignTail = "=.>".contains(character)
      if let last = tokens.last?.last {
        let continuesWord = isWordly && (last.isLetter || last.isNumber || last == "_")
        let continuesSign = isSignTail && "<>!-.".contains(last)
        if continuesWord || continuesSign {
          tokens[tokens.count - 1].append(character)
          continue
        }
      }
      tokens.append(String(character))
    }
    return tokens
  }
}

/// Mutations that keep brackets in balance and names known, so that many results still have shapes that fit.
private struct Mutation {
  var dice: Dice

  private static let functions =
    Expression.Function.allCases.map(\.rawValue) + ["sum", "prod", "integral", "E", "Var", "Cov", "D", "D2", "grad"]
  /// % is the operand.
  private static let wraps = """
    norm(%) | opnorm(%) | tr(%) | inv(%) | pinv(%) | sqrtm(%) | det(%) | kron(%, %) | vec(%) | diag(%) | diagonal(%)
    (%)' | (% .* %) | (% + %) | (% - %) | (% %) | (-%) | 2 % | (%/(% - %)) | (1/%) | (%' %) | (% %')
    exp(%) | log(%) | sqrt(%) | abs(%) | sin(%) | cos(%) | tanh(%) | max(%, 0) | min(%, %, 1) | exp(exp(exp(%)))
    exp(-1000000 %) | log(log(%)) | log(1 + (%)^2) | log(% - %) | sqrt(-(%)^2) | ((%)^2)^(1/2) | ((%)^3)^(1/3)
    (%)^0 | (%)^2 | (%)^3 | (%)^7 | (%)^64 | (%)^65 | (%)^1000 | (%)^1000000000 | (%)^99999999999999999999 | (%)^-1
    (%)^-64 | (%)^(1/2) | (%)^(-7/3) | (%)^(1/1000000007) | (%)^(1000000007/2) | (%)^% | 0^(%) | (%)^(1e400)
    E[%] | Expect[%] | Var[%] | Cov[%, %] | E[exp(%)] | E[abs(%)] | E[(%)^8] | E[log(1 + (%)^2)] | E[inv(%)] | E[E[%]]
    E[opnorm(%)] | E[D[opnorm](%)[%]] | E[exp((%)^2)] | Var[Var[%] + %] | E[1/%] | E[sqrtm(%)] | E[(%)^40]
    (sum(q in 1..3) %) | (sum(q in 1..1000000000) %) | (sum(q in 1..0) %) | (sum(q in 3..1) q %) | (prod(q in 1..9) %)
    (sum(q in -1000000000..1000000000) %) | (prod(q in 1..100000) %) | (prod(q in 1..0) %) | (sum(q in 1..40, r in 1..40) %)
    (sum(q in 1..5, r in q..5 where q != r) q r %) | (sum(q in 0..9223372036854775807) %) | (prod(q in 0..3) (% - q))
    D[exp](%)[%] | D[tanh](%)[%] | D[opnorm](%)[%] | D2[opnorm](%)[%, %] | grad[opnorm](%) | hess[norm](%)
    grad[norm](%) | D2[inv](%)[%, %] | D[sqrtm](%)[%] | D2[det](%)[%, %] | hess[det](%) | grad[log](%) | D[norm](0)[%]
    D2[y -> tr(y' y y' y)](%)[%, %] | D2[y -> D2[z -> opnorm(y + z)](%)[%, %]](%)[%, %] | D[y -> y^64](%)[%]
    D2[y -> D2[z -> D2[w -> (w + y + z)^6](%)[%, %]](%)[%, %]](%)[%, %] | grad[y -> norm(hess[det](y))](%)
    D[y -> inv(y - %)](%)[%] | hess[y -> log(det(y' y))](%) | D[abs](%)[%] | D[y -> max(y, 0)](%)[%]
    d(%) | (% dt) | d(d(%)) | d(%) d(%) | (integral(s in 0..1) % ds) | (integral(s in 0..t) % ds)
    (integral(s in 0..t) % dW) | Var[integral(s in 0..t) exp(-s) % dW] | E[(integral(s in 0..t) % s^9 dW)^6]
    (integral(s in t..-1000000000) exp(s^2) % ds) | (integral(s in 0..t) integral(r in 0..s) % dr ds)
    %[1] | %[1, 1] | %[2] | %[1000000000] | %[0] | %[-1] | mean(%) | kron(kron(%, %), kron(%, %)) | kron(%, I[40])
    """.split(whereSeparator: { $0 == "\n" || $0 == "|" }).map { $0.trimming }
  private static let atoms = """
    0 | 1 | -1 | 1/2 | 64 | 65 | 4611686018427387904 | 9223372036854775807 | 9223372036854775808 | 1e300 | 1e-300 | 1e400
    I | I[1] | I[40] | I[1000000000] | ones[3] | ones[100000, 100000] | zeros[9, 9] | e[3, 1] | e[3, 7] | e[1000000000, 2]
    0^0 | log(0) | 1/0 | inv(0) | exp(1e9) | (1 - 1)^-1 | 10^64 | sqrt(-1) | log(1) | inv(zeros[2, 2]) | ones[2, 2]^-1
    sum(q in 1..1000000) q | prod(q in 1..1000) q | max(0, 0) | kron(I[60], I[60]) | det(ones[60, 60]) | opnorm(ones[60, 3])
    """.split(whereSeparator: { $0 == "\n" || $0 == "|" }).map { $0.trimming }
  private static let sizes = """
    1 | 2 | 3 | 0 | 7 | 60 | 1000000000 | 9223372036854775807 | n | m | m n | n + 1 | n - 3 | min(m, n) | n n n n n n n n
    2 n | max(m, 7) | N | M | M N | N - M | 10000 n
    """.split(whereSeparator: { $0 == "\n" || $0 == "|" }).map { $0.trimming }
  private static let types = """
    scalar | positive scalar | nonnegative scalar | vector[n] | unit vector[n] | matrix[n, n] | matrix[m, n] | matrix[60, 60]
    symmetric matrix[n, n] | psd matrix[n, n] | spd matrix[n, n] | orthogonal matrix[n, n] | diagonal matrix[n, n]
    skew matrix[n, n] | dimension | dimension >= 2 | dimension >= 1000000000 | iid scalar | iid vector[n] | time | adapted scalar
    function of vector[n] | function of scalar | function of time | scalar ~ normal(0, 1) | vector[n] ~ normal(0, I)
    matrix[n, n] ~ normal(0, 1) | scalar ~ normal(0, -1) | scalar ~ normal(1e9, 1e9)
    """.split(whereSeparator: { $0 == "\n" || $0 == "|" }).map { $0.trimming }

  mutating func pick<T>(_ list: [T]) -> T { list[Int.random(in: 0..<list.count, using: &dice)] }
  mutating func chance(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &dice) == 0 }

  private static func isName(_ token: String) -> Bool {
    let reserved = [
      "section", "let", "assume", "define", "brownian", "process", "claim", "have", "proof", "qed", "by", "in", "where",
      "for", "cite", "algebra", "ito", "isserlis", "differentiation", "definition", "assumption",
    ]
    return (token.first?.isLetter ?? false) && !reserved.contains(token)
  }

  /// A name or number with the brackets that follow it, or a bracket's contents with it.
  private static func operand(_ tokens: [String], at start: Int) -> Range<Int>? {
    func group(_ i: Int) -> Int? {
      var depth = 0
      for j in i..<min(tokens.count, i + 80) {
        if tokens[j] == "(" || tokens[j] == "[" { depth += 1 }
        if tokens[j] == ")" || tokens[j] == "]" { depth -= 1 }
        if depth == 0 { return j + 1 }
      }
      return nil
    }
    if tokens[start] == "(" { return group(start).map { start..<$0 } }
    guard tokens[start].first?.isNumber ?? false || isName(tokens[start]) else { return nil }
    var end = start + 1
    while end < tokens.count, tokens[end] == "(" || tokens[end] == "[", let next = group(end) { end = next }
    return start..<end
  }

  private mutating func operand(_ tokens: [String]) -> Range<Int>? {
    // Behind the colon there are no names of claims.
    let first = (tokens.firstIndex(of: ":") ?? 0) + 1
    guard first < tokens.count else { return nil }
    for _ in 0..<20 {
      if let found = Self.operand(tokens, at: Int.random(in: first..<tokens.count, using: &dice)) { return found }
    }
    return nil
  }

  mutating func mutateClaim(_ tokens: inout [String], names: [String], others: [[String]]) {
    guard let place = operand(tokens) else { return }
    let text = tokens[place].joined()
    func replace(_ new: String) { tokens.replaceSubrange(place, with: Seed.tokens(new)) }
    switch Int.random(in: 0..<12, using: &dice) {
    case 0, 1, 2, 3: replace(pick(Self.wraps).replacing("%", with: text))
    case 4: replace(pick(Self.atoms))
    case 5: if !names.isEmpty { replace(pick(names)) }
    case 6:
      if Self.isName(tokens[place.lowerBound]), place.count > 1 { tokens[place.lowerBound] = pick(Self.functions) }
    case 7:
      let other = pick(others)
      if let piece = operand(other) { replace(other[piece].joined()) }
    case 8:
      if let other = operand(tokens), !other.overlaps(place) {
        let (first, second) = other.lowerBound < place.lowerBound ? (other, place) : (place, other)
        let (a, b) = (Array(tokens[first]), Array(tokens[second]))
        tokens.replaceSubrange(second, with: a)
        tokens.replaceSubrange(first, with: b)
      }
    case 9:
      let signs = tokens.indices.filter {
        ["+", "-", "*", "/", "=", "<=", ">=", "<", ">", "^", "'"].contains(tokens[$0])
      }
      if !signs.isEmpty { tokens[pick(signs)] = pick(["+", "-", " ", "/", "=", "<=", ">=", "<", "!=", "^", ".*"]) }
    case 10:
      let numbers = tokens.indices.filter { tokens[$0].first?.isNumber ?? false }
      if !numbers.isEmpty { tokens[pick(numbers)] = pick(Self.atoms) }
    default: replace(pick(Self.wraps).replacing("%", with: names.isEmpty ? text : pick(names)))
    }
  }

  mutating func mutatePreamble(_ tokens: inout [String], names: [String]) {
    switch Int.random(in: 0..<4, using: &dice) {
    case 0:
      let brackets = tokens.indices.filter { tokens[$0] == "[" && $0 + 2 < tokens.count }
      if !brackets.isEmpty { tokens[pick(brackets) + 1] = pick(Self.sizes) }
    case 1:
      let colons = tokens.indices.filter { tokens[$0] == ":" }
      if !colons.isEmpty {
        let colon = pick(colons)
        let end = tokens[colon...].firstIndex(of: "\n") ?? tokens.count
        tokens.replaceSubrange(colon + 1..<max(end, colon + 1), with: Seed.tokens(" " + pick(Self.types)))
      }
    case 2: mutateClaim(&tokens, names: names, others: [tokens])
    default:
      guard !names.isEmpty else { return }
      let (a, b) = (pick(Self.wraps).replacing("%", with: pick(names)), pick(Self.atoms + names))
      tokens += Seed.tokens("\nassume \(a) \(pick(Relation.allCases.map(\.rawValue))) \(b)\n")
    }
  }

  mutating func document(_ seeds: [Seed]) -> String {
    let seed = pick(seeds)
    var preamble = seed.preamble
    let letters = preamble.indices.dropFirst(2).filter { ["let", "define", "process"].contains(preamble[$0 - 2]) }
    let names = letters.map { preamble[$0] } + ["m", "n", "t"].filter { preamble.contains($0) }
    var claims = (0..<(chance(4) ? 2 : 1)).map { _ in pick(seed.claims) }
    for k in claims.indices {
      for _ in 0..<Int.random(in: 1...3, using: &dice) { mutateClaim(&claims[k], names: names, others: seed.claims) }
    }
    if chance(3) { mutatePreamble(&preamble, names: names) }
    return (preamble + claims.flatMap { $0 + ["\n"] }).joined()
  }
}

extension Substring { fileprivate var trimming: String { String(self).trimming } }
extension String {
  fileprivate var trimming: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

@Suite struct CheckerFuzzTests {
  /// What a step may take of the processor, in a build without whole-module optimisation.
  private static let patience = 60.0

  /// Seconds of the processor, so that a busy machine does not count.
  private static func time(_ body: () -> Void) -> Double {
    func now() -> Double {
      var t = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t)
      return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9
    }
    let start = now()
    body()
    return now() - start
  }

  /// Reads, checks and renders.
  private func run(_ text: String) -> (isElaborated: Bool, steps: Int, lines: Int) {
    let document = DerivationDocument(DerivationSource(derivation: text))
    let outcome = DerivationChecker(seed: 1).check(document)
    let lines = DerivationText.report(outcome, details: true).count
    return (!document.claims.isEmpty, outcome.steps.count, lines + DerivationLaTeX.article([outcome]).utf8.count)
  }

  /// CHECKER_FUZZ sets the number of documents, CHECKER_FUZZ_SEED the first seed; CHECKER_FUZZ_TRACE prints each.
  @Test func mutatedClaimsNeverCrash() throws {
    func setting(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }
    let count = setting("CHECKER_FUZZ") ?? 10
    let first = setting("CHECKER_FUZZ_SEED") ?? 1
    let trace = getenv("CHECKER_FUZZ_TRACE") != nil
    let seeds = try Seed.all()
    var elaborated = 0
    for seed in first..<first + count {
      var mutation = Mutation(dice: Dice(state: seed &* 0x2545_F491_4F6C_DD1D))
      // Mostly one that can be read; what cannot be is read all the same.
      var text = mutation.document(seeds)
      for _ in 0..<8 where DerivationDocument(DerivationSource(derivation: text)).claims.isEmpty {
        text = mutation.document(seeds)
      }
      if trace { Array("seed \(seed)\n\(text)\n".utf8).withUnsafeBytes { _ = write(2, $0.baseAddress, $0.count) } }
      var result = (isElaborated: false, steps: 0, lines: 0)
      let time = Self.time { result = run(text) }
      if result.isElaborated { elaborated += 1 }
      if trace { Array("took \(time)\n".utf8).withUnsafeBytes { _ = write(2, $0.baseAddress, $0.count) } }
      #expect(time < Self.patience * Double(max(1, result.steps)), "seed \(seed) took \(time):\n\(text)")
      #expect(result.lines > 0)
    }
    if count > 1_000 { print("\(count) documents from seed \(first), of which \(elaborated) had a claim to check") }
    #expect(elaborated > count / 2)
  }
  /// Sizes, indices and exponents beyond every bound, each of which once stopped the process or never ended.
  @Test(arguments: [
    "let n : dimension let x : scalar claim C: sum(q in 0..9223372036854775807) x = x",
    "let x : scalar claim C: sum(q in -4611686018427387904..4611686018427387904) x = x",
    "let x : scalar claim C: x^-9223372036854775808 = x",
    "let x : scalar claim C: x^-9223372036854775807 = x^9223372036854775807",
    "let n : dimension let A : matrix[n, n] claim C: A^(n 4611686018427387904) = A",
    "let x[1..1000000000] : scalar claim C: x[1] = x[2]",
    "let n : dimension let x[1..1000000000] : vector[n] let b[1..2] : sample of x without replacement claim C: b[1] = b[2]",
    "let n : dimension >= 1000000000 let A : matrix[n, n] claim C: A = A'",
    """
    let m, n : dimension >= 2 let θ : matrix[n n n n n n n n, n] assume (s, u, v) = svd(θ) let i : dimension >= 2
    assume i <= min(m, n)
    claim C: tr(kron(v[1], u[i]) kron(v[1], u[i])') = norm(kron(v[1], u[i]))^2
    """,
    """
    let m, n : dimension >= 2 let A, Y : matrix[m, n] let X : matrix[m, n] ~ normal(A, 1) assume simple(opnorm(X))
    claim C: E[D[opnorm](X)[X]] = E[opnorm(X)]
    """,
  ])
  func hugeThingsEndSoon(_ text: String) {
    var result = (isElaborated: false, steps: 0, lines: 0)
    let time = Self.time { result = run(text) }
    #expect(result.lines > 0 && time < Self.patience, "\(time): \(text)")
  }
}
