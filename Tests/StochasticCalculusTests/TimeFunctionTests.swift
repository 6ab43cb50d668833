// Functions of time: interpolation, exact integrals, and every way a table can be wrong.

import StochasticCalculus
import Testing

@Suite struct TimeFunctionTests {
  /// 1 at 0, 3 at 1, 0 at 3: integrals by hand.
  let table: TimeFunction

  init() throws {
    table = try TimeFunction(times: [0, 1, 3], values: [1, 3, 0])
  }

  @Test func interpolatesAndHoldsTheEnds() {
    #expect([-1, 0, 0.25, 1, 2, 3, 9].map { table($0) } == [1, 1, 1.5, 3, 1.5, 0, 0])
    let constant: TimeFunction = 0.25
    #expect(constant(7) == 0.25)
    #expect(constant.constant == 0.25)
    #expect(table.constant == nil)
  }

  @Test func integralsAreExact() {
    #expect(table.integral(from: 0, to: 3) == 5)
    #expect(table.integral(from: -2, to: 5) == 7)
    #expect(table.integral(from: 3, to: 0) == -5)
    #expect(table.integral(from: 2, to: 2) == 0)
    #expect(isClose(table.integral(from: 0.5, to: 2), 1.25 + 2.25, ulps: 4))
    // ∫ (1 + 2t)² over [0, 1] = 13/3, ∫ (9/4) (3 - t)² over [1, 3] = 6.
    #expect(isClose(table.integralOfSquare(from: 0, to: 3), 13.0 / 3 + 6, ulps: 4))
    let constant: TimeFunction = -2
    #expect(constant.integralOfSquare(from: -1, to: 2) == 12)
    #expect(constant.integral(from: -1, to: 2) == -6)
  }

  @Test func integralsAgreeWithQuadrature() {
    // The midpoint rule on cells that end at the kinks, exact for lines and of order 2 for squares.
    let cells = 3000
    let h = 3.0 / Double(cells)
    let midpoints = (0..<cells).map { table((Double($0) + 0.5) * h) }
    #expect(abs(midpoints.reduce(0, +) * h - table.integral(from: 0, to: 3)) < 1e-12)
    #expect(abs(midpoints.reduce(0) { $0 + $1 * $1 } * h - table.integralOfSquare(from: 0, to: 3)) < 1e-5)
  }

  @Test func sumsAreExactOnBothGrids() throws {
    let other = try TimeFunction(times: [-1, 0.5, 2], values: [2, -1, 4])
    let sum = table + other
    for t in stride(from: -2.0, through: 4, by: 0.125) {
      #expect(abs(sum(t) - (table(t) + other(t))) < 1e-14)
    }
    #expect((table + 1)(0.25) == 2.5)
    #expect((1 + table)(0.25) == 2.5)
  }

  @Test func wrongTablesAreRefused() {
    func failure(_ times: [Double], _ values: [Double]) -> TimeFunctionError? {
      do throws(TimeFunctionError) {
        _ = try TimeFunction(times: times, values: values)
        return nil
      } catch {
        return error
      }
    }
    #expect(failure([], []) == .emptyTable)
    #expect(failure([0, 1], [1]) == .mismatchedLengths(times: 2, values: 1))
    #expect(failure([0, .infinity], [1, 1]) == .nonFiniteTime(index: 1, value: .infinity))
    #expect(failure([0, 2, 1], [1, 1, 1]) == .unsortedTimes(index: 2, previous: 2, value: 1))
    #expect(failure([0, 0], [1, 1]) == .unsortedTimes(index: 1, previous: 0, value: 0))
    let notANumber = failure([0, 1], [1, .nan])
    #expect(notANumber?.description == "values[1] is nan; every value must be a finite number")
    #expect(throws: TimeFunctionError.self) { try TimeFunction(constant: .infinity) }
  }
}
