import Postgres
import Testbed
import Testing
import Tokens

extension Workplace {
  /// Rolls up whatever is new, as servers do.
  @discardableResult
  mutating func rollUp() throws -> Int64 {
    var total: Int64 = 0
    while true {
      let turn = try server.query("SELECT rolled_up, is_done FROM tollgate.roll_up()")
      total += try turn.integer(0, 0)
      if try turn.boolean(0, 1) { return total }
    }
  }

  /// Lets a tenant be refused in a transaction that sees the database as it was when it began: such a refusal is noted as
  /// late, and stays so until it is rolled up.
  mutating func refuseLate(_ tenant: Tenant) throws {
    try administrator.script(
      """
      BEGIN ISOLATION LEVEL REPEATABLE READ;
      SELECT tollgate.deduct('\(tenant.id)', '\(tenant.member)', 'generate_goal', 100000);
      COMMIT;
      """)
  }

  /// What the answers to questions about all organizations add up to, and what the ledger does, in one snapshot: uses,
  /// tokens, refusals.
  mutating func answeredAndLogged() throws -> (answered: String, logged: String) {
    try administrator.script("BEGIN ISOLATION LEVEL REPEATABLE READ")
    defer { do { try administrator.script("ROLLBACK") } catch { Issue.record(error) } }
    let answered = try administrator.text(
      """
      SELECT concat_ws(' ', coalesce(sum(uses), 0), coalesce(sum(tokens), 0), coalesce(sum(refusals), 0))
      FROM (
        SELECT uses, tokens, refusals FROM tollgate.usage_days
        UNION ALL
        SELECT uses, tokens, refusals
        FROM tollgate.unrolled_sums((SELECT array_agg(id) FROM public.organizations))
      ) AS counted
      """)
    let logged = try administrator.text(
      """
      SELECT concat_ws(' ', count(*) FILTER (WHERE is_use), coalesce(sum(-amount) FILTER (WHERE is_use), 0),
        count(*) FILTER (WHERE kind = 'refusal'))
      FROM tollgate.ledger WHERE is_use OR kind = 'refusal'
      """)
    return (try #require(answered), try #require(logged))
  }

  /// What became of each balance on each day, by the roll-ups and what they do not have yet, and by the ledger, in one
  /// snapshot.
  mutating func movedAndLogged() throws -> (answered: String, logged: String) {
    try administrator.script("BEGIN ISOLATION LEVEL REPEATABLE READ")
    defer { do { try administrator.script("ROLLBACK") } catch { Issue.record(error) } }
    let days = """
      SELECT string_agg(concat_ws(' ', organization_id, token_type, day, used, granted, refunded, balance), ', '
        ORDER BY organization_id, token_type, day)
      FROM (
        SELECT organization_id, token_type, day, sum(used) AS used, sum(granted) AS granted, sum(refunded) AS refunded,
          (array_agg(balance ORDER BY last_sequence DESC))[1] AS balance
        FROM moved
        GROUP BY organization_id, token_type, day
      ) AS days
      """
    let answered = try administrator.text(
      Statement(
        """
        WITH moved AS (
          SELECT organization_id, token_type, day, used, granted, refunded, balance, last_sequence FROM tollgate.balance_days
          UNION ALL
          SELECT organization_id, token_type, (hour AT TIME ZONE 'UTC')::date, tokens, change + tokens, refunded, balance,
            last_sequence
          FROM tollgate.unrolled_sums((SELECT array_agg(id) FROM public.organizations))
          WHERE last_sequence IS NOT NULL
        )
        """ + days))
    let logged = try administrator.text(
      Statement(
        """
        WITH moved AS (
          SELECT organization_id, token_type, (created_at AT TIME ZONE 'UTC')::date AS day,
            CASE WHEN is_use THEN -amount ELSE 0 END AS used, CASE WHEN is_use THEN 0 ELSE amount END AS granted,
            CASE WHEN kind = 'refund' THEN amount ELSE 0 END AS refunded, balance_after AS balance, sequence AS last_sequence
          FROM tollgate.ledger
          WHERE sequence IS NOT NULL
        )
        """ + days))
    return (try #require(answered), try #require(logged))
  }

  /// Has what was written until now sealed and rolled up. Time is injected, so that nobody waits for more than transactions
  /// that are open elsewhere in the cluster. Where it is not awaited, it is tried a few times.
  mutating func passSeals(_ tenant: Tenant, isAwaited: Bool = true) throws {
    let target = try #require(try administrator.text("SELECT clock_timestamp() + interval '1 second'"))
    let deadline = ContinuousClock.now + .seconds(60)
    var turns = 0
    while true {
      if turns < 4 { _ = try server.settle(tenant.deduction("analyze_strategy")) }
      turns += 1
      try administrator.script(
        """
        BEGIN;
        SELECT set_config('tollgate.clock', (now() + interval '7 seconds')::text, true);
        SELECT tollgate.roll_up();
        COMMIT;
        """)
      if isAwaited {
        let isPassed = try administrator.text(
          "SELECT settled_at >= $1::timestamptz FROM tollgate.rollup_seal", [.text(target)])
        if isPassed == "t" { return }
        guard ContinuousClock.now < deadline else {
          Issue.record("the seal was not settled in time")
          return
        }
      } else if turns == 4 {
        return
      }
    }
  }
}
