import Accounts
import Testing
import Tokens

@testable import API

/// Waiters are numbers here, and so is the time.
@Suite("What a server remembers of API keys")
struct KnownKeysTests {
  private typealias Known = KnownKeys<Int>

  private static func id(_ number: UInt64) -> APIKeyID { APIKeyID(high: 1, low: number) }

  private static func record(_ number: UInt64, millisecondsLeft: Int64? = nil) -> APIKeyRecord {
    APIKeyRecord(
      id: id(number), organizationID: nil, digest: [UInt8(truncatingIfNeeded: number)], scopes: .read,
      millisecondsLeft: millisecondsLeft)
  }

  private static func word(_ answer: Known.Answer) -> String {
    switch answer {
    case .known: "known"
    case .waiting: "waiting"
    case .overloaded: "overloaded"
    }
  }

  /// Who is told what: numbers of waiters with the key that was found.
  private static func told(_ answers: [(waiters: [Int], found: APIKeyRecord?)]) -> [Int: APIKeyID?] {
    var told: [Int: APIKeyID?] = [:]
    for (waiters, found) in answers { for waiter in waiters { told.updateValue(found?.id, forKey: waiter) } }
    return told
  }

  /// One that knows the key 1 since 0 ms.
  private static func knowing(limits: Known.Limits = Known.Limits(), millisecondsLeft: Int64? = nil) -> Known {
    var known = Known(limits: limits)
    _ = known.ask(for: id(1), 0, now: 0)
    _ = known.beginLookUp(now: 0)
    _ = known.finishLookUp([record(1, millisecondsLeft: millisecondsLeft)], now: 1)
    return known
  }

