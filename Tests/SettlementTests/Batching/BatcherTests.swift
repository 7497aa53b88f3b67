import Postgres
import Testing
import Tokens

@testable import Settlement

/// A request that is only what the batcher looks at.
struct Ticket: BatchRequest, Equatable {
  var number: Int
  var organizationID = OrganizationID(high: 1, low: 1)
  var isRepeatable = true
  static let changesSomething = true
}

@Suite("The batcher")
struct BatcherTests {
  typealias Machine = Batcher<Ticket, Int>

  private func item(_ ticket: Ticket, deadline: Int64 = 1_000) -> Machine.Item {
    Pending(request: ticket, deadline: deadline) { _ in }
  }

  private func machine(_ tickets: [Ticket], limit: Int = 10_000) -> Machine {
    var machine = Machine(limit: limit)
    for ticket in tickets { _ = machine.admit(item(ticket)) }
    return machine
  }

  private func numbers(_ batch: Batch<Ticket, Int>?) -> [Int]? { batch?.items.map(\.request.number) }

  private func failure(_ state: SQLState) -> PostgresError { PostgresError(kind: .server, sqlState: state) }

  @Test("the first request starts a collection, later ones wait for it, and an empty take ends it")
  func collecting() {
    var machine = Machine(limit: 10)
    #expect(machine.admit(item(Ticket(number: 1))) == .startsCollection)
    #expect(machine.admit(item(Ticket(number: 2))) == .waits)
    #expect(numbers(machine.takeBatch(now: 0).batch) == [1, 2])
    #expect(machine.admit(item(Ticket(number: 3))) == .waits)
    #expect(numbers(machine.takeBatch(now: 0).batch) == [3])
    #expect(machine.takeBatch(now: 0).batch == nil)
    #expect(machine.admit(item(Ticket(number: 4))) == .startsCollection)
  }

  @Test("an idle lane sends a single request at once")
  func single() {
    var machine = machine([Ticket(number: 7)])
    #expect(numbers(machine.takeBatch(now: 0).batch) == [7])
  }

  @Test("a full queue refuses, and one organization alone never fills it")
  func limits() {
    let other = OrganizationID(high: 2, low: 2)
    var machine = machine((0..<5).map { Ticket(number: $0) }, limit: 10)
    #expect(machine.admit(item(Ticket(number: 5))) == .refused)
    for number in 0..<5 { #expect(machine.admit(item(Ticket(number: number, organizationID: other))) == .waits) }
    #expect(machine.admit(item(Ticket(number: 6, organizationID: OrganizationID(high: 3, low: 3)))) == .refused)
  }

  @Test("a request whose deadline has passed is handed back and not sent")
  func deadline() {
    var machine = Machine(limit: 10)
    _ = machine.admit(item(Ticket(number: 1), deadline: 99))
    _ = machine.admit(item(Ticket(number: 2), deadline: 100))
    let (batch, expired) = machine.takeBatch(now: 100)
    #expect(numbers(batch) == [2])
    #expect(expired.map(\.request.number) == [1])
  }

  @Test("batches grow while full ones are quick and shrink when they are slow, within bounds")
  func learning() {
    var size = BatchSize()
    for _ in 0..<10 { size.learn(count: size.limit, milliseconds: 1) }
    #expect(size.limit == BatchSize.range.upperBound)
    size.learn(count: 3, milliseconds: 1)
    #expect(size.limit == BatchSize.range.upperBound)
    for _ in 0..<10 { size.learn(count: size.limit, milliseconds: 1_000) }
    #expect(size.limit == BatchSize.range.lowerBound)
    size.learn(count: 1, milliseconds: 1_000)
    #expect(size.limit == BatchSize.range.lowerBound)
  }

  @Test("a deadlock sends the same batch again, three times in all, and then its halves")
  func deadlock() throws {
    var machine = machine((0..<4).map { Ticket(number: $0) })
    for _ in 1...2 {
      let batch = try #require(machine.takeBatch(now: 0).batch)
      #expect(numbers(batch) == [0, 1, 2, 3])
      #expect(machine.failed(batch, failure(.deadlockDetected)).isEmpty)
    }
    let third = try #require(machine.takeBatch(now: 0).batch)
    #expect(numbers(third) == [0, 1, 2, 3])
    #expect(machine.failed(third, failure(.deadlockDetected)).isEmpty)
    #expect(numbers(machine.takeBatch(now: 0).batch) == [0, 1])
    #expect(numbers(machine.takeBatch(now: 0).batch) == [2, 3])
  }

  @Test(
    "a spoiled item is found by halving; its neighbours are sent in their order and only it is told",
    arguments: [
      SQLState.numericValueOutOfRange, .insufficientPrivilege, SQLState(rawValue: "54000"), SQLState(rawValue: "P0001"),
      SQLState(rawValue: "XX000"),
    ])
  func culprit(state: SQLState) {
    var machine = machine((0..<100).map { Ticket(number: $0) })
    var settled: [Int] = []
    var told: [(Int, ServiceFailure)] = []
    while let batch = machine.takeBatch(now: 0).batch {
      if batch.items.contains(where: { $0.request.number == 37 }) {
        for (item, failure) in machine.failed(batch, failure(state)) {
          told.append((item.request.number, failure))
        }
      } else {
        settled += numbers(batch) ?? []
        machine.succeeded(count: batch.items.count, milliseconds: 1)
      }
    }
    #expect(settled == (0..<100).filter { $0 != 37 })
    #expect(told.map(\.0) == [37])
    guard case .defect? = told.first?.1 else {
      Issue.record("told \(told)")
      return
    }
  }

  @Test("a row that somebody holds costs its own request, not the batch")
  func lockedRow() throws {
    var machine = machine([Ticket(number: 1), Ticket(number: 2)])
    let both = try #require(machine.takeBatch(now: 0).batch)
    #expect(machine.failed(both, failure(.lockNotAvailable)).isEmpty)
    let first = try #require(machine.takeBatch(now: 0).batch)
    #expect(machine.failed(first, failure(.lockNotAvailable)).map(\.1) == [.overloaded])
    #expect(numbers(machine.takeBatch(now: 0).batch) == [2])
  }

  @Test("after a lost connection what has a key is sent again, and what has none is told that nobody knows")
  func lostConnection() throws {
    var machine = machine([Ticket(number: 1), Ticket(number: 2, isRepeatable: false), Ticket(number: 3)])
    let batch = try #require(machine.takeBatch(now: 0).batch)
    let told = machine.failed(batch, PostgresError(kind: .connectionLost))
    #expect(told.map(\.0.request.number) == [2])
    #expect(told.map(\.1) == [.outcomeUnknown])
    let again = try #require(machine.takeBatch(now: 0).batch)
    #expect(numbers(again) == [1, 3])
    // Now the database cannot be reached: the first sending may have been settled, so nobody knows either.
    #expect(
      machine.failed(again, PostgresError(kind: .connectionFailed)).map(\.1) == [.outcomeUnknown, .outcomeUnknown])
  }

