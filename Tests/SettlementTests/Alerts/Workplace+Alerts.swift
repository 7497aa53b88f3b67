import Postgres
import Testing
import Tokens

extension Workplace {
  /// Makes a rule, of one tenant or of all.
  @discardableResult
  mutating func rule(
    _ condition: String, _ threshold: Int64, of tenant: Tenant?, tokenType: String? = "general"
  ) throws -> String {
    try #require(
      try server.text(
        "SELECT tollgate.set_alert(NULL, $1::uuid, $2, $3, $4::bigint, '{}', true)",
        [tenant?.parameter ?? .null, .optional(tokenType), .text(condition), .integer(threshold)]))
  }

  /// Looks at all that is watched, by the administrator's clock, and tells what was written: `raised general 24`.
  mutating func edges() throws -> [String] {
    // Not by their ids, which have the order of time only while no clock is set.
    let before = try administrator.lines("SELECT event_id FROM tollgate.events WHERE kind LIKE 'alert%'")
    _ = try administrator.query("SELECT tollgate.evaluate_alerts()")
    return try administrator.lines(
      """
      SELECT concat_ws(' ', payload ->> 'state', token_type, payload ->> 'value') FROM tollgate.events
      WHERE kind LIKE 'alert%' AND event_id <> ALL ($1::uuid[]) ORDER BY 1
      """, [.array(before)])
  }

  /// From here on it is so much later, for the administrator.
  mutating func advance(by interval: String) throws {
    _ = try administrator.query(
      "SELECT set_config('tollgate.clock', (tollgate.moment() + $1::interval)::text, false)", [.text(interval)])
  }

  /// The next change is told at once. Servers believe no clock but the database's, and wait for none.
  mutating func forgetWhenAlertsWereTold() throws {
    try administrator.script("UPDATE tollgate.alert_states SET told_at = told_at - interval '1 minute'")
  }

  /// Uses tokens of `general`, by the administrator's clock.
  mutating func use(_ tokens: Int64, of tenant: Tenant) throws {
    let status = try administrator.text(
      "SELECT status FROM tollgate.deduct($1::uuid, NULL, 'generate_insight', $2::bigint)",
      [tenant.parameter, .integer(tokens)])
    #expect(status == "success")
  }
}
