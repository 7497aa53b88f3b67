import Postgres

/// A table, partition, view or sequence, or what the catalogue itself shows of tables' contents.
struct Relation {
  let name: String
  let isPartition: Bool

  /// What is the same for all tenants.
  static let catalogue: Set<String> = [
    "tollgate.audit_log_number_seq", "tollgate.content_levels", "tollgate.features", "tollgate.limits",
    "tollgate.alert_walks", "tollgate.pack_prices", "tollgate.payment_packs", "tollgate.plan_allocations",
    "tollgate.plan_prices", "tollgate.plans", "tollgate.prices", "tollgate.providers", "tollgate.rollup_places",
    "tollgate.rollup_seal", "tollgate.schema_migrations", "tollgate.schema_objects", "tollgate.schema_state",
    "tollgate.service_days", "tollgate.service_hours", "tollgate.token_counters", "tollgate.token_types",
    "tollgate.vault_keys",
  ]

  /// What PostgreSQL keeps of values and statements.
  static let system = [
    "pg_catalog.pg_stats", "pg_catalog.pg_statistic", "pg_catalog.pg_stats_ext", "pg_catalog.pg_stats_ext_exprs",
    "pg_catalog.pg_statistic_ext_data", "pg_catalog.pg_stat_activity", "pg_catalog.pg_prepared_statements",
    "pg_catalog.pg_cursors", "pg_catalog.pg_locks", "pg_catalog.pg_largeobject",
  ]

  static func all(_ connection: inout Connection) throws -> [Relation] {
    let found = try connection.lines(
      """
      SELECT oid::regclass, relispartition FROM pg_class
      WHERE relnamespace IN ('auth'::regnamespace, 'public'::regnamespace, 'tollgate'::regnamespace)
        AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      ORDER BY 1
      """
    ).map { line in
      let values = line.split(separator: "|").map(String.init)
      return Relation(name: values[0], isPartition: values[1] == "t")
    }
    return found + system.map { Relation(name: $0, isPartition: false) }
  }

  /// What a role may select of it: a list of columns, empty where that is nothing.
  func columns(for role: String, _ connection: inout Connection) throws -> String {
    try connection.text(
      """
      SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute, pg_class
      WHERE pg_class.oid = $1::regclass AND attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
        AND has_schema_privilege($2, relnamespace, 'USAGE') AND has_column_privilege($2, pg_class.oid, attnum, 'SELECT')
      """, [.text(name), .text(role)]) ?? ""
  }

  /// A query of one row: the relation, how many rows match $1, how many match $2. Only of these columns.
  func question(columns: String) -> String {
    """
    SELECT '\(name)', count(*) FILTER (WHERE seen::text ~ $1), count(*) FILTER (WHERE seen::text ~ $2)
    FROM (SELECT \(columns) FROM \(name)) AS seen
    """
  }
}
