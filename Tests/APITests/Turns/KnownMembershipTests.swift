import Testing
import Tokens

@testable import API

/// The time is a number here.
@Suite("What a server remembers of memberships")
struct KnownMembershipTests {
  private static let home = OrganizationID(high: 0, low: 1)

  private static func user(_ number: UInt64) -> UserID { UserID(high: 1, low: number) }

  @Test("a member is remembered, and one who belongs nowhere for five seconds from when that was asked")
  func remembered() {
    var known = KnownMemberships()
    #expect(known.answer(for: Self.user(1), now: 0) == .unknown)
    known.remember(Self.home, of: Self.user(1), askedAt: 0, changeCount: known.changeCount)
    known.remember(nil, of: Self.user(2), askedAt: 100, changeCount: known.changeCount)
    #expect(known.answer(for: Self.user(1), now: 1_000_000) == .home(Self.home))
    #expect(known.answer(for: Self.user(2), now: 5_099) == .nowhere)
    #expect(known.answer(for: Self.user(2), now: 5_100) == .unknown)
    known.remember(Self.home, of: Self.user(2), askedAt: 200, changeCount: known.changeCount)
    #expect(known.answer(for: Self.user(2), now: 200) == .home(Self.home))
    known.forget(Self.user(2))
    #expect(known.answer(for: Self.user(2), now: 200) == .unknown)
  }

  @Test("who is added is asked for again at once, also where PostgreSQL was asked before and answers after that")
  func added() {
    var known = KnownMemberships()
    known.remember(nil, of: Self.user(1), askedAt: 0, changeCount: known.changeCount)
    #expect(known.answer(for: Self.user(1), now: 1) == .nowhere)
    let before = known.changeCount
    known.forget(Self.user(1))
    #expect(known.answer(for: Self.user(1), now: 1) == .unknown)
    known.remember(nil, of: Self.user(1), askedAt: 0, changeCount: before)
    #expect(known.answer(for: Self.user(1), now: 1) == .unknown)
    known.remember(nil, of: Self.user(1), askedAt: 1, changeCount: known.changeCount)
    #expect(known.answer(for: Self.user(1), now: 1) == .nowhere)
  }

  @Test("no more are remembered than there is room for: those whose time is over go first, then all of the kind")
  func bounded() {
    var known = KnownMemberships(limits: .init(homes: 2, strangers: 2))
    func note(_ number: UInt64, at now: Int64) {
      known.remember(nil, of: Self.user(number), askedAt: now, changeCount: known.changeCount)
    }
    note(1, at: 0)
    note(2, at: 4_000)
    note(3, at: 5_000)
    #expect(known.answer(for: Self.user(2), now: 5_000) == .nowhere)
    #expect(known.answer(for: Self.user(3), now: 5_000) == .nowhere)
    note(4, at: 5_001)
    #expect((1...3).map { known.answer(for: Self.user($0), now: 5_001) } == [.unknown, .unknown, .unknown])
    #expect(known.answer(for: Self.user(4), now: 5_001) == .nowhere)
    for number: UInt64 in 5...7 {
      known.remember(Self.home, of: Self.user(number), askedAt: 5_001, changeCount: known.changeCount)
    }
    #expect((5...7).map { known.answer(for: Self.user($0), now: 5_001) } == [.unknown, .unknown, .home(Self.home)])
    #expect(known.answer(for: Self.user(4), now: 5_001) == .nowhere)
  }
}