  @Test("an answer that cannot be read is not sent again: it was settled")
  func unreadable() throws {
    var machine = machine([Ticket(number: 1), Ticket(number: 2)])
    let batch = try #require(machine.takeBatch(now: 0).batch)
    #expect(machine.unreadable(batch, PostgresError(kind: .decoding)).map(\.1) == [.outcomeUnknown, .outcomeUnknown])
    #expect(machine.takeBatch(now: 0).batch == nil)
  }

  @Test("what would hit every half is not split: a missing partition, a missing function")
  func hopeless() throws {
    for state in [SQLState.checkViolation, .undefinedFunction] {
      var machine = machine([Ticket(number: 1), Ticket(number: 2)])
      let batch = try #require(machine.takeBatch(now: 0).batch)
      #expect(machine.failed(batch, failure(state)).count == 2)
      #expect(machine.takeBatch(now: 0).batch == nil)
    }
  }

  @Test("when the database is away everybody is told, and those who may have been settled are told that")
  func abandoned() throws {
    var machine = machine([Ticket(number: 1)])
    let sent = try #require(machine.takeBatch(now: 0).batch)
    _ = machine.failed(sent, PostgresError(kind: .connectionLost))
    _ = machine.admit(item(Ticket(number: 2)))
    let told = machine.abandon(.databaseUnavailable)
    #expect(told.map(\.0.request.number) == [1, 2])
    #expect(told.map(\.1) == [.outcomeUnknown, .databaseUnavailable])
    #expect(machine.takeBatch(now: 0).batch == nil)
    #expect(machine.admit(item(Ticket(number: 3))) == .startsCollection)
  }

  @Test("what PostgreSQL is short of is passed on as overload, and not tried again")
  func resources() throws {
    for state in [SQLState.tooManyConnections, .diskFull, .queryCanceled] {
      var machine = machine([Ticket(number: 1), Ticket(number: 2)])
      let batch = try #require(machine.takeBatch(now: 0).batch)
      #expect(machine.failed(batch, failure(state)).map(\.1) == [.overloaded, .overloaded])
      #expect(machine.takeBatch(now: 0).batch == nil)
    }
  }
}
