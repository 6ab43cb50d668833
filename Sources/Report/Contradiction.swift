// How a refutation reads: where, what was claimed, what was found.

/// A refutation's text in its three parts.
struct Contradiction {
  let place: String?
  let claimed: String?
  let found: String

  init(_ text: String) {
    var rest = text.hasPrefix("refuted ") ? String(text.dropFirst(8)) : text
    if rest.hasPrefix("at "), let claimedAt = rest.firstRange(of: ": claimed "),
      let foundAt = rest[claimedAt.upperBound...].firstRange(of: ", found ")
    {
      place = String(rest[..<claimedAt.lowerBound].dropFirst(3))
      claimed = String(rest[claimedAt.upperBound..<foundAt.lowerBound])
      rest = String(rest[foundAt.upperBound...])
    } else {
      (place, claimed) = (nil, nil)
    }
    found = rest
  }

  /// "At …: claimed …; found …."
  var sentence: String {
    guard let place, let claimed else { return found.sentence + "." }
    return "At \(place): claimed \(claimed); found \(found)."
  }
}
