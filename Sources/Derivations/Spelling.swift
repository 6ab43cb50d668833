// The nearest known name to one that is not.

/// Names that somebody may have meant.
public enum Spelling {
  /// The candidate that differs least, if it differs little; nil if none does.
  public static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    let letters = Array(name)
    var best: (distance: Int, name: String)?
    for candidate in candidates where candidate != name {
      let other = Array(candidate)
      let limit = max(1, min(letters.count, other.count) / 3)
      guard abs(letters.count - other.count) <= limit else { continue }
      if letters.count == 1, candidate.lowercased() != name.lowercased() { continue }
      let distance = candidate.lowercased() == name.lowercased() ? 0 : distance(letters, other)
      guard distance <= limit else { continue }
      if best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true { best = (distance, candidate) }
    }
    return best?.name
  }

  /// Levenshtein's.
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let best = min(diagonal + (x == y ? 0 : 1), row[j] + 1, row[j + 1] + 1)
        diagonal = row[j + 1]
        row[j + 1] = best
      }
    }
    return row[b.count]
  }
}
