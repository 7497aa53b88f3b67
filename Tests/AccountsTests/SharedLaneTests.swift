import Dispatch
import Locking
import Postgres
import Testbed
import Testing
import Tokens

@testable import Accounts

/// What is asked here waits for an advisory lock of PostgreSQL's for as long as the test holds that.
@Suite("What organizations ask for at the same time")
struct SharedLaneTests {
  private static let flooder = OrganizationID(high: 0, low: 1)
  private static let other = OrganizationID(high: 0, low: 2)
  private static let waitsForLock = Statement("SELECT pg_catalog.pg_advisory_xact_lock_shared(1)")

  /// How answers came out, in the order in which they came.
  private final class Answers: Sendable {
    private let texts = Mutex<[String]>([])
    private let begun = Mutex<[String]>([])
    private let came = DispatchSemaphore(value: 0)

    func add(_ name: String, _ result: Result<some Sendable, ServiceFailure>) {
      let text =
        switch result {
        case .success: name
        case .failure(let failure): "\(name): \(failure)"
        }
      texts.withLock { $0.append(text) }
      came.signal()
    }

    /// Notes that it is somebody's turn.
    func begin(_ name: String) { begun.withLock { $0.append(name) } }

    /// Who waited for the lock, in the order of their turns. Of two that follow each other on different connections the
    /// answer of the second may be here first.
    var turns: [String] { begun.withLock { $0 } }

    var all: [String] { texts.withLock { $0 } }

    /// Blocks until so many more have come; false when they do not come.
    func wait(for count: Int) -> Bool {
      (0..<count).allSatisfy { _ in came.wait(timeout: .now() + 60) == .success }
    }
  }

  /// Accounts at a database, somebody who holds the lock, and somebody who looks.
  private struct Place: ~Copyable {
    let accounts: Accounts
    var holder: Connection
    var observer: Connection

    init(_ database: TestDatabase, queueLimit: Int, patience: Duration) throws {
      var settings = try database.serverSettings()
      settings.lockTimeoutMilliseconds = 0
      settings.statementTimeoutMilliseconds = 0
      var holder = try database.connect()
      try holder.script("SELECT pg_advisory_lock(1)")
      observer = try database.connect()
      self.holder = holder
      accounts = Accounts(settings: settings, queueLimit: queueLimit, patience: patience)
    }

    mutating func release() throws { try holder.script("SELECT pg_advisory_unlock(1)") }

