internal import RandomStreams
enum RealGradients { static let projections: [[Double]] = { let g = RandomGenerator(stream: "tmp", seed: 1); return (0..<400).map { _ in [g.gaussian(), 1 + g.gaussian()*g.gaussian()] } }() }
