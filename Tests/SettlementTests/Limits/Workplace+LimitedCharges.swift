import Postgres
import Testbed
import Testing
import Tokens

/// Charges under limits, as an administrator's session settles them by a clock of its own.
extension Workplace {
  /// Noon of tomorrow, UTC, and so many seconds: partitions are there for it.
  mutating func setClock(secondsAfterNoon seconds: Double) throws {
    try setClock(
      try #require(
        try administrator.text(
          """
          SELECT (date_trunc('day', now() AT TIME ZONE 'UTC') + interval '36 hours') AT TIME ZONE 'UTC'
            + make_interval(secs => $1::double precision)
          """, [.real(seconds)])))
  }

  /// Settles requests in one batch and says how each ended: `success`, or the refusal and what bound,
  /// `limit_reached calls 60`.
  mutating func charge(
    _ tenant: Tenant, _ feature: String = "generate_insight", units: [Int64] = [1], by user: UserID? = nil,
    atomically: Bool = false
  ) throws -> [String] {
    let count = Int64(units.count)
    return try administrator.lines(
      Statement(
        """
        SELECT concat_ws(' ', outcome, details ->> 'limit', details ->> 'retryAfterSeconds')
        FROM tollgate.\(atomically ? "settle_atomically" : "settle")(
          array_fill($1::uuid, ARRAY[$5::integer]), array_fill($2::uuid, ARRAY[$5]), array_fill(true, ARRAY[$5]),
          array_fill($3::text, ARRAY[$5]), $4::bigint[], array_fill(NULL::text, ARRAY[$5]),
          array_fill(NULL::text, ARRAY[$5]), array_fill(NULL::jsonb, ARRAY[$5]),
          ARRAY(SELECT gen_random_uuid() FROM generate_series(1, $5)))
        ORDER BY item
        """),
      [
        tenant.parameter, .text((user ?? tenant.member).description), .text(feature), .array(units.map { "\($0)" }),
        .integer(count),
      ])
  }

  /// One request about a reservation or by its token type; says how it ended, and its transaction.
  mutating func request(_ tenant: Tenant, _ feature: String?, units: Int64?, _ request: String) throws -> [String] {
    try administrator.lines(
      """
      SELECT concat_ws(' ', outcome, details ->> 'limit'), transaction_id
      FROM tollgate.settle(ARRAY[$1::uuid], ARRAY[$2::uuid], ARRAY[true], ARRAY[$3::text], ARRAY[$4::bigint],
        ARRAY[NULL::text], ARRAY[NULL::text], ARRAY[NULL::jsonb], ARRAY[gen_random_uuid()], ARRAY[$5::jsonb])
      """,
      [
        tenant.parameter, .text(tenant.member.description), .optional(feature), .optional(units), .text(request),
      ]
    )[0].split(separator: "|").map(String.init)
  }
}
