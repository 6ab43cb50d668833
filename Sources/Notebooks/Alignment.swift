// The cheapest way to turn what was expected into what was found.

/// A pairing of two sequences in which an elision takes up any number of elements of the second.
enum Alignment {
  enum Step: Equatable {
    /// Both elements stand for each other, and agree or not.
    case pair(Int, Int, agree: Bool)
    case missing(Int)
    case extra(Int)
    /// An elision and what it took up.
    case elided(Int, Range<Int>)
  }

  /// - Parameters:
  ///   - count: lengths of the expected and of the found sequence.
  ///   - isElision: of an expected element.
  ///   - agree: of an expected and a found element.
  /// - Returns: the steps in order, with the fewest that are not agreement or elision.
  static func steps(
    _ count: (expected: Int, found: Int), isElision: (Int) -> Bool, agree: (Int, Int) -> Bool
  ) -> [Step] {
    let (rows, columns) = count
    // What agrees at the beginning needs no table: most outputs agree wholly.
    var start = 0
    while start < min(rows, columns), !isElision(start), agree(start, start) { start += 1 }
    var cost = [[Int]](repeating: [Int](repeating: 0, count: columns - start + 1), count: rows - start + 1)
    var agrees = [[Bool]](repeating: [Bool](repeating: false, count: columns - start), count: rows - start)
    for i in stride(from: rows - start, through: 0, by: -1) {
      for j in stride(from: columns - start, through: 0, by: -1) {
        if i == rows - start {
          cost[i][j] = columns - start - j
        } else if isElision(start + i) {
          cost[i][j] = min(cost[i + 1][j], j < columns - start ? cost[i][j + 1] : .max)
        } else if j == columns - start {
          cost[i][j] = cost[i + 1][j] + 1
        } else {
          agrees[i][j] = agree(start + i, start + j)
          cost[i][j] = min(
            cost[i + 1][j + 1] + (agrees[i][j] ? 0 : 1), cost[i + 1][j] + 1, cost[i][j + 1] + 1)
        }
      }
    }
    var steps = (0..<start).map { Step.pair($0, $0, agree: true) }
    var (i, j) = (0, 0)
    while i < rows - start || j < columns - start {
      if i == rows - start {
        steps.append(.extra(start + j))
        j += 1
      } else if isElision(start + i) {
        let first = j
        while j < columns - start, cost[i + 1][j] > cost[i][j] { j += 1 }
        steps.append(.elided(start + i, start + first..<start + j))
        i += 1
      } else if j < columns - start, cost[i][j] == cost[i + 1][j + 1] + (agrees[i][j] ? 0 : 1) {
        steps.append(.pair(start + i, start + j, agree: agrees[i][j]))
        i += 1
        j += 1
      } else if cost[i][j] == cost[i + 1][j] + 1 {
        steps.append(.missing(start + i))
        i += 1
      } else {
        steps.append(.extra(start + j))
        j += 1
      }
    }
    return steps
  }
}
