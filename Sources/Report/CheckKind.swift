// The kinds of evidence of a check, as pages name them.

internal import VerificationKit

/// A derivation's evidence is of other kinds.
typealias CheckKind = VerificationKit.Evidence

extension CheckKind {
  /// A column's head.
  var short: String {
    switch self {
    case .exact: "exact"
    case .roundOff: "round-off"
    case .derivative: "deriv."
    case .quadrature: "quadr."
    case .monteCarlo: "M. Carlo"
    case .convergence: "order"
    case .training: "training"
    }
  }

  var long: String {
    switch self {
    case .exact: "exact arithmetic"
    case .roundOff: "round-off"
    case .derivative: "derivative"
    case .quadrature: "quadrature"
    case .monteCarlo: "Monte Carlo"
    case .convergence: "order of convergence"
    case .training: "training"
    }
  }
}