  @Test("many who ask for the same key wait for one look-up, and all of them are told")
  func coalesced() {
    var known = Known()
    for waiter in 0..<100 { #expect(Self.word(known.ask(for: Self.id(1), waiter, now: 0)) == "waiting") }
    #expect(known.beginLookUp(now: 0) == [Self.id(1)])
    // While it runs, too.
    #expect(Self.word(known.ask(for: Self.id(1), 100, now: 5)) == "waiting")
    #expect(known.beginLookUp(now: 5) == nil)
    let told = Self.told(known.finishLookUp([Self.record(1)], now: 9))
    #expect(told.count == 101 && told.values.allSatisfy { $0 == Self.id(1) })
    #expect(known.beginLookUp(now: 9) == nil)
  }

  @Test("what is asked for while a look-up runs is in the next one, together")
  func batched() {
    var known = Known()
    _ = known.ask(for: Self.id(1), 1, now: 0)
    #expect(known.beginLookUp(now: 0) == [Self.id(1)])
    for number in 2...4 { _ = known.ask(for: Self.id(UInt64(number)), number, now: 1) }
    #expect(known.beginLookUp(now: 1) == nil)
    #expect(Self.told(known.finishLookUp([], now: 2)) == [1: nil])
    #expect(known.beginLookUp(now: 2) == [2, 3, 4].map(Self.id))
    #expect(Self.told(known.finishLookUp([Self.record(3)], now: 3)) == [2: nil, 3: Self.id(3), 4: nil])
  }

  @Test("a key that was read counts for 5 seconds from when it was asked for, and is read again at half of that")
  func fresh() {
    var known = Self.knowing()
    #expect(Self.word(known.ask(for: Self.id(1), 1, now: 2_499)) == "known")
    #expect(known.beginLookUp(now: 2_499) == nil)
    // Nobody waits for this one.
    #expect(Self.word(known.ask(for: Self.id(1), 2, now: 2_500)) == "known")
    #expect(known.beginLookUp(now: 2_500) == [Self.id(1)])
    #expect(Self.word(known.ask(for: Self.id(1), 3, now: 2_600)) == "known")
    #expect(Self.told(known.finishLookUp([Self.record(1)], now: 2_700)) == [:])
    #expect(known.beginLookUp(now: 2_700) == nil)
    #expect(Self.word(known.ask(for: Self.id(1), 4, now: 7_499)) == "known")
    #expect(Self.word(known.ask(for: Self.id(1), 5, now: 7_500)) == "waiting")
  }

  @Test("without an answer what was read counts to its end, and not longer")
  func away() {
    var known = Self.knowing()
    _ = known.ask(for: Self.id(1), 1, now: 2_500)
    #expect(known.beginLookUp(now: 2_500) == [Self.id(1)])
    _ = known.finishLookUp(nil, now: 2_600)
    #expect(Self.word(known.ask(for: Self.id(1), 2, now: 4_999)) == "known")
    #expect(Self.word(known.ask(for: Self.id(1), 3, now: 5_000)) == "waiting")
    #expect(known.beginLookUp(now: 5_000) == [Self.id(1)])
    #expect(Self.told(known.finishLookUp(nil, now: 5_100)) == [3: nil])
  }

  @Test("a key that is gone when it is read again is not known from then on")
  func gone() {
    var known = Self.knowing()
    _ = known.ask(for: Self.id(1), 1, now: 3_000)
    _ = known.beginLookUp(now: 3_000)
    _ = known.finishLookUp([], now: 3_001)
    #expect(known.count == 0)
    #expect(Self.word(known.ask(for: Self.id(1), 2, now: 3_002)) == "waiting")
  }

  @Test("a key that ends sooner counts until then only")
  func ending() {
    var known = Self.knowing(millisecondsLeft: 300)
    #expect(Self.word(known.ask(for: Self.id(1), 1, now: 299)) == "known")
    #expect(Self.word(known.ask(for: Self.id(1), 2, now: 300)) == "waiting")
    // It was there once.
    #expect(known.lastRecord(of: Self.id(1))?.id == Self.id(1))
  }

  @Test("a key that is forgotten is looked up before its next use, also when a look-up had read it before")
  func forgotten() {
    var known = Self.knowing()
    known.forget(Self.id(1))
    #expect(Self.word(known.ask(for: Self.id(1), 1, now: 10)) == "waiting")
    #expect(known.beginLookUp(now: 10) == [Self.id(1)])
    // Revoked while the look-up runs: what it has read may be older than that.
    known.forget(Self.id(1))
    #expect(Self.told(known.finishLookUp([Self.record(1)], now: 12)) == [:])
    #expect(known.count == 0)
    #expect(known.beginLookUp(now: 12) == [Self.id(1)])
    #expect(Self.told(known.finishLookUp([], now: 13)) == [1: nil])
  }

  @Test("keys that do not exist are not remembered, however many are asked for")
  func unknown() {
    var known = Known()
    for number in 0..<5_000 {
      _ = known.ask(for: Self.id(UInt64(number)), number, now: 0)
      _ = known.beginLookUp(now: 0)
      #expect(Self.told(known.finishLookUp([], now: 0)) == [number: nil])
    }
    #expect(known.count == 0)
  }

  @Test("there are never more keys, keys of a look-up and waiters than the limits say")
  func limits() {
    var known = Known(limits: Known.Limits(keyCount: 10, batchCount: 4, waiterCount: 6))
    for number in 0..<6 {
      #expect(Self.word(known.ask(for: Self.id(UInt64(number)), number, now: 0)) == "waiting")
    }
    #expect(Self.word(known.ask(for: Self.id(0), 6, now: 0)) == "overloaded")
    #expect(known.beginLookUp(now: 0)?.count == 4)
    _ = known.finishLookUp((0..<4).map { Self.record($0) }, now: 0)
    #expect(known.beginLookUp(now: 0)?.count == 2)
    _ = known.finishLookUp(nil, now: 0)
    for number in 4..<40 {
      _ = known.ask(for: Self.id(UInt64(number)), number, now: Int64(number))
      _ = known.beginLookUp(now: Int64(number))
      _ = known.finishLookUp([Self.record(UInt64(number))], now: Int64(number))
      #expect(known.count <= 10)
      #expect(Self.word(known.ask(for: Self.id(UInt64(number)), number, now: Int64(number))) == "known")
    }
    // What does not count any more goes first.
    _ = known.ask(for: Self.id(99), 99, now: 5_038)
    _ = known.beginLookUp(now: 5_038)
    let before = known.count
    _ = known.finishLookUp([Self.record(99)], now: 5_038)
    #expect(known.count <= before + 1)
    #expect(Self.word(known.ask(for: Self.id(39), 39, now: 5_038)) == "known")
  }

  @Test("a use is noted once a minute, many at a time, and only of keys that are known")
  func uses() {
    var known = Self.knowing()
    known.use(Self.id(2), now: 0)
    #expect(known.beginRecording() == nil)
    known.use(Self.id(1), now: 0)
    known.use(Self.id(1), now: 0)
    #expect(known.beginRecording() == [Self.id(1)])
    known.finishRecording()
    _ = known.ask(for: Self.id(1), 1, now: 6_000)
    _ = known.beginLookUp(now: 6_000)
    _ = known.finishLookUp([Self.record(1)], now: 6_000)
    known.use(Self.id(1), now: 59_999)
    #expect(known.beginRecording() == nil)
    known.use(Self.id(1), now: 60_000)
    #expect(known.beginRecording() == [Self.id(1)])
    // One at a time.
    known.use(Self.id(1), now: 120_000)
    #expect(known.beginRecording() == nil)
    known.finishRecording()
    #expect(known.beginRecording() == [Self.id(1)])
  }
}
