import Testing
import Tokens

@testable import Settlement

@Suite("Turns between organizations")
struct FairQueueTests {
  private let flooding = OrganizationID(high: 1, low: 1)
  private let quiet = OrganizationID(high: 2, low: 2)

  @Test("one organization is served in the order it came")
  func firstInFirstOut() {
    var queue = FairQueue<Int>()
    for number in 0..<1_000 { queue.append(number, of: flooding) }
    #expect((0..<1_000).allSatisfy { queue.takeNext() == $0 })
    #expect(queue.takeNext() == nil)
  }

  @Test("a request behind the flood of another organization waits for one turn")
  func flood() {
    var queue = FairQueue<String>()
    for number in 0..<10_000 { queue.append("flood \(number)", of: flooding) }
    queue.append("quiet", of: quiet)
    #expect(queue.takeNext() == "flood 0")
    #expect(queue.takeNext() == "quiet")
    #expect(queue.takeNext() == "flood 1")
    #expect(queue.count == 9_998)
    #expect(queue.count(of: quiet) == 0)
  }

  @Test("an organization whose line was empty gets its turn again")
  func emptied() {
    var queue = FairQueue<Int>()
    queue.append(1, of: quiet)
    #expect(queue.takeNext() == 1)
    queue.append(2, of: quiet)
    #expect(queue.count == 1)
    #expect(queue.takeNext() == 2)
    #expect(queue.takeNext() == nil)
  }

  @Test("whatever is appended and taken in between, everybody keeps their order and nothing is lost")
  func random() {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SeededNumbers(state: seed)
    var queue = FairQueue<(organization: Int, number: Int)>()
    var appended = [Int](repeating: 0, count: 5)
    var taken = [Int](repeating: 0, count: 5)
    for _ in 0..<20_000 {
      if generator.next() % 2 == 0 {
        let organization = Int(generator.next() % 5)
        queue.append((organization, appended[organization]), of: OrganizationID(high: 9, low: UInt64(organization)))
        appended[organization] += 1
      } else if let element = queue.takeNext() {
        #expect(element.number == taken[element.organization], "seed \(seed)")
        taken[element.organization] += 1
      }
    }
    while let element = queue.takeNext() { taken[element.organization] += 1 }
    #expect(appended == taken, "seed \(seed)")
  }
}

/// Numbers that a seed determines (xorshift64*).
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  init(state: UInt64) { self.state = state | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }
}
