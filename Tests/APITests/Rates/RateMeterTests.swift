import Testing

@testable import API

@Suite("rates are measured")
struct RateMeterTests {
  private static let second: Int64 = 1_000_000_000

  private static func meter(_ text: String, capacity: Int = 10) throws -> RateMeter<String> {
    RateMeter(try #require(RequestRate(text)), capacity: capacity)
  }

  @Test("a burst goes through at once, and then one for each that comes back")
  func burst() throws {
    var meter = try Self.meter("10/s burst 3")
    #expect((0..<5).map { _ in meter.take("a", now: 0).isAdmitted } == [true, true, true, false, false])
    let tenth = Self.second / 10
    #expect(!meter.take("a", now: tenth - 1).isAdmitted)
    #expect(meter.take("a", now: tenth).isAdmitted)
    #expect(!meter.take("a", now: tenth).isAdmitted)
    // Nothing is saved up beyond the burst.
    let later = 1_000 * Self.second
    #expect((0..<5).map { _ in meter.take("a", now: later).isAdmitted } == [true, true, true, false, false])
  }

  @Test("what is left and how long to wait is said")
  func readings() throws {
    var meter = try Self.meter("2/s burst 4")
    let half = Self.second / 2
    #expect(meter.take("a", now: 0) == .init(isAdmitted: true, remaining: 3, waitNanoseconds: half))
    #expect(meter.take("a", now: 0) == .init(isAdmitted: true, remaining: 2, waitNanoseconds: half))
    #expect(meter.take("a", now: half / 2) == .init(isAdmitted: true, remaining: 1, waitNanoseconds: half / 2))
    #expect(meter.take("a", now: half / 2).remaining == 0)
    let refused = meter.take("a", now: half / 2)
    #expect(refused == .init(isAdmitted: false, remaining: 0, waitNanoseconds: half / 2))
    #expect(refused.waitSeconds == 1)
    #expect(meter.take("a", now: half / 2 + refused.waitNanoseconds).isAdmitted)
  }

  @Test("in the long run exactly the rate goes through, however often is asked")
  func longRun() throws {
    for (text, expected) in [("7/s burst 1", 700), ("1000/s burst 500", 100_500), ("1/s", 100)] {
      var meter = try Self.meter(text)
      var admitted = 0
      // 100 seconds, 20000 questions a second.
      for question in 0..<2_000_000 where meter.take("a", now: Int64(question) * Self.second / 20_000).isAdmitted {
        admitted += 1
      }
      #expect(abs(admitted - expected) <= 1, "\(text): \(admitted)")
    }
  }

  @Test("one takes nothing from another")
  func apart() throws {
    var meter = try Self.meter("1/s")
    for _ in 0..<100 { _ = meter.take("a", now: 0) }
    #expect(meter.isExhausted("a", now: 0))
    #expect(!meter.isExhausted("b", now: 0))
    #expect(meter.take("b", now: 0).isAdmitted)
    #expect(!meter.isExhausted("a", now: Self.second))
  }

  @Test("those who have everything back are forgotten when there are too many")
  func forgotten() throws {
    var meter = try Self.meter("1/s burst 2", capacity: 100)
    for number in 0..<100 { _ = meter.take("\(number)", now: 0) }
    #expect(meter.count == 100)
    #expect(meter.take("new", now: Self.second).isAdmitted)
    #expect(meter.count == 1)
  }

  @Test("beyond its room it shares one measure, and forgets nobody who would gain by it")
  func shared() throws {
    var meter = try Self.meter("1/s", capacity: 100)
    for number in 0..<100 { #expect(meter.take("\(number)", now: 0).isAdmitted) }
    #expect(meter.take("x", now: 0).isAdmitted)
    #expect(!meter.take("y", now: 0).isAdmitted)
    #expect(meter.isExhausted("z", now: 0))
    #expect(!meter.take("5", now: 0).isAdmitted)
    for number in 0..<10_000 { _ = meter.take("flood \(number)", now: Self.second / 2) }
    #expect(meter.count == 100)
    #expect(meter.take("after", now: 2 * Self.second).isAdmitted)
  }

  @Test(
    "a rate is read as it is written",
    arguments: [
      ("500/s burst 1000", 500, 1000), ("1/s", 1, 1), ("1000000/s burst 10000000", 1_000_000, 10_000_000),
    ])
  func rates(text: String, perSecond: Int, burst: Int) throws {
    let rate = try #require(RequestRate(text))
    #expect(rate == RequestRate(perSecond: perSecond, burst: burst))
    #expect(RequestRate(rate.description) == rate)
  }

  @Test(
    "anything else is no rate",
    arguments: [
      "", " ", "500", "/s", "500/m", "500/s burst", "500/s burst ", "500/s  burst 1", "500/s burst 0", "0/s", "-1/s",
      "+1/s", "1000001/s", "1/s burst 10000001", "1.5/s", "500/s burst 1000 more", "500 /s", "off",
      "99999999999999999999/s", "٥/s",
    ])
  func noRates(_ text: String) { #expect(RequestRate(text) == nil) }
}
