// Statistical tests of sequences of 32-bit words. Each knows the law of its statistic for independent uniform words, and
// nothing of where the words come from.

import CGSL
import Glibc

/// A test of whether words are independent and uniform on 0 ..< 2³².
struct BatteryTest: Sendable {
  let name: String
  /// The probability that such words are as far from the law, or further.
  let probability: @Sendable ([UInt32]) -> Double

  static let all: [BatteryTest] = [
    frequency, serialOfHighBits, serialOfLowBits, gaps, runs, birthdaySpacings, rank, weightsOfNeighbours,
    distancesOfNeighbours, autocorrelation, spectrum,
  ]

  /// How often each bit is set.
  static let frequency = BatteryTest(name: "frequency") { words in
    let n = Double(words.count)
    let squares = (0..<32).reduce(0.0) { sum, bit in
      let ones = words.reduce(0) { $0 + Int($1 >> UInt32(bit) & 1) }
      let z = (2 * Double(ones) - n) / n.squareRoot()
      return sum + z * z
    }
    return twoSided(chiSquared: squares, degreesOfFreedom: 32)
  }

  static let serialOfHighBits = BatteryTest(name: "serial, high bits") { serial($0, shift: 24) }
  static let serialOfLowBits = BatteryTest(name: "serial, low bits") { serial($0, shift: 0) }

  /// Eight bits of a word beside those of the next.
  private static func serial(_ words: [UInt32], shift: UInt32) -> Double {
    var counts = [Int](repeating: 0, count: 65_536)
    for i in stride(from: 0, to: words.count - 1, by: 2) {
      counts[Int((words[i] >> shift & 255) << 8 | (words[i + 1] >> shift & 255))] += 1
    }
    return goodness(of: counts, [Double](repeating: 1 / 65_536, count: 65_536))
  }

  /// Words between visits to the lowest eighth: a geometric law.
  static let gaps = BatteryTest(name: "gaps") { words in
    let longest = 40
    var (counts, gap) = ([Int](repeating: 0, count: longest + 1), 0)
    for word in words {
      if word < 1 << 29 {
        counts[min(gap, longest)] += 1
        gap = 0
      } else {
        gap += 1
      }
    }
    let law = sequence(first: 1.0) { $0 * 7 / 8 }.prefix(longest + 1).enumerated()
    return goodness(of: counts, law.map { $0.offset == longest ? $0.element : $0.element / 8 })
  }

  /// Lengths of ascending runs, the word after each left out to make them independent: 1/r! − 1/(r+1)!.
  static let runs = BatteryTest(name: "runs") { words in
    var (counts, length, i) = ([Int](repeating: 0, count: 6), 1, 1)
    while i < words.count {
      if words[i] > words[i - 1] {
        length += 1
        i += 1
      } else {
        counts[min(length, 6) - 1] += 1
        length = 1
        i += 2
      }
    }
    let tails = [1.0, 2, 6, 24, 120, 720].map { 1 / $0 }
    return goodness(of: counts, (0..<6).map { $0 == 5 ? tails[5] : tails[$0] - tails[$0 + 1] })
  }

  /// Equal spacings of 4,096 birthdays in 2³² days, sixteen times.
  ///
  /// Poisson of mean m³/4d each; by L'Ecuyer and Simard 2001 good while the total N m³ is at most d^{5/4}, as here.
  static let birthdaySpacings = BatteryTest(name: "birthday spacings") { words in
    let (birthdays, years) = (4_096, 16)
    var repeats = 0
    for year in 0..<years {
      let days = words[(year * birthdays)..<((year + 1) * birthdays)].sorted()
      let spacings = zip(days.dropFirst(), days).map { $0 - $1 }.sorted()
      repeats += zip(spacings.dropFirst(), spacings).count { $0 == $1 }
    }
    return twoSided(poisson: repeats, mean: 64)
  }

  /// Ranks over GF(2) of 32 words as the rows of a matrix.
  static let rank = BatteryTest(name: "rank") { words in
    var counts = [0, 0, 0, 0]
    for start in stride(from: 0, to: words.count - 31, by: 32) {
      var rows = Array(words[start..<start + 32])
      var rank = 0
      for bit in 0..<32 {
        guard let pivot = (rank..<32).first(where: { rows[$0] >> UInt32(bit) & 1 == 1 }) else { continue }
        rows.swapAt(rank, pivot)
        for i in (rank + 1)..<max(rank + 1, 32) where rows[i] >> UInt32(bit) & 1 == 1 { rows[i] ^= rows[rank] }
        rank += 1
      }
      counts[min(32 - rank, 3)] += 1
    }
    // P(rank 32 − k) = 2^{−k²} Π_{i=k+1…32} (1 − 2⁻ⁱ) · Π_{i=k+1…32} (1 − 2⁻ⁱ) / Π_{i=1…32−k} (1 − 2⁻ⁱ).
    func product(_ range: ClosedRange<Int>) -> Double { range.reduce(1) { $0 * (1 - exp2(-Double($1))) } }
    let law = (0..<3).map { k in
      exp2(-Double(k * k)) * product((k + 1)...32) * product((k + 1)...32) / product(1...(32 - k))
    }
    return goodness(of: counts, law + [1 - law.reduce(0, +)])
  }

  /// How many bits are set in a word beside how many in the next.
  static let weightsOfNeighbours = BatteryTest(name: "weights of neighbours") { words in
    var counts = [Int](repeating: 0, count: 49)
    func cell(_ word: UInt32) -> Int { min(max(word.nonzeroBitCount, 13), 19) - 13 }
    for i in stride(from: 0, to: words.count - 1, by: 2) { counts[7 * cell(words[i]) + cell(words[i + 1])] += 1 }
    let law = binomialCells(13...19)
    return goodness(of: counts, law.flatMap { row in law.map { row * $0 } })
  }

