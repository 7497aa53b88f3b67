import Testing
import Tokens

@testable import Decisions

@Suite("The waiting room")
struct WaitingRoomTests {
  private typealias Room = WaitingRoom<String>

  private static func lease(_ number: UInt64) -> LeaseID { LeaseID(high: 1, low: number) }

  private static func place(_ name: String, until deadline: Int64 = 10_000) -> Room.Place {
    Room.Place(waiter: name, deadline: deadline)
  }

  private static func names(_ places: [Room.Place]) -> [String] { places.map(\.waiter) }

  @Test("all who wait for a lease are called when it is over, and nobody else")
  func end() {
    var room = Room()
    for (name, lease) in [("a", 1), ("b", 2), ("c", 1)] {
      #expect(room.enter([Self.place(name)], for: Self.lease(UInt64(lease)), lasting: 5_000, now: 0) == true)
    }
    #expect(Self.names(room.end(Self.lease(1))) == ["a", "c"])
    #expect(room.end(Self.lease(1)).isEmpty)
    #expect(room.takeAll().map(Self.names) == [["b"]])
  }

  @Test("who was told to wait for a lease that ended meanwhile does not begin to")
  func endedBefore() {
    var room = Room()
    _ = room.end(Self.lease(1))
    #expect(room.enter([Self.place("a")], for: Self.lease(1), lasting: 5_000, now: 0) == false)
    // Only so many are remembered.
    for number in 2...4_097 { _ = room.end(Self.lease(UInt64(number))) }
    #expect(room.enter([Self.place("a")], for: Self.lease(1), lasting: 5_000, now: 0) == true)
    #expect(room.enter([Self.place("a")], for: Self.lease(2), lasting: 5_000, now: 0) == false)
  }

  @Test("each waits until its own deadline, and all look when the lease ends")
  func deadlines() {
    var room = Room()
    _ = room.listens(true, now: 0)
    _ = room.enter([Self.place("a", until: 1_000), Self.place("b")], for: Self.lease(1), lasting: 3_000, now: 0)
    #expect(room.millisecondsToAlarm(now: 0) == 1_000)
    #expect(room.millisecondsToAlarm(now: 1) == nil)
    #expect(Self.names(room.takeDue(now: 999).late) == [])
    #expect(room.millisecondsToAlarm(now: 999) == 1)
    let first = room.takeDue(now: 1_000)
    #expect(Self.names(first.late) == ["a"] && first.looking.isEmpty)
    #expect(room.millisecondsToAlarm(now: 1_000) == 2_000)
    let second = room.takeDue(now: 3_000)
    #expect(second.late.isEmpty && second.looking.map(Self.names) == [["b"]])
    #expect(room.millisecondsToAlarm(now: 3_000) == nil)
  }

  @Test("without notifications they look every second, with them every five, and at once when they come back")
  func looks() {
    var room = Room()
    _ = room.enter([Self.place("a")], for: Self.lease(1), lasting: 60_000, now: 0)
    #expect(room.takeDue(now: 999).looking.isEmpty)
    #expect(room.takeDue(now: 1_000).looking.map(Self.names) == [["a"]])
    _ = room.enter([Self.place("a")], for: Self.lease(1), lasting: 60_000, now: 1_000)
    #expect(room.listens(true, now: 1_500).map(Self.names) == [["a"]])
    _ = room.enter([Self.place("a")], for: Self.lease(1), lasting: 60_000, now: 1_500)
    #expect(room.takeDue(now: 6_499).looking.isEmpty)
    #expect(room.listens(false, now: 2_000).isEmpty)
    #expect(room.takeDue(now: 3_000).looking.map(Self.names) == [["a"]])
  }

  @Test("one organization takes half of the places, the others get the rest, and what is given back is free again")
  func halves() {
    var room = Occupancy(limit: 4)
    let organizations = (1...3).map { OrganizationID(high: 0, low: UInt64($0)) }
    #expect((1...3).map { _ in room.enter(organizations[0]) } == [true, true, false])
    #expect([1, 2, 1].map { room.enter(organizations[$0]) } == [true, true, false])
    room.leave(organizations[0])
    #expect([1, 0].map { room.enter(organizations[$0]) } == [true, false])
  }

  @Test("counts are taken out once, and put back when they could not be written")
  func counts() {
    var counts = AnswerCounts()
    let organization = OrganizationID(high: 0, low: 1)
    counts.count(organization, "prices") { $0.hits += 2 }
    let taken = counts.takeAll()
    #expect(taken.map(\.answers) == [AnswerCounts.Answers(hits: 2)])
    #expect(counts.takeAll().isEmpty)
    counts.count(organization, "prices") { $0.fallbacks += 1 }
    counts.putBack(taken)
    #expect(counts.takeAll().map(\.answers) == [AnswerCounts.Answers(hits: 2, fallbacks: 1)])
  }
}
