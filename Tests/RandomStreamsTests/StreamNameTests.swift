// The names of streams: their keys are fixed for ever, so some are written down.

import Testing

@testable import RandomStreams

@Suite struct StreamNameTests {
  @Test func pathsAreComponentsJoined() {
    let literal: StreamName = "claim/check/purpose"
    #expect(literal == StreamName("claim", "check", "purpose"))
    #expect(literal == StreamName("claim").appending("check").appending("purpose"))
    #expect(StreamName("a").appending(3).path == "a/3")
    #expect("\(literal)" == "claim/check/purpose")
  }

  @Test func keysNeverChange() {
    // FNV-1a of "" and "foobar" are published (0xcbf29ce484222325, 0x85944171f73967e8); mix64 by hand from them.
    func mix(_ value: UInt64) -> UInt64 {
      let a = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      let b = (a ^ (a >> 27)) &* 0x94D0_49BB_1331_11EB
      return b ^ (b >> 31)
    }
    let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
    #expect(StreamName("").key(seed: 0) == mix(mix(0xCBF2_9CE4_8422_2325) ^ mix(golden)))
    #expect(StreamName("foobar").key(seed: 7) == mix(mix(0x8594_4171_F739_67E8) ^ mix(7 &+ golden)))
    // The first output of splitmix64 seeded with 0.
    #expect(mix(golden) == 0xE220_A839_7B1D_CDAF)
  }

  @Test func equalityFollowsBytes() {
    let composed: StreamName = "\u{E9}"
    let decomposed: StreamName = "e\u{301}"
    #expect(composed.path == decomposed.path)
    #expect(composed != decomposed)
    #expect(composed.key(seed: 1) != decomposed.key(seed: 1))
  }

  @Test func namesAndSeedsGiveDifferentKeys() {
    var keys: Set<UInt64> = []
    for name in 0..<200 {
      for seed in 0..<200 { keys.insert(StreamName("stream").appending(name).key(seed: UInt64(seed))) }
    }
    #expect(keys.count == 40_000)
  }
}
