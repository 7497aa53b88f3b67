import Testing
import Tokens

@testable import Accounts

/// Items are numbers or words here, and so is the time.
@Suite("The lines of those who take turns")
struct TurnLinesTests {
  private typealias Lines = TurnLines<String>

  private static func party(_ number: UInt64) -> Party { .organization(OrganizationID(high: 0, low: number)) }

  private static let start = ContinuousClock.now

  /// What is begun, as a lane does it: one after another, in the order in which it was given out.
  private static func order(of entries: [(String, Party)], in lines: inout Lines) -> [String] {
    var queue: [(String, Party)] = []
    var partyOf: [String: Party] = [:]
    for (item, party) in entries {
      partyOf[item] = party
      if lines.enter(item, of: party, deadline: start) == .begins { queue.append((item, party)) }
    }
    var done: [String] = []
    while !queue.isEmpty {
      let (item, party) = queue.removeFirst()
      done.append(item)
      if let next = lines.leave(party, now: start).next { queue.append((next, partyOf[next] ?? party)) }
    }
    return done
  }

  @Test("parties take turns, and within one first come is first served")
  func turns() {
    var lines = Lines(limit: 100)
    let (flooding, other) = (Self.party(1), Self.party(2))
    let entries = ["a1", "a2", "a3", "a4"].map { ($0, flooding) } + [("b1", other), ("s1", .service), ("b2", other)]
    #expect(Self.order(of: entries, in: &lines) == ["a1", "b1", "s1", "a2", "b2", "a3", "a4"])
    // Everything has left: there is room for as much again.
    #expect(Self.order(of: entries, in: &lines) == ["a1", "b1", "s1", "a2", "b2", "a3", "a4"])
  }

  @Test("a party has one thing under way, and what comes while it works goes behind what waits")
  func oneAtATime() {
    var lines = Lines(limit: 100)
    let party = Self.party(1)
    #expect(lines.enter("a", of: party, deadline: Self.start) == .begins)
    #expect(lines.enter("b", of: party, deadline: Self.start) == .waits)
    #expect(lines.enter("c", of: party, deadline: Self.start) == .waits)
    #expect(lines.leave(party, now: Self.start).next == "b")
    #expect(lines.enter("d", of: party, deadline: Self.start) == .waits)
    #expect(lines.leave(party, now: Self.start).next == "c")
    #expect(lines.leave(party, now: Self.start).next == "d")
    #expect(lines.leave(party, now: Self.start).next == nil)
    #expect(lines.enter("e", of: party, deadline: Self.start) == .begins)
  }

  @Test("one party has half of the room, and all together the whole")
  func room() {
    var lines = Lines(limit: 10)
    func enter(_ party: Party, _ lines: inout Lines) -> Lines.Admission {
      lines.enter("x", of: party, deadline: Self.start)
    }
    #expect((0..<6).map { _ in enter(Self.party(1), &lines) } == [.begins, .waits, .waits, .waits, .waits, .refused])
    #expect((0..<4).map { _ in enter(Self.party(2), &lines) } == [.begins, .waits, .waits, .waits])
    #expect(enter(.service, &lines) == .begins)
    #expect(enter(.upkeep, &lines) == .refused)
    #expect(enter(Self.party(2), &lines) == .refused)
    _ = lines.leave(Self.party(1), now: Self.start)
    #expect(enter(.upkeep, &lines) == .begins)
    #expect(enter(.payments, &lines) == .refused)
  }

  @Test("room for one is enough for one, and a shorter line refuses earlier")
  func smallRoom() {
    var lines = Lines(limit: 1)
    #expect(lines.enter("a", of: .service, deadline: Self.start) == .begins)
    #expect(lines.enter("b", of: .service, deadline: Self.start) == .refused)
    var long = Lines(limit: 100)
    let entered = (0..<5).map { _ in long.enter("a", of: .service, deadline: Self.start, lineLimit: 2) }
    #expect(entered == [.begins, .waits, .waits, .refused, .refused])
    #expect(long.enter("a", of: .service, deadline: Self.start) == .waits)
  }

  @Test("what waited too long is given out as such and leaves its place, also where nothing else waits")
  func late() {
    var lines = Lines(limit: 4)
    let party = Self.party(1)
    let (soon, later) = (Self.start + .seconds(1), Self.start + .seconds(3))
    #expect(lines.enter("a", of: party, deadline: soon) == .begins)
    #expect(lines.enter("b", of: party, deadline: soon) == .waits)
    let first = lines.leave(party, now: Self.start + .seconds(2))
    #expect(first.next == nil && first.late == ["b"])
    var wide = Lines(limit: 10)
    for (item, deadline) in [("a", soon), ("b", soon), ("c", soon), ("d", later), ("e", soon)] {
      #expect(wide.enter(item, of: party, deadline: deadline) != .refused)
    }
    let second = wide.leave(party, now: Self.start + .seconds(2))
    #expect(second.next == "d" && second.late == ["b", "c"])
    let third = wide.leave(party, now: Self.start + .seconds(2))
    #expect(third.next == nil && third.late == ["e"])
    let again = (0..<6).map { _ in wide.enter("f", of: party, deadline: later) }
    #expect(again == [.begins, .waits, .waits, .waits, .waits, .refused])
  }

  @Test("once closed it takes nothing more, and gives out what waits but not what is under way")
  func closed() {
    var lines = Lines(limit: 10)
    for (item, party) in [("a", Self.party(1)), ("b", Self.party(1)), ("c", Self.party(2)), ("d", Self.party(1))] {
      #expect(lines.enter(item, of: party, deadline: Self.start) != .refused)
    }
    #expect(lines.close().sorted() == ["b", "d"])
    #expect(lines.enter("e", of: .service, deadline: Self.start) == .refused)
    #expect(lines.leave(Self.party(1), now: Self.start).next == nil)
    #expect(lines.leave(Self.party(2), now: Self.start).next == nil)
  }
}
