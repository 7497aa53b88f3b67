import Crypto
import Testing

@Suite("Random numbers")
struct RandomNumbersTests {
  @Test("none is given out twice, not even to threads that ask at the same time")
  func unique() async {
    let random = RandomNumbers()
    let seen = await withTaskGroup(of: [UInt64].self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<2_000).flatMap { _ in
            let (first, second) = random.pair()
            return [first, second]
          }
        }
      }
      return await group.reduce(into: Set<UInt64>()) { $0.formUnion($1) }
    }
    #expect(seen.count == 32_000)
    #expect(!seen.contains(0))
  }

  @Test("every bit is set about half of the time")
  func balance() {
    let random = RandomNumbers()
    var counts = Array(repeating: 0, count: 64)
    for _ in 0..<5_000 {
      let (first, second) = random.pair()
      for number in [first, second] {
        for bit in 0..<64 where number >> UInt64(bit) & 1 == 1 { counts[bit] += 1 }
      }
    }
    // 10,000 throws of a coin: twelve standard deviations to each side.
    #expect(counts.allSatisfy { (4_400...5_600).contains($0) })
  }
}
