import Foundation
import Postgres
import Testbed
import Testing
import Tokens

/// What these tests work with: a fresh migrated database, an administrator's connection and an organization.
struct CacheDesk: ~Copyable {
  let database: TestDatabase
  var administrator: Connection
  let organizationID: OrganizationID
  /// Today, as it was in UTC when the test began.
  private let day: String

  private init(_ database: TestDatabase, _ organizationID: OrganizationID) throws {
    var administrator = try database.connect()
    let day = try administrator.query("SELECT (now() AT TIME ZONE 'UTC')::date::text").string(0, 0)
    self.database = database
    self.administrator = administrator
    self.organizationID = organizationID
    self.day = day
  }

  /// Lends a desk on a thread that may block. Every test that uses it ends with "the ledger still adds up".
  static func with(
    plan: String = "pro", timeZone: String = "UTC", _ body: @escaping @Sendable (inout CacheDesk) throws -> Void
  ) async throws {
    try await TestDatabase.withMigrated { database in
      let organizationID = try #require(OrganizationID(UUID().uuidString))
      try database.script(
        "SELECT tollgate.create_organization('Test', '\(plan)', '\(timeZone)', '\(organizationID)')")
      var desk = try CacheDesk(database, organizationID)
      try body(&desk)
      #expect(try database.violations() == [])
    }
  }

  /// Makes or changes the organization's cache `prices`, whose keys have the one member `title`.
  mutating func configure(
    members: String = "{title}", ttl: Int = 3600, quota: Int = 1000, fallback: String? = #"{"label":"unknown"}"#,
    feature: String = "decision", lease: Int = 60, maximum: Int = 10_000
  ) throws {
    let outcome = try administrator.query(
      """
      SELECT tollgate.set_cache($1::uuid, 'prices', $2::text[], $3::integer, $4::bigint, $5::json, $6, $7::integer, 10,
        $8::integer)
      """,
      [
        .uuid(organizationID.bits), .text(members), .integer(Int64(ttl)), .integer(Int64(quota)), .optional(fallback),
        .text(feature), .integer(Int64(lease)), .integer(Int64(maximum)),
      ]
    ).string(0, 0)
    #expect(outcome == "success")
  }

  /// Sets the time of today, in UTC, that the administrator's session decides by.
  mutating func setClock(_ time: String) throws {
    _ = try administrator.query("SELECT set_config('tollgate.clock', $1, false)", [.text("\(day)T\(time)Z")])
  }

  /// Asks `prices` under a key, in brief: `hit {…}`, `miss 999`, `fallback {…} reason 60`, `wait` or why not.
  mutating func ask(
    key: String, lease: LeaseID = .new(), under idempotencyKey: String? = nil, of other: OrganizationID? = nil
  ) throws -> String {
    try administrator.query(
      """
      SELECT concat_ws(' ', outcome, value, remaining, reason, retry_after_seconds, CASE WHEN replayed THEN 'again' END)
      FROM tollgate.ask_cache($1::uuid, NULL, false, 'prices', $2::jsonb, $3::uuid, $4)
      """,
      [
        .uuid((other ?? organizationID).bits), .text(key), .uuid(lease.bits), .optional(idempotencyKey),
      ]
    ).string(0, 0)
  }

  /// The same under the key `{"title": …}`.
  mutating func ask(_ title: String, lease: LeaseID = .new()) throws -> String {
    try ask(key: #"{"title": "\#(title)"}"#, lease: lease)
  }

  /// Stores a value, in brief: `success`, `success again`, or why not.
  mutating func store(_ value: String, _ lease: LeaseID, of other: OrganizationID? = nil) throws -> String {
    try administrator.query(
      """
      SELECT concat_ws(' ', outcome, CASE WHEN replayed THEN 'again' END)
      FROM tollgate.store_in_cache($1::uuid, NULL, false, 'prices', $2::uuid, $3::json)
      """, [.uuid((other ?? organizationID).bits), .uuid(lease.bits), .text(value)]
    ).string(0, 0)
  }

  /// Ends a lease, in brief: `success t`, `success f` where it was over, or why not.
  mutating func giveUp(_ lease: LeaseID) throws -> String {
    try administrator.query(
      "SELECT concat_ws(' ', outcome, was_open) FROM tollgate.give_up_lease($1::uuid, NULL, false, 'prices', $2::uuid)",
      [.uuid(organizationID.bits), .uuid(lease.bits)]
    ).string(0, 0)
  }

  /// Asks for a title, which has to be a miss, and stores a value.
  mutating func fill(_ title: String, _ value: String = "1") throws {
    let lease = LeaseID.new()
    #expect(try ask(title, lease: lease).hasPrefix("miss"))
    #expect(try store(value, lease) == "success")
  }

  mutating func text(_ sql: String) throws -> String {
    try administrator.query(Statement(sql)).optionalString(0, 0) ?? ""
  }
}

extension LeaseID {
  /// One that nobody has had.
  static func new() -> LeaseID {
    LeaseID(bits: TransactionID.timeOrdered(milliseconds: UInt64(Date.now.timeIntervalSince1970 * 1000)).bits)
  }
}
