// The weakest evidence: floating point, Monte Carlo, and the search for points at which an inequality is tightest.

internal import ExactArithmetic
internal import RandomStreams

extension Examiner {
  func sampled(_ s: Statement, _ points: Points, _ accepted: [Place], because reason: String) -> Finding {
    .undecided(reason)
  }

  func adversarial(_ s: Statement, _ points: Points, _ accepted: [Place]) -> [Place] { [] }
}
