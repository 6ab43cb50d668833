import SymbolicCalculus
import Testing

struct DimensionTests {
  @Test func equalSizesAreEqualValues() {
    let (m, n) = (Dimension("m"), Dimension("n"))
    #expect((m + n) * (m - n) == m * m - n * n)
    #expect(Dimension.minimum(m, n) == .minimum(n, m))
    #expect((m * n + Dimension(1)).value { ["m": 2, "n": 3][$0] } == 7)
    #expect((m + Dimension(-1)).description == "m - 1")
  }
}
