// The counter-based streams: published vectors, the same bits in every blocking, and the right law.

import CGSL
import Testing

@testable import RandomStreams

@Suite struct CounterStreamTests {
  @Test func philoxGivesThePublishedVectors() {
    // Random123's kat_vectors.
    let all = UInt32.max
    #expect(
      philoxBlock(counter: [0, 0, 0, 0], key: [0, 0]) == [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8])
    #expect(
      philoxBlock(counter: [all, all, all, all], key: [all, all])
        == [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD])
    #expect(
      philoxBlock(counter: [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], key: [0xA409_3822, 0x299F_31D0])
        == [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1])
  }

  @Test func addressesAreCountersOfPhilox() {
    // The documented layout, rebuilt from a bare block: halves of a pair, domain bits, 52-bit uniforms.
    let uniforms = CounterUniforms("layout", seed: 3)
    let path = 0x5_0000_0003
    let block = philoxBlock(
      counter: [0x8000_0001, 2, 77, 5 | 0x4000_0000],
      key: [UInt32(truncatingIfNeeded: uniforms.key), UInt32(uniforms.key >> 32)])
    func fraction(_ high: UInt32, _ low: UInt32) -> Double {
      Double((UInt64(high) << 32 | UInt64(low)) >> 12) * 0x1p-52
    }
    #expect(uniforms.uniform(path: path, step: 77, component: 5) == fraction(block[2], block[3]))
    // The normals of a pair, by Box and Muller's formula from the system's functions.
    let normals = CounterNormals("layout", seed: 3)
    let words = philoxBlock(
      counter: [0x8000_0001, 2, 77, 5], key: [UInt32(truncatingIfNeeded: normals.key), UInt32(normals.key >> 32)])
    let radius = (-2 * kernelReferenceLogarithm(1 - fraction(words[0], words[1]))).squareRoot()
    let (sine, cosine) = kernelReferenceSineCosine(turns: fraction(words[2], words[3]))
    #expect(abs(normals.normal(path: path - 1, step: 77, component: 5) - radius * cosine) < 4e-15)
    #expect(abs(normals.normal(path: path, step: 77, component: 5) - radius * sine) < 4e-15)
  }

  @Test(arguments: [0, 1, 2, 3, 1_000_003, (1 << 33) - 5])
  func blocksEqualScalarsInAnyChunking(first: Int) {
    let normals = CounterNormals("blocks", seed: 11)
    let uniforms = CounterUniforms("blocks", seed: 11)
    let count = 257
    let scalarNormals = (0..<count).map { normals.normal(path: first + $0, step: 9, component: 2).bitPattern }
    let scalarUniforms = (0..<count).map { uniforms.uniform(path: first + $0, step: 9, component: 2).bitPattern }
    for chunk in [1, 2, 3, 7, 16, 64, 255, 257] {
      var z = [Double](repeating: .nan, count: count)
      var u = z
      for start in stride(from: 0, to: count, by: chunk) {
        let end = min(start + chunk, count)
        z.withUnsafeMutableBufferPointer {
          normals.fill(
            UnsafeMutableBufferPointer(rebasing: $0[start..<end]), step: 9, firstPath: first + start, component: 2)
        }
        var span = u.mutableSpan
        var part = span._mutatingExtracting(start..<end)
        uniforms.fill(&part, step: 9, firstPath: first + start, component: 2)
      }
      #expect(z.map(\.bitPattern) == scalarNormals, "chunks of \(chunk)")
      #expect(u.map(\.bitPattern) == scalarUniforms, "chunks of \(chunk)")
    }
  }

  @Test func elementaryFunctionsAreAccurate() {
    let uniforms = CounterUniforms("accuracy", seed: 1)
    var worstLogarithm = 0.0
    var worstSine = 0.0
    for index in 0..<1_000_000 {
      let t = uniforms.uniform(path: index, step: 0)
      // The logarithm near 1, near 0 and in between: u and u^16 of one uniform.
      let square = (1 - t) * (1 - t)
      let fourth = square * square
      for u in [1 - t, fourth * fourth * fourth * fourth] where u > 0 {
        let exact = kernelReferenceLogarithm(u)
        let spacing = max(abs(exact).ulp, .leastNonzeroMagnitude)
        worstLogarithm = max(worstLogarithm, abs(kernelLogarithm(u) - exact) / spacing)
      }
      let exact = kernelReferenceSineCosine(turns: t)
      let (sine, cosine) = kernelSineCosine(turns: t)
      worstSine = max(worstSine, abs(sine - exact.sine), abs(cosine - exact.cosine))
    }
    // fdlibm's bound is one ulp; against a rounded reference the difference is a whole number of ulps.
    #expect(worstLogarithm <= 1)
    #expect(worstSine <= 2.3e-16)
    #expect(kernelLogarithm(1) == 0)
    #expect(kernelSineCosine(turns: 0.25).sine == 1)
    #expect(kernelSineCosine(turns: 0.5).cosine == -1)
  }

  @Test func normalsHaveTheRightMomentsAndLaw() {
    let count = 1_000_000
    let normals = CounterNormals("law", seed: 2)
    var z = [Double](repeating: 0, count: count)
    z.withUnsafeMutableBufferPointer { normals.fill($0, step: 3, firstPath: 0) }
    let n = Double(count)
    // E z^k and Var z^k for k = 1...4: (0, 1), (1, 2), (0, 15), (3, 96). z-scores against 6.2, false alarm 6e-10 each.
    for (power, mean, variance) in [(1, 0.0, 1.0), (2, 1, 2), (3, 0, 15), (4, 3, 96)] {
      let sum = z.reduce(0) { $0 + repeatElement($1, count: power).reduce(1, *) }
      #expect(abs(sum / n - mean) < 6.2 * (variance / n).squareRoot(), "moment \(power)")
    }
    #expect(kolmogorovSmirnov(z) { gsl_cdf_ugaussian_P($0) } * n.squareRoot() < kolmogorovLimit)
    #expect(Set(z).count > count - 3, "52-bit normals hardly ever repeat")
  }

  @Test func uniformsHaveTheRightLaw() {
    let count = 1_000_000
    let uniforms = CounterUniforms("law", seed: 2)
    var u = [Double](repeating: 0, count: count)
    var span = u.mutableSpan
    uniforms.fill(&span, step: 3, firstPath: 0)
    #expect(u.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(kolmogorovSmirnov(u) { $0 } * Double(count).squareRoot() < kolmogorovLimit)
  }

  @Test func neighboursAreUncorrelated() {
    // Different names, seeds, steps, components, the two halves of a pair, and normals against uniforms.
    let count = 200_000
    func column(_ normals: CounterNormals, step: Int = 0, component: Int = 0, first: Int = 0) -> [Double] {
      var z = [Double](repeating: 0, count: count)
      z.withUnsafeMutableBufferPointer { normals.fill($0, step: step, firstPath: first, component: component) }
      return z
    }
    let base = column(CounterNormals("a", seed: 1))
    var uniform = [Double](repeating: 0, count: count)
    uniform.withUnsafeMutableBufferPointer { CounterUniforms("a", seed: 1).fill($0, step: 0, firstPath: 0) }
    let others = [
      column(CounterNormals("b", seed: 1)), column(CounterNormals("a", seed: 2)),
      column(CounterNormals("a", seed: 1), step: 1), column(CounterNormals("a", seed: 1), component: 1),
      column(CounterNormals("a", seed: 1), first: 1), uniform.map { ($0 - 0.5) * 12.0.squareRoot() },
    ]
    for other in others {
      let covariance = zip(base, other).reduce(0) { $0 + $1.0 * $1.1 } / Double(count)
      let squares = zip(base, other).reduce(0) { $0 + ($1.0 * $1.0 - 1) * ($1.1 * $1.1 - 1) } / Double(count)
      #expect(abs(covariance) * Double(count).squareRoot() < 6.2)
      #expect(abs(squares) / 2 * Double(count).squareRoot() < 6.5)
    }
  }

  @Test func impossibleAddressesStop() async {
    await #expect(processExitsWith: .failure) {
      _ = CounterNormals("x", seed: 0).normal(path: 0, step: 1 << 32)
    }
    await #expect(processExitsWith: .failure) {
      _ = CounterNormals("x", seed: 0).normal(path: -1, step: 0)
    }
  }
}
