import Accounts
import Foundation
import HTTP
import Postgres
import Testbed
import Testing
import Tokens

@testable import Notifications

@Suite("Whose turn it is to get a delivery")
struct TurnTests {
  /// The receivers whose deliveries are taken, with so much room beside attempts that are under way.
  private static func taken(
    _ office: inout Office, healthy: Int = 0, failing: Int = 0, busy: [WebhookID] = []
  ) throws -> Set<WebhookID> {
    let rows = try office.administrator.query(
      """
      SELECT receiver_id::text
      FROM tollgate.take_deliveries(gen_random_uuid(), 60, $1::integer, $2::integer, 0, $3::uuid[])
      """,
      [
        .integer(Int64(healthy)), .integer(Int64(failing)), .array(busy.map(\.description)),
      ])
    return Set(try (0..<rows.count).compactMap { WebhookID(try rows.string($0, 0)) })
  }

  /// An organization with so many receivers, for each of which four deliveries are due since then.
  private static func receivers(
    _ count: Int, areFailing: Bool, dueSince: String, lastAttempt: String, _ office: inout Office
  ) throws -> [WebhookID] {
    let owner = try Administration.createOrganization(name: "Other", plan: "pro", on: &office.administrator)
    let hooks = try (0..<count).map { _ in try office.webhook("https://127.0.0.1:1/hook", of: owner).id }
    try office.happen(2, to: owner)
    _ = try office.administrator.query("SELECT tollgate.dispatch_events(1000, false)")
    try office.administrator.script(
      """
      UPDATE tollgate.deliveries SET next_attempt_at = now() - interval '\(dueSince)' WHERE organization_id = '\(owner)';
      UPDATE tollgate.webhooks
      SET last_attempt_at = now() - interval '\(lastAttempt)', failing_since = CASE WHEN \(areFailing) THEN now() END
      WHERE organization_id = '\(owner)'
      """)
    return hooks
  }

  @Test(
    "an organization that has attempts under way gets another one behind whoever has none, however much waits for it",
    arguments: [true, false])
  func organizations(areFailing: Bool) async throws {
    try await Office.with { office in
      let many = try Self.receivers(12, areFailing: areFailing, dueSince: "1 hour", lastAttempt: "1 hour", &office)
      let one = try Self.receivers(1, areFailing: areFailing, dueSince: "1 second", lastAttempt: "1 second", &office)
      let busy = areFailing ? Array(many.prefix(7)) : many.prefix(7).flatMap { Array(repeating: $0, count: 4) }
      let next = try Self.taken(
        &office, healthy: areFailing ? 0 : 1, failing: areFailing ? 1 : 0, busy: busy)
      #expect(next == Set(one))
    }
  }

  @Test("all the room is not one organization's, while another one waits", arguments: [true, false])
  func room(areFailing: Bool) async throws {
    try await Office.with { office in
      _ = try Self.receivers(12, areFailing: areFailing, dueSince: "1 hour", lastAttempt: "1 hour", &office)
      let one = try Self.receivers(1, areFailing: areFailing, dueSince: "1 second", lastAttempt: "1 second", &office)
      let next = try Self.taken(&office, healthy: areFailing ? 0 : 32, failing: areFailing ? 8 : 0)
      #expect(next.isSuperset(of: one))
    }
  }

  @Test("of receivers whose organizations have no attempt under way the one that has waited longest is next")
  func waiting() async throws {
    try await Office.with { office in
      for _ in 1...9 {
        _ = try Self.receivers(1, areFailing: true, dueSince: "1 hour", lastAttempt: "1 second", &office)
      }
      let one = try Self.receivers(1, areFailing: true, dueSince: "1 second", lastAttempt: "1 minute", &office)
      #expect(try Self.taken(&office, failing: 1) == Set(one))
    }
  }

  @Test("whoever failed once is tried again within a turn of all, and not behind what waits for receivers that hang")
  func hanging() async throws {
    try await Office.with { office in
      let paths = ["/a", "/b", "/c"]
      let receiver = try Receiver(paths: paths + ["/hook"]) { path, earlier in
        path == "/hook" ? Response(status: earlier == 0 ? 500 : 204) : nil
      }
      for path in paths {
        let owner = try Administration.createOrganization(name: "Other", plan: "pro", on: &office.administrator)
        _ = try office.webhook(receiver.url(path), of: owner)
        try office.happen(5, to: owner)
      }
      let hook = try office.webhook(receiver.url())
      _ = try Administration.test(hook.id, on: &office.administrator)
      try office.administrator.script("UPDATE tollgate.webhooks SET failing_since = now()")
      var timing = Office.timing
      timing.failingLimit = 2
      timing.receiverSeconds = 0.5
      timing.retries.delaysSeconds = Array(repeating: 0.1, count: 1000)
      try office.open(timing: timing)
      #expect(comesTrue { receiver.received().count == 2 })
      // Thirty were due before.
      #expect(paths.reduce(0) { $0 + receiver.received(at: $1).count } <= 12)
      #expect(try comesTrue { try office.deliveries(to: hook.id).first?.status == .delivered })
      receiver.stop()
    }
  }

  @Test("balances are held against rules once a round, however many attempts end meanwhile")
  func evaluations() async throws {
    try await Office.with { office in
      let receiver = try Receiver { _, _ in Response(status: 500) }
      _ = try office.webhook(receiver.url())
      let rule = AlertRule(
        organizationID: office.organizationID, tokenType: "general", condition: .availableBelow, threshold: 30)
      _ = try Administration.set(nil, to: rule, on: &office.administrator)
      try office.happen(10)
      try office.administrator.script(
        """
        CREATE SEQUENCE public.looks;
        CREATE FUNCTION public.look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        AS $$ BEGIN PERFORM nextval('public.looks'); RETURN NULL; END $$;
        CREATE TRIGGER look AFTER UPDATE ON tollgate.alert_walks
        FOR EACH ROW WHEN (NEW.walk = 'balances') EXECUTE FUNCTION public.look();
        """)
      var timing = Office.timing
      timing.roundSeconds = 1
      timing.retries.delaysSeconds = Array(repeating: 0.01, count: 1000)
      let begun = ContinuousClock.now
      try office.open(timing: timing)
      #expect(comesTrue { receiver.received().count >= 100 })
      let looks = try #require(Int(try office.text("SELECT last_value FROM public.looks") ?? ""))
      let seconds = (ContinuousClock.now - begun) / .seconds(1)
      #expect(looks >= 1 && Double(looks) <= seconds + 1, "\(looks) in \(seconds) s")
      office.close()
      try office.administrator.script(
        "DROP TRIGGER look ON tollgate.alert_walks; DROP FUNCTION public.look(); DROP SEQUENCE public.looks")
      receiver.stop()
    }
  }
}
