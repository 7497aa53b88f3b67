import Testing

@testable import HTTP

@Suite("answers that are held")
struct HeldAnswersTests {
  @Test("are given in their order, a millisecond apart on average, ten at a time")
  func groups() {
    var held = HeldAnswers<Int>()
    for number in 0..<25 { held.append(number, now: Instant(nanoseconds: 1_000_000), seconds: 0.25) }
    #expect(held.nextDue == Instant(nanoseconds: 260_000_000))
    #expect(held.takeDue(Instant(nanoseconds: 259_999_999)) == nil)
    #expect(Self.take(&held, milliseconds: 260) == Array(0..<10))
    #expect(Self.take(&held, milliseconds: 269) == [])
    #expect(Self.take(&held, milliseconds: 270) == Array(10..<20))
    #expect(Self.take(&held, milliseconds: 300) == Array(20..<25))
    #expect(held.nextDue == nil)
  }

  @Test("are held no longer than four times, however many there are")
  func longest() {
    var held = HeldAnswers<Int>()
    for number in 0..<1000 { held.append(number, now: Instant(nanoseconds: 0), seconds: 0.1) }
    #expect(Self.take(&held, milliseconds: 399).count == 291)
    #expect(Self.take(&held, milliseconds: 400).count == 709)
  }

  @Test("do not wait for those before them when those have long gone")
  func laterOnes() {
    var held = HeldAnswers<Int>()
    held.append(1, now: Instant(nanoseconds: 0), seconds: 0.1)
    #expect(Self.take(&held, milliseconds: 100) == [1])
    held.append(2, now: Instant(nanoseconds: 5_000_000_000), seconds: 0.1)
    #expect(held.nextDue == Instant(nanoseconds: 5_100_000_000))
  }

  private static func take(_ held: inout HeldAnswers<Int>, milliseconds: Int64) -> [Int] {
    var taken: [Int] = []
    while let next = held.takeDue(Instant(nanoseconds: milliseconds * 1_000_000)) { taken.append(next) }
    return taken
  }
}