    /// How many connections of the accounts wait for the lock.
    mutating func waitingCount() throws -> Int64 {
      try observer.query(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'
        """
      ).integer(0, 0)
    }

    mutating func waitUntil(_ count: Int64) throws {
      let deadline = ContinuousClock.now + .seconds(60)
      while try waitingCount() != count { try #require(ContinuousClock.now < deadline) }
    }
  }

  private static func with(
    queueLimit: Int = 10_000, patience: Duration = .seconds(60),
    _ body: @escaping @Sendable (inout Place, Answers) throws -> Void
  ) async throws {
    try await TestDatabase.withMigrated { database in
      var place = try Place(database, queueLimit: queueLimit, patience: patience)
      let accounts = place.accounts
      let result = Result { try body(&place, Answers()) }
      // Whatever waits for it ends.
      try place.release()
      accounts.shutDown()
      try result.get()
    }
  }

  private static func askAndWait(_ accounts: Accounts, _ party: Party, _ name: String, _ answers: Answers) {
    accounts.ask(
      for: party,
      { connection in
        answers.begin(name)
        _ = try connection.query(waitsForLock)
      }
    ) { answers.add(name, $0) }
  }

  private static func ask(_ accounts: Accounts, _ party: Party, _ name: String, _ answers: Answers) {
    accounts.ask(for: party, { $0.serverVersion }) { answers.add(name, $0) }
  }

  @Test("however much one asks for, it takes one connection, and nobody else waits for that")
  func oneConnection() async throws {
    try await Self.with { place, answers in
      let accounts = place.accounts
      for number in 0..<10 { Self.askAndWait(accounts, .organization(Self.flooder), "flood \(number)", answers) }
      try place.waitUntil(1)
      for party in [Party.organization(Self.other), .service, .upkeep, .payments, .user(UserID(high: 0, low: 3))] {
        Self.ask(accounts, party, "other", answers)
        #expect(answers.wait(for: 1))
      }
      #expect(answers.all == Array(repeating: "other", count: 5))
      #expect(try place.waitingCount() == 1)
      try place.release()
      #expect(answers.wait(for: 10))
      #expect(answers.turns == (0..<10).map { "flood \($0)" })
      #expect(answers.all.suffix(10).sorted() == answers.turns)
    }
  }

  @Test("who a caller is, and whether the schema fits, is told while reports keep all connections busy")
  func callers() async throws {
    try await Self.with { place, answers in
      let accounts = place.accounts
      for (name, organizationID) in [("one", Self.flooder), ("two", Self.other)] {
        for _ in 0..<5 { Self.askAndWait(accounts, .organization(organizationID), name, answers) }
      }
      try place.waitUntil(2)
      accounts.organization(of: UserID(high: 0, low: 3)) { answers.add("membership", $0) }
      #expect(answers.wait(for: 1))
      accounts.schemaLevel { answers.add("schema", $0) }
      #expect(answers.wait(for: 1))
      accounts.keys([APIKeyID(high: 0, low: 4)]) { answers.add("keys", $0) }
      #expect(answers.wait(for: 1))
      #expect(answers.all == ["membership", "schema", "keys"])
      #expect(try place.waitingCount() == 2)
      try place.release()
      #expect(answers.wait(for: 10))
    }
  }

  @Test("one organization fills half of the queue; what is beyond that is refused at once, and others find room")
  func halfOfTheQueue() async throws {
    try await Self.with(queueLimit: 20) { place, answers in
      let accounts = place.accounts
      for number in 0..<15 { Self.askAndWait(accounts, .organization(Self.flooder), "flood \(number)", answers) }
      #expect(answers.wait(for: 5))
      #expect(answers.all == (10..<15).map { "flood \($0): overloaded" })
      try place.waitUntil(1)
      Self.ask(accounts, .organization(Self.other), "other", answers)
      #expect(answers.wait(for: 1))
      #expect(answers.all.last == "other")
      try place.release()
      #expect(answers.wait(for: 10))
    }
  }

  @Test("what has waited too long is refused as overloaded and not done")
  func deadline() async throws {
    let patience = Duration.seconds(3)
    try await Self.with(patience: patience) { place, answers in
      let accounts = place.accounts
      let done = Mutex<[String]>([])
      func ask(_ party: Party, _ name: String) {
        accounts.ask(
          for: party,
          { connection in
            done.withLock { $0.append(name) }
            _ = try connection.query(Self.waitsForLock)
          }
        ) { answers.add(name, $0) }
      }
      // Of the first two parties one thing is under way each; that of the third waits for a connection.
      for party in [Party.organization(Self.flooder), .organization(Self.other), .service] {
        for number in 1...2 { ask(party, "\(number)") }
      }
      try place.waitUntil(2)
      let late = ContinuousClock.now + patience
      while ContinuousClock.now <= late { _ = try place.waitingCount() }
      try place.release()
      #expect(answers.wait(for: 6))
      #expect(answers.all.sorted() == ["1", "1", "1: overloaded", "2: overloaded", "2: overloaded", "2: overloaded"])
      #expect(done.withLock { $0 } == ["1", "1"])
    }
  }

  @Test("at the end what is under way is answered, and what waits is refused")
  func shutDown() async throws {
    try await Self.with { place, answers in
      let accounts = place.accounts
      for number in 0..<5_000 { Self.askAndWait(accounts, .organization(Self.flooder), "\(number)", answers) }
      try place.waitUntil(1)
      let ending = Background { accounts.shutDown() }
      #expect(answers.wait(for: 4_999))
      #expect(Set(answers.all) == Set((1..<5_000).map { "\($0): databaseUnavailable" }))
      try place.release()
      _ = try ending.value()
      #expect(answers.all.last == "0")
    }
  }
}
