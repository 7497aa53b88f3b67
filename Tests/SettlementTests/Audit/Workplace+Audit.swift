import Postgres

@testable import Settlement

/// A row of the audit log, as far as the tests look at it.
struct RecordedChange: Equatable {
  let change: String
  let subject: String
  /// Kind and id of who did it.
  let actor: String
}

extension Workplace {
  /// What `work` adds to the audit log, in the order in which it was recorded.
  mutating func recorded(by work: (inout Workplace) throws -> Void) throws -> [RecordedChange] {
    let last = try administrator.integer("SELECT coalesce(max(number), 0) FROM tollgate.audit_log")
    try work(&self)
    let rows = try administrator.query(
      """
      SELECT change, subject, concat_ws(' ', actor_kind, actor_id) FROM tollgate.audit_log
      WHERE number > $1::bigint ORDER BY number
      """, [.integer(last)])
    return try (0..<rows.count).map { row in
      RecordedChange(
        change: try rows.string(row, 0), subject: try rows.string(row, 1), actor: try rows.string(row, 2))
    }
  }

  /// What a tenant's newest record says was so before, and is so after.
  mutating func lastRecord(of tenant: Tenant) throws -> String? {
    try administrator.text(
      """
      SELECT concat_ws(' → ', before, after) FROM tollgate.audit_log
      WHERE organization_id = $1::uuid ORDER BY number DESC LIMIT 1
      """, [tenant.parameter])
  }
}
