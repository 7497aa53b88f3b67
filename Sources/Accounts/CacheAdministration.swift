import Postgres
public import Tokens

/// What became of a decision cache's new settings.
public enum CacheChange: Sendable {
  case made(CacheDetails)
  case unknownFeature
  /// A call is one unit, and the feature is priced by dimensions.
  case featureWithDimensions
}

/// Decision caches, as administrators configure and see them.
extension Administration {
  /// Makes a cache, or changes its settings. An unknown organization is refused with SQLSTATE `TG404`.
  static func set(
    _ settings: CacheSettings, of organizationID: OrganizationID?, on connection: inout Connection
  ) throws -> CacheChange {
    let outcome = try connection.query(
      setCache,
      [
        .uuid(organizationID?.bits), .text(settings.name), .array(settings.keyMembers), .integer(settings.ttlSeconds),
        .integer(settings.dailyQuota), .optional(settings.fallback), .text(settings.feature),
        .integer(settings.leaseSeconds), .integer(settings.waitSeconds), .integer(settings.maximumEntries),
      ]
    ).string(0, 0)
    switch outcome {
    case "success": break
    case "unknown_feature": return .unknownFeature
    default: return .featureWithDimensions
    }
    guard let made = try cache(settings.name, of: organizationID, on: &connection) else {
      throw PostgresError(kind: .decoding, serverMessage: "a cache that was made is not there")
    }
    return .made(made)
  }

  /// Deletes a cache, and tells whether it existed.
  static func deleteCache(
    _ name: String, of organizationID: OrganizationID?, on connection: inout Connection
  ) throws -> Bool {
    try connection.query("SELECT tollgate.delete_cache($1::uuid, $2)", [.uuid(organizationID?.bits), .text(name)])
      .boolean(0, 0)
  }

  /// The cache that an organization means by a name, or with nil the one for all; nil where there is none.
  static func cache(
    _ name: String, of organizationID: OrganizationID?, on connection: inout Connection
  ) throws -> CacheDetails? {
    let rows = try connection.query(
      readCaches, [.uuid(organizationID?.bits), .text(name), .uuid(nil), .integer(1)])
    return rows.count == 0 ? nil : try details(rows, 0)
  }

  /// A page of an organization's caches, or with nil of those for all, newest first.
  static func caches(
    of organizationID: OrganizationID?, before: CacheID?, limit: Int, on connection: inout Connection
  ) throws -> [CacheDetails] {
    let rows = try connection.query(
      readCaches, [.uuid(organizationID?.bits), .null, .uuid(before?.bits), .integer(Int64(limit))])
    return try (0..<rows.count).map { try details(rows, $0) }
  }

  private static let setCache = Statement.named(
    """
    SELECT tollgate.set_cache($1::uuid, $2, $3::text[], $4::integer, $5::bigint, $6::json, $7, $8::integer, $9::integer, \
    $10::integer)
    """)

  private static let readCaches = Statement.named(
    """
    SELECT cache_id, name, is_for_all, array_to_string(key_members, ' '), ttl_seconds, daily_quota, fallback::text, \
    feature, lease_seconds, wait_seconds, maximum_entries, created_at, updated_at, day::text, calls, hits, fallbacks, \
    waits, hit_rate, entries \
    FROM tollgate.read_caches($1::uuid, $2, $3::uuid, $4::bigint::integer)
    """, results: .binary)

  private static func details(_ rows: borrowing Rows, _ row: Int) throws -> CacheDetails {
    var settings = CacheSettings(
      name: try rows.string(row, 1),
      keyMembers: try rows.string(row, 3).split(separator: " ").map(String.init),
      ttlSeconds: try rows.integer(row, 4))
    settings.dailyQuota = try rows.integer(row, 5)
    settings.fallback = try rows.optionalString(row, 6)
    settings.feature = try rows.string(row, 7)
    settings.leaseSeconds = try rows.integer(row, 8)
    settings.waitSeconds = try rows.integer(row, 9)
    settings.maximumEntries = try rows.integer(row, 10)
    return CacheDetails(
      id: CacheID(bits: try rows.uuid(row, 0)), settings: settings, isForAll: try rows.boolean(row, 2),
      createdAtMicroseconds: try rows.instant(row, 11), updatedAtMicroseconds: try rows.instant(row, 12),
      today: try use(rows, row))
  }

  private static func use(_ rows: borrowing Rows, _ row: Int) throws -> CacheUse? {
    guard let day = try rows.optionalString(row, 13) else { return nil }
    return CacheUse(
      day: day, calls: try rows.integer(row, 14), hits: try rows.integer(row, 15),
      fallbacks: try rows.integer(row, 16), waits: try rows.integer(row, 17), hitRate: try rows.optionalReal(row, 18),
      entries: try rows.integer(row, 19))
  }
}
