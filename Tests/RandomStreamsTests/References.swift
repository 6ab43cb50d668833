// References of the tests: the system's elementary functions, and the Kolmogorov-Smirnov distance.

import Glibc

/// The logarithm, rounded from extended precision where the platform has it.
func kernelReferenceLogarithm(_ u: Double) -> Double {
  #if arch(x86_64)
    return Double(logl(Float80(u)))
  #else
    return log(u)
  #endif
}

/// Sine and cosine of 2 pi t, in extended precision where the platform has it.
func kernelReferenceSineCosine(turns t: Double) -> (sine: Double, cosine: Double) {
  #if arch(x86_64)
    let angle = 2 * Float80.pi * Float80(t)
    return (Double(sinl(angle)), Double(cosl(angle)))
  #else
    return (sin(2 * Double.pi * t), cos(2 * Double.pi * t))
  #endif
}

/// P(sqrt(n) D > x) <= 2 exp(-2 x^2) (Massart 1990), so 3.28 has a false-alarm probability below 1e-9.
let kolmogorovLimit = 3.28

/// The greatest distance between a sample's distribution function and a continuous one.
func kolmogorovSmirnov(_ sample: [Double], _ distribution: (Double) -> Double) -> Double {
  let n = Double(sample.count)
  var distance = 0.0
  for (rank, value) in sample.sorted().enumerated() {
    let p = distribution(value)
    distance = max(distance, p - Double(rank) / n, Double(rank + 1) / n - p)
  }
  return distance
}

/// Pages of memory this process holds, from /proc.
func residentPages() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 200)
  guard fgets(&line, 200, file) != nil else { return 0 }
  let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return Int(text.split(separator: " ")[1]) ?? 0
}
