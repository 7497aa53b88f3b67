import Postgres
import Tokens

/// Limits asked directly, as settlement asks them.
extension Workplace {
  /// Sets the time that the administrator's session decides by.
  mutating func setClock(_ time: String) throws {
    _ = try administrator.query("SELECT set_config('tollgate.clock', $1, false)", [.text(time)])
  }

  /// Makes a limit, which is on.
  mutating func limit(
    _ name: String, per: String = "organization", counts: String = "uses", window: String, seconds: Int? = nil,
    maximum: Int64, action: String = "refuse", feature: String? = nil, tokenType: String? = nil, plan: String? = nil
  ) throws {
    _ = try administrator.query(
      """
      INSERT INTO tollgate.limits
        (limit_name, is_enabled, per, counts, window_kind, window_seconds, maximum, action, feature, token_type, plan)
      VALUES ($1, true, $2, $3, $4, $5::integer, $6::bigint, $7, $8, $9, $10)
      """,
      [
        .text(name), .text(per), .text(counts), .text(window), .optional(seconds.map(Int64.init)),
        .integer(maximum), .text(action), .optional(feature), .optional(tokenType), .optional(plan),
      ])
  }

  /// Turns one of the limits on that come with Tollgate.
  mutating func enable(_ names: String...) throws {
    for name in names {
      _ = try administrator.query("UPDATE tollgate.limits SET is_enabled = true WHERE limit_name = $1", [.text(name)])
    }
  }

  /// The limit that refuses a charge of so many tokens now, and the seconds to wait; nil for none.
  mutating func bound(_ cost: Int64, _ tenant: Tenant, by user: UserID? = nil) throws -> String? {
    try administrator.text(
      """
      SELECT limit_name || coalesce(' ' || retry_after_seconds, '')
      FROM tollgate.binding_limit($1::uuid, $2::uuid, 'generate_insight', 'general', $3::bigint)
      """, [tenant.parameter, .text((user ?? tenant.member).description), .integer(cost)])
  }

  /// Counts a charge of so many tokens. For one session: several take `tollgate.lock_limits` first.
  mutating func take(_ cost: Int64, from tenant: Tenant, by user: UserID? = nil) throws {
    _ = try administrator.query(
      "SELECT tollgate.take_limits($1::uuid, $2::uuid, 'generate_insight', 'general', $3::bigint)",
      [tenant.parameter, .text((user ?? tenant.member).description), .integer(cost)])
  }

  /// What a limit has counted, in every window that it remembers: `used|earlier_used`.
  mutating func counted(_ limit: String, of tenant: Tenant) throws -> [String] {
    try administrator.lines(
      """
      SELECT used, earlier_used FROM tollgate.limit_uses
      WHERE organization_id = $1::uuid AND limit_name = $2 ORDER BY used, earlier_used
      """, [tenant.parameter, .text(limit)])
  }
}
