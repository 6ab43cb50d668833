import Derivations
import SymbolicCalculus
import Testing

@Test func smoke() throws {
  for text in [DerivationTemplate.text(title: "T"), smokeText] {
    let document = DerivationDocument(DerivationSource(name: "x.md", text: text))
    for e in document.renderedErrors { print(e) }
    for claim in document.claims { print(claim.name, claim.chains.count, claim.statement.left.shape) }
  }
}
let smokeText = """
```derivation
let m, n, M, N, L : dimension
let A, B : matrix[m, n]
let S : spd matrix[n, n]
let x : vector[n]
let E, F : matrix[m, n]
assume (sigma, u, v) = top_singular_triplet(A)
claim First: D[opnorm](A)[E] = u'E v
claim P: S^-1 S = I
claim Q: kron(I, S) vec(zeros[n, n]) = 0
claim R: A B = 1
claim S2: hess[X -> u'X v](A) = 0
let g[1..M] : iid vector[n]
let b[1..N] : sample of g with replacement
claim Mean: Expect[mean(g)] = Expect[g[1]]
claim VarM: Var[mean(b)] = 1/N (1/M sum(i in 1..M) g[i] g[i]' - mean(g) mean(g)')
claim X1: sum(i in 1..M, j in 1..M where i != j) g[i]'g[j] = 0
claim Bad: A + 1 = A
claim Bad2: Aa = 1
section Ito
let m : dimension
let t : time
let mu : function of time
brownian W
brownian B[1..m] : vector[m]
process K[l in 1..m] : positive scalar, dK[l] = mu(t) K[l] dt + K[l] dW, K[l](0) = 1
define Z = sum(l in 1..m) log K[l]
claim C1: dZ = sum(l in 1..m) d(log K[l])
claim C2: integral(s in 0..t) (mu(s) ds + dW) = W
claim C3: d(log K[1]) = K[1]^-1 dK[1] - 1/2 K[1]^-2 (dK[1])^2
proof
 d(log K[1]) = K[1]^-1 dK[1] - 1/2 K[1]^-2 dK[1]^2 by ito
qed
claim C4: dB[1] dB[1]' = I dt
claim C5: W (W + 1) = W(W+1)
```
"""
