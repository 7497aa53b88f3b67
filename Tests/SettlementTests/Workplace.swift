import Foundation
import Postgres
import Testbed
import Testing
import Tokens

@testable import Settlement

/// What these tests work with: a fresh migrated database, an administrator's connection and the server's.
struct Workplace: ~Copyable {
  let database: TestDatabase
  let serverSettings: ConnectionSettings
  var administrator: Connection
  var server: Connection

  init(_ database: TestDatabase) throws {
    let settings = try database.serverSettings()
    let administrator = try database.connect()
    let server = try Connection(settings)
    self.database = database
    serverSettings = settings
    self.administrator = administrator
    self.server = server
  }

  /// Lends a workplace on a thread that may block. Every test that uses it ends with "the ledger still adds up".
  static func with(_ body: @escaping @Sendable (inout Workplace) throws -> Void) async throws {
    try await TestDatabase.withMigrated { database in
      var workplace = try Workplace(database)
      try body(&workplace)
      let violations = try database.violations()
      #expect(violations == [])
    }
  }

  /// Makes an organization with two members.
  mutating func tenant(plan: String = "pro", name: String = "Tenant") throws -> Tenant {
    let organization = try #require(
      try administrator.text("SELECT tollgate.create_organization($1, $2)", [.text(name), .text(plan)]))
    let members = try (1...2).map { _ in
      try #require(try administrator.text("SELECT tollgate.create_user($1::uuid)", [.text(organization)]))
    }
    return Tenant(
      id: try #require(OrganizationID(organization)), member: try #require(UserID(members[0])),
      otherMember: try #require(UserID(members[1])))
  }

  /// Sets a balance by hand, as an administrator does, making the row where there is none.
  mutating func setBalance(of tenant: Tenant, _ tokenType: String, to balance: Int64) throws {
    _ = try administrator.query(
      """
      INSERT INTO public.ai_tokens (organization_id, token_type, balance) VALUES ($1::uuid, $2, $3::bigint)
      ON CONFLICT (organization_id, token_type) DO UPDATE SET balance = excluded.balance
      """, [tenant.parameter, .text(tokenType), .integer(balance)])
  }

  /// A balance as its row says, without what is due to it.
  mutating func balance(of tenant: Tenant, _ tokenType: String) throws -> Int64 {
    try administrator.integer(
      "SELECT balance FROM public.ai_tokens WHERE organization_id = $1::uuid AND token_type = $2",
      [tenant.parameter, .text(tokenType)])
  }

  /// How many rows of a table or view belong to a tenant and fulfil a condition.
  mutating func count(_ table: String, of tenant: Tenant, where condition: String = "true") throws -> Int64 {
    try administrator.integer(
      Statement("SELECT count(*) FROM \(table) WHERE organization_id = $1::uuid AND (\(condition))"),
      [tenant.parameter])
  }
}

/// An organization of one test.
struct Tenant: Sendable {
  let id: OrganizationID
  let member: UserID
  let otherMember: UserID

  var parameter: Parameter { .text(id.description) }

  /// A request of the first member, unless another spender is named.
  func deduction(
    _ feature: String, units: Int64 = 1, key: String? = nil, event: String? = nil, metadata: String? = nil,
    by spender: Spender? = nil, id transactionID: TransactionID = .fresh()
  ) -> Deduction {
    Deduction(
      organizationID: id, spender: spender ?? .member(member), feature: feature, units: units,
      idempotencyKey: key.flatMap { IdempotencyKey($0) }, eventID: event, metadata: metadata,
      transactionID: transactionID)
  }
}

extension TransactionID {
  static func fresh() -> TransactionID {
    timeOrdered(milliseconds: UInt64(Date.now.timeIntervalSince1970 * 1000))
  }
}
