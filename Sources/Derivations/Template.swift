// What `lipdyn new-derivation` writes: a small true derivation to change into one's own.

public enum DerivationTemplate {
  /// A Markdown document of the given title with a derivation that holds.
  public static func text(title: String) -> String {
    """
    # \(title)

    **Claim.** What is shown, in words and formulas. Blocks marked `derivation` are checked; the rest is for the reader.

    ```derivation
    let d : dimension                       # sizes; any value is tried
    let A : spd matrix[d, d]
    let b, x : vector[d]

    define f(z : vector[d]) = 1/2 z' A z - b'z

    claim Gradient: grad[f](x) = A x - b    # without a proof: checked as one step

    claim Minimum: f(A^-1 b) = -1/2 b' A^-1 b
    proof
      f(A^-1 b) = 1/2 (A^-1 b)' A (A^-1 b) - b' (A^-1 b)   by definition
                = -1/2 b' A^-1 b                           by algebra
    qed
    ```

    The same in continuous time: ordinary rules fail, Itô's hold.

    ```derivation
    section Dynamics                        # forgets the names above

    let mu, s : scalar
    brownian W
    process K : positive scalar, dK = mu K dt + s K dW

    claim Logarithm: d(log K) = (mu - 1/2 s^2) dt + s dW
    proof
      d(log K) = K^-1 dK - 1/2 K^-2 dK^2    by ito
               = (mu - 1/2 s^2) dt + s dW   by algebra
    qed
    ```

    """
  }
}
