import Testbed
import Testing

/// All rows of a database, or all but other tenants': a digest of each table, which changes with any of its rows.
///
/// The tables are those that the catalogue has, so a new one is looked at without being named anywhere.
struct Contents {
  /// Columns that change by themselves, or for those who are refused, too.
  private static let passedOver = [
    // Counted a second after the answers.
    "tollgate.cache_days": ["hits", "fallbacks", "waits"],
    // A key was used by whoever showed it, refused or not.
    "tollgate.api_keys": ["last_used_at"],
  ]

  /// Who asks for a report of all organizations has a little of what happened rolled up, as the maintenance does.
  static let rolledUp: Set<String> = [
    "tollgate.balance_days", "tollgate.late_entries", "tollgate.rolled_balances", "tollgate.rolled_organizations",
    "tollgate.rollup_places", "tollgate.rollup_seal", "tollgate.service_days", "tollgate.service_hours",
    "tollgate.usage_days", "tollgate.usage_hours", "tollgate.usage_months",
  ]

  private let served: ServedDatabase
  private let query: String

  /// Of tables that have organizations' rows, those of the tenant; nil: everybody's.
  init(of served: ServedDatabase, about tenant: Tenant? = nil) async throws {
    self.served = served
    let found = try await served.text(
      """
      SELECT string_agg(concat_ws(' ', relnamespace::regnamespace || '.' || quote_ident(relname), attname), ',' ORDER BY relname)
      FROM pg_class LEFT JOIN pg_attribute
        ON attrelid = pg_class.oid AND NOT attisdropped
          AND attname = CASE pg_class.oid WHEN 'public.organizations'::regclass THEN 'id' ELSE 'organization_id' END
      WHERE relkind IN ('r', 'p', 'm') AND NOT relispartition
        AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
      """)
    let tables = try #require(found).split(separator: ",").map { $0.split(separator: " ").map(String.init) }
    #expect(Set(Self.passedOver.keys).isSubset(of: tables.map { $0[0] }))
    query = tables.map { table in
      let columns = Self.passedOver[table[0]].map { " - '{\($0.joined(separator: ","))}'::text[]" }
      let row = columns.map { "(to_jsonb(seen)\($0))::text" } ?? "seen::text"
      let condition = tenant.flatMap { tenant in
        table.count > 1 ? " WHERE seen.\(table[1]) = '\(tenant.organizationID)'" : nil
      }
      return """
        SELECT '\(table[0]) ' || count(*) || ' ' || coalesce(md5(string_agg(\(row), ' ' ORDER BY \(row))), '') AS line
        FROM \(table[0]) AS seen\(condition ?? "")
        """
    }.joined(separator: "\nUNION ALL\n")
  }

  /// By table.
  func digests() async throws -> [String: String] {
    let lines = try await served.text("SELECT string_agg(line, ',') FROM (\(query)) AS lines")
    let pairs = try #require(lines).split(separator: ",").map { line in
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      return (words[0], words[1])
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }

  /// The tables that are other than they were.
  func changes(since before: [String: String]) async throws -> [String] {
    let now = try await digests()
    return Set(now.keys).union(before.keys).filter { now[$0] != before[$0] }.sorted()
  }
}