  /// In how many bits a word differs from the next.
  static let distancesOfNeighbours = BatteryTest(name: "distances of neighbours") { words in
    var counts = [Int](repeating: 0, count: 19)
    for i in stride(from: 0, to: words.count - 1, by: 2) {
      counts[min(max((words[i] ^ words[i + 1]).nonzeroBitCount, 7), 25) - 7] += 1
    }
    return goodness(of: counts, binomialCells(7...25))
  }

  /// Correlation with the words up to 64 places on.
  static let autocorrelation = BatteryTest(name: "autocorrelation") { words in
    let x = words.map(standardised)
    let squares = (1...64).reduce(0.0) { sum, lag in
      var product = 0.0
      for i in 0..<(x.count - lag) { product += x[i] * x[i + lag] }
      return sum + product * product / Double(x.count - lag)
    }
    return twoSided(chiSquared: squares, degreesOfFreedom: 64)
  }

  /// The greatest ordinate of the periodogram of 2¹⁶ words; each is exponential, all are independent.
  static let spectrum = BatteryTest(name: "spectrum") { words in
    let n = 1 << 16
    let ordinates = squaredTransform(words.prefix(n).map(standardised))[1..<(n / 2)].map { $0 / Double(n) }
    return -expm1(Double(ordinates.count) * log1p(-exp(-(ordinates.max() ?? .infinity))))
  }

  // MARK: Across streams

  /// Correlations of every two streams of equal length.
  static func correlations(of streams: [[UInt32]]) -> Double {
    let x = streams.map { $0.map(standardised) }
    var squares = 0.0
    for i in x.indices {
      for j in 0..<i {
        var product = 0.0
        for k in x[i].indices { product += x[i][k] * x[j][k] }
        squares += product * product / Double(x[i].count)
      }
    }
    return twoSided(chiSquared: squares, degreesOfFreedom: Double(x.count * (x.count - 1) / 2))
  }

  /// Two words in a row that occur twice, in any streams at any places: overlap, however far shifted.
  static func coincidences(in streams: [[UInt32]]) -> Double {
    let windows = streams.flatMap { zip($0, $0.dropFirst()).map { UInt64($0) << 32 | UInt64($1) } }.sorted()
    let equal = zip(windows, windows.dropFirst()).count { $0 == $1 }
    let n = Double(windows.count)
    return equal == 0 ? 1 : gsl_cdf_poisson_Q(UInt32(equal - 1), n * (n - 1) / 2 * 0x1p-64)
  }

  // MARK: Laws

  /// A word as a uniform variable of mean 0 and variance 1.
  private static func standardised(_ word: UInt32) -> Double {
    ((Double(word) + 0.5) * 0x1p-32 - 0.5) * 12.0.squareRoot()
  }

  /// |Σₖ xₖ e^{−2πijk/n}|² for every j, by the fast Fourier transform; n is a power of two.
  private static func squaredTransform(_ x: [Double]) -> [Double] {
    let n = x.count
    var (re, im) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
    for i in 0..<n { re[Int(reversed: i, bits: n.trailingZeroBitCount)] = x[i] }
    var half = 1
    while half < n {
      for k in 0..<half {
        let (c, s) = (cos(.pi * Double(k) / Double(half)), -sin(.pi * Double(k) / Double(half)))
        for a in stride(from: k, to: n, by: 2 * half) {
          let b = a + half
          let (r, i) = (re[b] * c - im[b] * s, re[b] * s + im[b] * c)
          (re[b], im[b]) = (re[a] - r, im[a] - i)
          (re[a], im[a]) = (re[a] + r, im[a] + i)
        }
      }
      half *= 2
    }
    return zip(re, im).map { $0 * $0 + $1 * $1 }
  }

  /// Binomial(32, ½), the ends of the range lumped with all beyond.
  private static func binomialCells(_ range: ClosedRange<UInt32>) -> [Double] {
    range.map { k in
      if k == range.lowerBound { return gsl_cdf_binomial_P(k, 0.5, 32) }
      return k == range.upperBound ? gsl_cdf_binomial_Q(k - 1, 0.5, 32) : gsl_ran_binomial_pdf(k, 0.5, 32)
    }
  }

  /// Pearson's test; a fit that is too good is as suspicious as a bad one.
  private static func goodness(of counts: [Int], _ law: [Double]) -> Double {
    let n = Double(counts.reduce(0, +))
    let statistic = zip(counts, law).reduce(0) { sum, cell in
      let difference = Double(cell.0) - n * cell.1
      return sum + difference * difference / (n * cell.1)
    }
    return twoSided(chiSquared: statistic, degreesOfFreedom: Double(counts.count - 1))
  }

  private static func twoSided(chiSquared x: Double, degreesOfFreedom: Double) -> Double {
    2 * min(gsl_cdf_chisq_P(x, degreesOfFreedom), gsl_cdf_chisq_Q(x, degreesOfFreedom))
  }

  private static func twoSided(poisson k: Int, mean: Double) -> Double {
    let upper = k == 0 ? 1 : gsl_cdf_poisson_Q(UInt32(k - 1), mean)
    return min(1, 2 * min(gsl_cdf_poisson_P(UInt32(k), mean), upper))
  }
}

extension Int {
  fileprivate init(reversed value: Int, bits: Int) {
    self = (0..<bits).reduce(0) { $0 << 1 | value >> $1 & 1 }
  }
}
