// Every mistake is reported where it stands, and with what to write instead.

import Derivations
import Testing

/// Declared on one line before every case, so that the case begins at line 2.
private let preamble =
  "let m, n, N, M : dimension  let s, r : scalar  let A, B : matrix[m, n]  let S : symmetric matrix[n, n]  "
  + "let x, y : vector[n]  let g[1..M] : iid vector[n]  let f : function of vector[n]  let h : function of time  "
  + "let t : time  brownian W  process K : positive scalar, dK = K dt + K dW  define p = s^2  define q[i] = x[i]^2  "
  + "define w(X : matrix[m, n]) = tr(X' X)  assume (sigma, u, v) = svd(A)  let ν : scalar\n"

/// The text with ‹ where the error must stand; what the message must contain; what the hint must contain.
private let mistakes: [(String, String, String?)] = [
  // Shapes.
  ("claim C: ‹A B = 1", "the inner sizes n and m differ", "did you mean A' B or A B'?"),
  ("claim C: ‹x y = 1", "shapes do not fit: x is vector[n], y is vector[n]", "x' y or x y'"),
  ("claim C: ‹A' x = 1", "A' is matrix[n, m], x is vector[n]; the inner sizes m and n differ", "A x"),
  ("claim C: ‹x A = 0", "the inner sizes 1 and m differ", "did you mean A x?"),
  ("claim C: ‹A (B + B) = 0", "A is matrix[m, n], (B + B) is matrix[m, n]", "A' (B + B) or A (B + B)'"),
  ("claim C: S + ‹1 = S", "cannot add: S is matrix[n, n], 1 is scalar", "write I"),
  ("claim C: S - ‹s = S", "cannot subtract: S is matrix[n, n], s is scalar", "write s I"),
  ("claim C: 2 + ‹S = S", "cannot add: 2 is scalar, S is matrix[n, n]", "write 2 I"),
  ("claim C: A + ‹A' = 0", "cannot add: A is matrix[m, n], A' is matrix[n, m]", "transpose one of them"),
  ("claim C: x = ‹1", "x is vector[n], 1 is scalar: the sides of a relation have one shape", "ones[n]"),
  ("claim C: A = ‹S", "A is matrix[m, n], S is matrix[n, n]", nil),
  ("claim C: x < ‹y", "‘<’ compares scalars, and y is vector[n]", nil),
  ("claim C: s / ‹S = S", "division by S, which is matrix[n, n]", "S^-1"),
  ("claim C: s/‹0 = s", "division by zero", nil),
  ("claim C: ‹A^2 = A", "only a square matrix has powers", nil),
  ("claim C: ‹x^2 = s", "only a square matrix has powers", "x'x"),
  ("process X : dX = ‹dY  process Y : dY = X dt + dW", "dY before its equation", "before X"),
  ("claim C: S^‹(1/2) = S", "a matrix has integer powers only", "sqrtm"),
  ("claim C: s^‹x = s", "an exponent is a scalar, and x is vector[n]", nil),
  ("claim C: ‹A .* S = A", ".* needs one shape", nil),
  ("claim C: ‹s .* A = A", ".* needs one shape", "leave out .*"),
  ("claim C: tr(‹A) = 0", "tr takes a square matrix, and A is matrix[m, n]", nil),
  ("claim C: inv(‹A) = 0", "inv takes a square matrix", "pinv"),
  ("claim C: log(‹x) = 0", "log takes a scalar, and x is vector[n]", nil),
  ("claim C: sqrt(‹S) = 0", "sqrt takes a scalar", "sqrtm"),
  ("claim C: diag(‹S) = 0", "diag takes a vector", "diagonal(A)"),
  ("claim C: max(s, ‹x) = 0", "max takes a scalar, and x is vector[n]", nil),
  ("claim C: ‹max(s) = 0", "max takes two arguments or more, not 1", nil),
  ("claim C: ‹kron(A, B, B) = 0", "kron takes two arguments, not 3", nil),
  ("claim C: ‹exp(s, r) = 0", "exp takes one argument, not 2", nil),
  ("claim C: mat[m, n](‹x) = A", "mat[m, n] takes a vector[m n], and x is vector[n]", nil),
  ("claim C: f(‹A) = 0", "f takes a vector[n], and A is matrix[m, n]", nil),
  ("claim C: w(‹S) = 0", "w takes a matrix[m, n], and S is matrix[n, n]", nil),
  ("claim C: ‹f(x, y) = 0", "f takes one argument, not 2", nil),
  ("claim C: h(‹x) = 0", "h takes a scalar, and x is vector[n]", nil),
  ("claim C: tr(‹I) = n", "the size of I cannot be found from where it stands", "I[n]"),
  ("claim C: s = ‹I", "I is 1 × 1 where it stands", "write 1"),
  ("claim C: prod(i in 1..n) ‹x = 0", "prod takes scalars, and x is vector[n]", nil),
  // Names.
  ("claim C: ‹Sigma = s", "‘Sigma’ is not declared", "did you mean sigma?"),
  ("claim C: ‹lgo(s) = s", "‘lgo’ is not declared", nil),
  ("claim C: ‹sqr(s) = s", "‘sqr’ is not declared", "sqrt"),
  ("claim C: ‹g = x", "g is a family", "g[i]"),
  ("claim C: ‹q = s", "q is defined with an index", "q[…]"),
  ("claim C: ‹f + s = s", "f is a function", "f(…)"),
  ("claim C: ‹sigma = s", "sigma is a family", nil),
  ("claim C: ‹zeros = x", "zeros needs its size", "zeros[n]"),
  ("claim C: ‹e = s", "e needs its size", "exp(1)"),
  ("let ‹s : scalar", "s is already declared", "section"),
  ("let ‹norm : scalar", "‘norm’ is built in", nil),
  ("let ‹in : scalar", "the reserved word ‘in’", nil),
  ("claim C: sum(‹tr in 1..n) s = 0", "‘tr’ is built in", nil),
  ("claim C: I = S  let ‹I : scalar", "I has been used for what is built in", nil),
  ("claim C: D[‹s](x)[y] = 0", "s is no function", "s -> …"),
  ("claim C: D[‹ff](x)[y] = 0", "‘ff’ is not declared", nil),
  ("claim C: grad[‹kron](x) = 0", "kron is no function of one argument", "X -> …"),
  // Indices and families.
  ("claim C: x[‹0] = s", "the index 0 leaves the range of x, from 1 to n", nil),
  ("claim C: A[1, ‹n + 1] = s", "the index n + 1 leaves the range of A", nil),
  ("claim C: sum(i in 0..n) x[‹i] = s", "the index i leaves the range of x", nil),
  ("claim C: sum(i in 1..M) g[‹i + 1] = x", "the index i + 1 leaves the range of g", nil),
  ("claim C: u[‹m + 1] = u[1]", "the index m + 1 leaves the range of u, from 1 to m", nil),
  ("claim C: e[n, ‹n + 2] = x", "leaves the range of e", nil),
  ("claim C: ‹x[1, 2] = s", "an entry of x, which is vector[n], has one index", nil),
  ("claim C: ‹A[1] = s", "an entry of A, which is matrix[m, n], has two indices", nil),
  ("claim C: ‹g[1, 2] = s", "g is a family with one index", "g[i][j]"),
  ("claim C: ‹s[1] = s", "s is a scalar and has no entries", nil),
  ("claim C: x[‹s] = 0", "s is no size or index", "let s : dimension"),
  ("claim C: x[‹n/2] = 0", "n/2 is no size or index", nil),
  ("claim C: x[‹1.5] = 0", "a size or an index is a small integer", nil),
  ("claim C: sum(i in 1..n, ‹i in 1..n) x[i] = 0", "the index i runs twice", nil),
  ("claim C: sum(i in 1..n where ‹n != M) x[i] = 0", "a condition compares an index", "i != …"),
  ("claim C: mean(‹x) = s", "mean takes the name of a family", "(1/n) sum"),
  ("let z[‹3..1] : scalar", "an empty family: from 3 to 1", nil),
  ("let z : vector[‹0]", "a size of 0", nil),
  ("let z : vector[n + ‹oops]", "‘oops’ is not declared", nil),
  // What is written otherwise elsewhere.
  ("claim C: x^‹T y = s", "‘T’ is not declared", "the transpose of x is written x'"),
  ("claim C: ‹||x|| = s", "‘|’ means nothing here", "norm(x)"),
  ("claim C: sin(2 ‹pi) = 0", "‘pi’ is not declared", "π is no number of the language"),
  ("claim C: s < r ‹< ν", "a claim has one relation", "make two claims"),
  // Calculus and chance.
  ("claim C: D[f](x)[‹A] = 0", "the direction A is matrix[m, n], and the point x is vector[n]", nil),
  ("claim C: ‹D[f](x)[y, y] = 0", "D takes one direction, not 2", "D2"),
  ("claim C: ‹D2[f](x)[y] = 0", "D2 takes two directions, not 1", nil),
  ("claim C: D[f](‹A)[A] = 0", "f takes a vector[n], and the point is matrix[m, n]", nil),
  ("claim C: grad[det](‹I) = S", "the size of the point cannot be found", "I[n]"),
  ("claim C: x[‹(n + m + 1)^9] = s", "this size is too complicated", nil),
  ("let z[1..2, 1..2, 1..2, 1..2, 1..2, 1..2, 1..2, 1..2, ‹1..2] : scalar", "more than 8 indices", nil),
  ("claim C: ‹grad[X -> S X](x) = 0", "grad takes a scalar function, and this one gives vector[n]", "D[f](x)[E]"),
  ("claim C: ‹hess[X -> X](A) = 0", "hess takes a scalar function", nil),
  ("claim C: Var[‹A] = 0", "Var takes scalars and vectors, and A is matrix[m, n]", "vec"),
  ("claim C: ‹Cov[x] = 0", "Cov[x, y] with 1 arguments", nil),
  ("claim C: E[‹dK] = dt", "a differential inside an expectation", nil),
  ("claim C: log(‹dK) = dt", "a differential under log", nil),
  ("claim C: s/‹dt = s", "a differential in a divisor", nil),
  ("claim C: dK + ‹s = dt", "a differential and something without one are added", nil),
  ("claim C: d(‹K dt) = dt", "a differential inside d( )", nil),
  ("claim C: ‹dK^s = dt", "a differential has positive integer powers only", nil),
  ("claim C: integral(a in 0..t) ‹h(a) = s", "an integral needs a differential such as dt or dW in every term", nil),
  ("claim C: integral(a in 0..t) ‹dW da = s", "an integral has two differentials in one term", nil),
  ("claim C: integral(a in 0..t) h(a) ‹dt = s", "inside this integral write da", nil),
  ("claim C: integral(a in 0..t) ‹dK = s", "over time and Brownian motions only", nil),
  ("claim C: integral(a in 0..‹x) da = s", "a bound of an integral is a scalar", nil),
  ("claim C: dK = ‹K", "one side of the relation has a differential", nil),
  ("claim C: s = s proof s = s = ‹dt qed", "one side of the relation has a differential", nil),
  ("assume ‹dK = 0", "an assumption about a differential", "process"),
  ("claim C: ‹K(0) = s", "K stands for its present value", "leave a space"),
  ("claim C: ‹K(t) = s", "K stands for its present value", nil),
  ("section New claim C: ‹t = 0", "‘t’ is not declared", "let t : time"),
  ("process Z : ‹spd matrix[n, n], dZ = I dt", "spd is a constraint on parameters only", nil),
  ("let z : scalar ~ normal(0, ‹dt)", "a differential in a law", nil),
  ("claim C: ‹ds = s", "‘ds’ is not declared", "ds is the differential"),
  // Declarations.
  ("let z : ‹matrx[m, n]", "‘matrx’ is no type", "did you mean matrix?"),
  ("let z : ‹vector[n, n]", "a vector has one size", nil),
  ("let z : ‹psd matrix[m, n]", "psd is a constraint on square matrices, and this is matrix[m, n]", nil),
  ("let z : ‹positive vector[n]", "positive is a constraint on scalars", nil),
  ("let z : ‹unit matrix[m, n]", "unit is a constraint on vectors", nil),
  ("let z : positive ‹unit scalar", "two constraints, positive and unit", nil),
  ("let z : ‹iid scalar", "iid is for a family", "z[1..N]"),
  ("let ‹z : sample of g with replacement", "a sample is a family with one index", nil),
  ("let z[1..N] : sample of ‹x with replacement", "x is no family", nil),
  ("let z[1..N] : sample of g ‹by replacement", "", nil),
  ("let ‹z[1..N] : function of scalar", "a family of functions", nil),
  ("let z : vector[n] ~ normal(‹s, S)", "the mean of z is scalar, not vector[n]", nil),
  ("let z : vector[n] ~ normal(x, ‹A)", "the covariance of z is matrix[m, n], not a scalar or matrix[n, n]", nil),
  ("let z : ‹positive scalar ~ normal(0, 1)", "a Gaussian law is for", nil),
  ("let z : scalar ~ ‹uniform(0, 1)", "‘normal(mean, covariance)’", nil),
  ("let z ‹scalar", "expected ‘:’ and a type, found ‘scalar’", nil),
  ("brownian Z : ‹positive scalar", "a Brownian motion is a scalar, a vector or a matrix", nil),
  ("process Z : dZ = ‹Z", "needs a differential such as dt or dW in every term", nil),
  ("process Z : dZ = Z dt + ‹dZ", "dZ on the right of its own equation", nil),
  ("process Z : dZ = Z dt + ‹dK", "over time and Brownian motions only", "write out"),
  ("process Z : dZ = ‹dt dW", "two differentials in one term", nil),
  ("process ‹Z[l in 1..M] : dZ = dt", "the indices of dZ are not those of Z", "dZ[l]"),
  ("process Z : vector[n], dZ = ‹dt", "this is scalar where vector[n] is needed", nil),
  ("process Z : dZ = dt, ‹Y(0) = 1", "‘Z(0) = …’", nil),
  ("process Z : dZ = dt, Z(0) = ‹x", "this is vector[n] where scalar is needed", nil),
  ("assume simple(‹norm(A))", "only the largest singular value can be assumed simple", "opnorm"),
  ("‹assume (a, b) = svd(A)", "svd gives three names, not 2", nil),
  ("assume (a, b, c) = svd(‹A' A)", "svd takes the name of a matrix", "let C : matrix[n, n], assume C = A' A"),
  ("assume (a, b, c) = ‹qr(A)", "‘qr’ gives no three names", nil),
  ("section One section ‹One", "a second section One", nil),
  // Claims, chains and reasons.
  ("claim C: s ‹proof s = s qed", "expected a relation", nil),
  ("claim C: s = s claim ‹C: r = r", "a second claim C", nil),
  ("claim C: s = s ‹proof s = s", "this proof has no end", "qed"),
  ("claim C: s = s proof s = s ‹claim D: r = r", "‘claim’ inside the proof of C", "qed"),
  ("claim C: s = s proof have H: s = s by algebra ‹qed", "has no chain for the claim itself", nil),
  ("claim C: s = s proof s = s ‹have H: s = s qed", "expected ‘qed’ or a relation", nil),
  ("claim C: s = s proof have H: s = s by algebra have ‹H: r = r by algebra s = s qed", "a second step H", nil),
  (
    "claim C: s = s proof have H: s = s ‹have J: r = r by algebra s = s qed",
    "a step that others cite ends with a reason", "by algebra"
  ),
  ("claim C: s = s proof s = s by ‹algbra qed", "‘algbra’ is no reason", "did you mean algebra?"),
  ("claim C: s = s proof s = s by ‹magic qed", "‘magic’ is no reason", "known are algebra"),
  (
    "claim C: s = s proof have H: s = s\n‹r = r by algebra s = s qed",
    "a step that others cite ends with a reason, and this line would be a factor", "by algebra"
  ),
  ("claim C: s < r proof s < r ‹> s qed", "say nothing about its ends", nil),
  ("claim C: s = s proof ‹x = x qed", "the proof is about vector[n]s and the claim about scalars", nil),
  ("‹qed", "‘qed’ without a claim before it", nil),
  ("‹s = s", "expected a statement, found ‘s’", "a statement begins with"),
  // Reading.
  ("claim C: (s + r ‹claim D: s = s", "expected ‘)’, found ‘claim’", nil),
  ("claim C: s = ‹) s", "expected an expression, found ‘)’", nil),
  ("claim C: s^r‹^2 = s", "a power of a power needs brackets", "a^(b^c)"),
  ("claim C: ‹exp = s", "exp without an argument", "exp(…)"),
  ("claim C: ‹kron A = s", "kron without an argument", nil),
  ("claim C: s ‹& r = s", "‘&’ means nothing here", nil),
  ("claim C: s = s proof s = s by ‹\"open qed", "never closed", nil),
  ("claim C: s = ‹\(String(repeating: "9", count: 401))", "more than 400 digits", nil),
  ("claim C: s = ‹1e999", "more than 400 digits", nil),
  ("let ‹\(String(repeating: "a", count: 65)) : scalar", "a name longer than 64 bytes", nil),
  ("claim C: ν + ‹undeclared = ν", "‘undeclared’ is not declared", nil),
  ("let 好 : scalar claim C: 好 + ‹undeclared = 好", "‘undeclared’ is not declared", nil),
]

@Suite struct DerivationErrorTests {
  @Test(arguments: mistakes.indices) func mistakeIsReportedWhereItStands(_ index: Int) throws {
    let (marked, message, hint) = mistakes[index]
    let parts = marked.split(separator: "‹", maxSplits: 1, omittingEmptySubsequences: false)
    try #require(parts.count == 2)
    let source = DerivationSource(name: "case", derivation: preamble + parts[0] + parts[1])
    let document = DerivationDocument(source)
    let error = try #require(document.errors.first, "no error in \(marked)")
    let place = source.position(of: error.span.lowerBound)
    let lines = parts[0].split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      place.line == 1 + lines.count && place.column == (lines.last?.count ?? 0) + 1,
      "\(place) in \(marked): \(error.message)")
    #expect(error.message.contains(message), "\(error.message) in \(marked)")
    if let hint { #expect(error.hint?.contains(hint) ?? false, "hint \(error.hint ?? "none") in \(marked)") }
  }

  @Test func preambleIsCorrect() {
    #expect(DerivationDocument(DerivationSource(derivation: preamble)).renderedErrors == [])
  }
}
