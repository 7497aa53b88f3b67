import Accounts
import Foundation
import JSON
import Postgres
import Testbed
import Testing
import Tokens

@testable import Notifications

@Suite("Whose turn it is where many tenants' events wait in one line")
struct LineTests {
  /// Takes deliveries, and tells whose events they are.
  private static func taken(
    _ office: inout Office, healthy: Int = 0, failing: Int = 0, email: Int = 0
  ) throws -> [OrganizationID] {
    let rows = try office.administrator.query(
      """
      SELECT event.organization_id::text
      FROM tollgate.take_deliveries(gen_random_uuid(), 60, $1::integer, $2::integer, $3::integer, '{}') AS taken
        JOIN tollgate.events AS event ON event.event_id = taken.event_id
      """, [.integer(Int64(healthy)), .integer(Int64(failing)), .integer(Int64(email))])
    return try (0..<rows.count).map { try #require(OrganizationID(try rows.string($0, 0))) }
  }

  private static func organization(_ office: inout Office) throws -> OrganizationID {
    try Administration.createOrganization(name: "Other", plan: "pro", on: &office.administrator)
  }

  /// So many messages are due of an organization, since then.
  private static func mail(
    _ count: Int, of owner: OrganizationID, dueSince: String, _ office: inout Office
  ) throws {
    try office.happen(1, to: owner)
    try office.administrator.script(
      """
      INSERT INTO tollgate.deliveries (organization_id, delivery_id, channel, receiver_id, address,
        event_organization_id, event_id, next_attempt_at)
      SELECT event.organization_id, gen_random_uuid(), 'email', gen_random_uuid(), 'ops@example.com',
        event.organization_id, event.event_id, now() - interval '\(dueSince)'
      FROM (
          SELECT organization_id, event_id FROM tollgate.events WHERE organization_id = '\(owner)' LIMIT 1
        ) AS event
        CROSS JOIN generate_series(1, \(count))
      """)
  }

  @Test("of two places in mail one organization with 300 messages gets one, while another waits")
  func places() async throws {
    try await Office.with { office in
      let (many, one) = (try Self.organization(&office), try Self.organization(&office))
      try Self.mail(300, of: many, dueSince: "1 hour", &office)
      #expect(try Self.taken(&office, email: 2) == [many, many])
      try Self.mail(1, of: one, dueSince: "1 second", &office)
      #expect(try Set(Self.taken(&office, email: 2)) == [many, one])
    }
  }

  @Test(
    "with one place free at a time, mail of several that have much is in nobody's way", arguments: [10, 300])
  func turns(count: Int) async throws {
    try await Office.with { office in
      var all: Set<OrganizationID> = []
      for _ in 1...3 {
        let (many, one) = (try Self.organization(&office), try Self.organization(&office))
        try Self.mail(count, of: many, dueSince: "1 hour", &office)
        try Self.mail(1, of: one, dueSince: "1 second", &office)
        all.formUnion([many, one])
      }
      let next = try (1...6).flatMap { _ in try Self.taken(&office, email: 1) }
      #expect(Set(next) == all)
      // What is left is of the three that have much: each has a turn again.
      let rest = try (1...3).flatMap { _ in try Self.taken(&office, email: 1) }
      #expect(Set(rest).count == 3)
    }
  }

  @Test(
    "a webhook for all is told of each organization in turn, of which one has 200 events", arguments: [true, false])
  func forAll(isFailing: Bool) async throws {
    try await Office.with { office in
      _ = try office.webhook("https://127.0.0.1:1/hook", isForAll: true)
      let (many, one) = (try Self.organization(&office), try Self.organization(&office))
      try office.happen(100, to: many)
      try office.happen(1, to: one)
      #expect(try office.text("SELECT tollgate.dispatch_events(1000, false)") == "202")
      if isFailing {
        try office.administrator.script("UPDATE tollgate.webhooks SET failing_since = now()")
        let next = try (1...2).flatMap { _ in try Self.taken(&office, failing: 8) }
        #expect(Set(next) == [many, one])
      } else {
        let next = try Self.taken(&office, healthy: 32)
        #expect(next.count { $0 == many } == 2 && next.count { $0 == one } == 2)
      }
    }
  }

  @Test("to find what is due costs the same, however much of it there is")
  func cost() async throws {
    try await Office.with { office in
      let (many, one) = (try Self.organization(&office), try Self.organization(&office))
      let hook = try office.webhook("https://127.0.0.1:1/hook", isForAll: true)
      let own = try office.webhook("https://127.0.0.1:1/own", of: many)
      try Self.mail(10_000, of: many, dueSince: "1 hour", &office)
      try Self.mail(1, of: one, dueSince: "1 second", &office)
      try office.administrator.script(
        """
        INSERT INTO tollgate.events (organization_id, event_id, kind, payload)
        SELECT '\(many)', gen_random_uuid(), 'content_reset', '{}' FROM generate_series(1, 10000);
        INSERT INTO tollgate.deliveries (organization_id, delivery_id, channel, receiver_id, event_organization_id,
          event_id, next_attempt_at)
        SELECT '00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'webhook', '\(hook.id)', organization_id,
          event_id, now() - interval '1 hour'
        FROM tollgate.events;
        INSERT INTO tollgate.deliveries (organization_id, delivery_id, channel, receiver_id, event_organization_id,
          event_id, next_attempt_at)
        SELECT organization_id, gen_random_uuid(), 'webhook', '\(own.id)', organization_id, event_id,
          now() - interval '1 hour'
        FROM tollgate.events
        WHERE organization_id = '\(many)';
        ANALYZE tollgate.deliveries
        """)
      let find = "SELECT * FROM tollgate.find_due_deliveries(now(), 32, 8, 2, '{}')"
      // The first look of a session reads the catalogue, too.
      _ = try office.text(find)
      let plan = try office.text("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) " + find)
      let top = try #require(try parseJSON(Array((plan ?? "").utf8)).array?.first?["Plan"])
      let pages = (top["Shared Hit Blocks"]?.integer ?? 0) + (top["Shared Read Blocks"]?.integer ?? 0)
      #expect(top["Actual Rows"]?.integer == 10)
      #expect(pages > 0 && pages < 500, "\(pages) pages")
    }
  }
}
