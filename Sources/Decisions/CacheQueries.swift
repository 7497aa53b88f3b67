import Postgres
import Tokens

/// The calls of `tollgate.ask_cache` and its siblings.
enum CacheQueries {
  static func look(_ question: CacheQuestion, on connection: inout Connection) throws -> CacheLook {
    let rows = try connection.query(
      ask,
      [
        .uuid(question.organizationID.bits), .uuid(question.spender.userID?.bits),
        .boolean(question.spender.needsMembership), .text(question.cache), .text(question.key),
        .uuid(question.leaseID.bits), .optional(question.idempotencyKey?.value),
      ])
    let outcome = try rows.string(0, 0)
    switch outcome {
    case "hit": return .answer(.hit(value: try rows.string(0, 1)))
    case "miss": return .answer(.miss(try call(rows)))
    case "fallback":
      return .answer(
        .fallback(
          value: try rows.optionalString(0, 1) ?? "null", reason: try rows.string(0, 6),
          retryAfterSeconds: try rows.optionalInteger(0, 5)))
    case "wait":
      return .wait(
        OpenLease(
          id: LeaseID(bits: try rows.uuid(0, 2)), milliseconds: try rows.integer(0, 7),
          waitSeconds: try rows.integer(0, 8)))
    default: return .answer(.refused(try refusal(outcome)))
    }
  }

  static func store(
    _ value: String, by lease: LeaseReference, on connection: inout Connection
  ) throws -> Result<StoredValue, CacheRefusal> {
    let rows = try connection.query(store, parameters(lease) + [.text(value)])
    let outcome = try rows.string(0, 0)
    guard outcome == "success" else { return .failure(try refusal(outcome)) }
    return .success(
      StoredValue(endsAtMicroseconds: try rows.instant(0, 1), isReplay: try rows.boolean(0, 2)))
  }

  static func giveUp(
    _ lease: LeaseReference, on connection: inout Connection
  ) throws -> Result<Bool, CacheRefusal> {
    let rows = try connection.query(giveUp, parameters(lease))
    let outcome = try rows.string(0, 0)
    guard outcome == "success" else { return .failure(try refusal(outcome)) }
    return .success(try rows.boolean(0, 1))
  }

  static func count(_ counts: [CountedCache], on connection: inout Connection) throws {
    _ = try connection.query(
      count,
      [
        .uuids(counts.count) { counts[$0].organizationID.bits }, .texts(counts.count) { counts[$0].cache },
        .integers(counts.count) { counts[$0].answers.hits },
        .integers(counts.count) { counts[$0].answers.fallbacks },
        .integers(counts.count) { counts[$0].answers.waits },
      ])
  }

  private static let ask = Statement.named(
    """
    SELECT outcome, value::text, lease_id, remaining, lease_ends_at, retry_after_seconds, reason, lease_milliseconds, \
    wait_seconds, replayed \
    FROM tollgate.ask_cache($1::uuid, $2::uuid, $3::boolean, $4, $5::jsonb, $6::uuid, $7)
    """, results: .binary)

  private static let store = Statement.named(
    """
    SELECT outcome, ends_at, replayed \
    FROM tollgate.store_in_cache($1::uuid, $2::uuid, $3::boolean, $4, $5::uuid, $6::json)
    """, results: .binary)

  private static let giveUp = Statement.named(
    "SELECT outcome, was_open FROM tollgate.give_up_lease($1::uuid, $2::uuid, $3::boolean, $4, $5::uuid)",
    results: .binary)

  private static let count = Statement.named(
    """
    SELECT tollgate.count_cache_answers($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
    """)

  private static func parameters(_ lease: LeaseReference) -> [Parameter] {
    [
      .uuid(lease.organizationID.bits), .uuid(lease.spender.userID?.bits), .boolean(lease.spender.needsMembership),
      .text(lease.cache), .uuid(lease.leaseID.bits),
    ]
  }

  private static func call(_ rows: borrowing Rows) throws -> GrantedCall {
    GrantedCall(
      leaseID: LeaseID(bits: try rows.uuid(0, 2)), remaining: try rows.integer(0, 3),
      leaseEndsAtMicroseconds: try rows.instant(0, 4), leaseMilliseconds: try rows.integer(0, 7),
      isReplay: try rows.boolean(0, 9))
  }

  private static func refusal(_ outcome: String) throws -> CacheRefusal {
    guard let refusal = CacheRefusal(rawValue: outcome) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected outcome")
    }
    return refusal
  }
}
