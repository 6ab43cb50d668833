// Numbers of things, as people write them.

/// "1 check", "5 checks".
///
/// - Parameters:
///   - n: how many.
///   - noun: of one.
///   - plural: of others, where it is not the noun with an s.
public func counted(_ n: Int, _ noun: String, _ plural: String? = nil) -> String {
  "\(n) \(n == 1 ? noun : plural ?? noun + "s")"
}
