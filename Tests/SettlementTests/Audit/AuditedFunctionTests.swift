import Postgres
import Testbed
import Testing
import Tokens

@Suite("Functions by which administrators change something")
struct AuditedFunctionTests {
  /// A call of each, by name, and what it records. `ORG`, `USER`, `OTHER` and `KEY` are a tenant, its users, and a key.
  private static let recording: [(name: String, call: String, changes: [String])] = [
    ("create_organization", "tollgate.create_organization('New', 'pro')", ["organization.create"]),
    ("change_plan", "tollgate.change_plan('ORG', 'enterprise')", ["organization.update"]),
    ("suspend_organization", "tollgate.suspend_organization('ORG', 'unpaid')", ["organization.update"]),
    ("resume_organization", "tollgate.resume_organization('ORG')", ["organization.update"]),
    ("add_organization", "tollgate.add_organization('New', 'pro', 'key')", ["organization.create"]),
    ("add_user", "tollgate.add_user('ORG', NULL, 'viewer', NULL, 'key')", ["user.create"]),
    ("remove_user", "tollgate.remove_user('ORG', 'OTHER')", ["user.delete"]),
    (
      "set_plan", #"tollgate.set_plan('team', 'Team', '{"general": 5}')"#, ["plan.create", "allocation.create"]
    ),
    ("create_user", "tollgate.create_user('ORG')", ["user.create"]),
    ("set_user_role", "tollgate.set_user_role('ORG', 'USER', 'viewer')", ["user.update"]),
    (
      "create_key", "tollgate.create_key('ORG', gen_random_uuid(), sha256('a'), 'Another', '{read}')",
      ["key.create"]
    ),
    ("rotate_key", "tollgate.rotate_key('KEY', gen_random_uuid(), sha256('b'))", ["key.create", "key.update"]),
    ("revoke_key", "tollgate.revoke_key('KEY')", ["key.update"]),
    ("adjust", "tollgate.adjust('ORG', 'general', 5)", ["balance.adjust"]),
    ("reset_balance", "tollgate.reset_balance('ORG', 'general')", ["balance.reset"]),
    ("top_up", "tollgate.top_up('ORG', 'general', 5, 'payment')", ["balance.top_up"]),
    (
      "settle",
      """
      tollgate.settle(ARRAY['ORG'::uuid], '{NULL}', '{false}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}',
        ARRAY[gen_random_uuid()], ARRAY['{"operation": "reset", "tokenType": "general"}'::jsonb])
      """, ["balance.reset"]
    ),
    (
      "settle_atomically",
      """
      tollgate.settle_atomically(ARRAY['ORG'::uuid], '{NULL}', '{false}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}',
        ARRAY[gen_random_uuid()], ARRAY['{"operation": "reset", "tokenType": "general"}'::jsonb])
      """, ["balance.reset"]
    ),
    ("set_auto_top_up", "tollgate.set_auto_top_up('ORG', 'general', 5, 50)", ["auto_top_up.create"]),
    ("clear_auto_top_up", "tollgate.clear_auto_top_up('ORG', 'general')", ["auto_top_up.delete"]),
    ("set_limit_override", "tollgate.set_limit_override('ORG', 'request_spacing', 5)", ["limit_override.create"]),
    ("remove_limit_override", "tollgate.remove_limit_override('ORG', 'request_spacing')", ["limit_override.delete"]),
    ("clear_limit", "tollgate.clear_limit('ORG', 'insights_a_day', 'ORG')", ["limit_use.delete"]),
    ("set_cache", "tollgate.set_cache('ORG', 'prices', '{title}', 60)", ["cache.create"]),
    ("delete_cache", "tollgate.delete_cache('ORG', 'prices')", ["cache.delete"]),
    ("set_content_budget", "tollgate.set_content_budget('ORG', 2)", ["content_budget.update"]),
    ("set_content_level", "tollgate.set_content_level(2, 7000)", ["content_level.update"]),
    ("reset_content_budget", "tollgate.reset_content_budget('ORG')", ["content_budget.reset"]),
    ("set_price", "tollgate.set_price('summarize', 'general', 2)", ["action.create"]),
    (
      "set_provider",
      """
      tollgate.set_provider('drive', 'https://a.example/', 'https://a.example/t', NULL, 'tollgate',
        \(Workplace.sealed), 'basic', '{}', 'https://b.example/', '{}')
      """, ["provider.create"]
    ),
    ("remove_provider", "tollgate.remove_provider('drive')", ["provider.delete"]),
    ("set_alert", "tollgate.set_alert(NULL, 'ORG', NULL, 'available_below', 5, '{}', true)", ["alert.create"]),
    (
      "add_alert", "tollgate.add_alert('ORG', NULL, 'available_below', 6, '{}', true, 'rule')", ["alert.create"]
    ),
    ("delete_alert", "tollgate.delete_alert((SELECT alert_id FROM tollgate.read_alerts() LIMIT 1))", ["alert.delete"]),
    (
      "create_webhook",
      "tollgate.create_webhook(gen_random_uuid(), 'ORG', 'https://a.example/', '{}', \(Workplace.sealed))",
      ["webhook.create"]
    ),
    (
      "change_webhook",
      "tollgate.change_webhook((SELECT webhook_id FROM tollgate.read_webhooks()), NULL, '{alert.raised}', NULL)",
      ["webhook.update"]
    ),
    (
      "rotate_webhook_secret",
      "tollgate.rotate_webhook_secret((SELECT webhook_id FROM tollgate.read_webhooks()), \(Workplace.sealed), 60)",
      ["webhook.update"]
    ),
    (
      "delete_webhook", "tollgate.delete_webhook((SELECT webhook_id FROM tollgate.read_webhooks()))",
      ["webhook.delete"]
    ),
    ("set_plan_price", "tollgate.set_plan_price('pro', 4900, 'EUR')", ["plan_price.create"]),
    ("set_pack_price", "tollgate.set_pack_price(500, 1000, 'EUR')", ["pack_price.create"]),
    ("remove_plan_price", "tollgate.remove_plan_price('pro')", ["plan_price.delete"]),
    ("remove_pack_price", "tollgate.remove_pack_price(500)", ["pack_price.delete"]),
    ("set_payment_pack", "tollgate.set_payment_pack('more', 'general', 5)", ["payment_pack.create"]),
    ("remove_payment_pack", "tollgate.remove_payment_pack('more')", ["payment_pack.delete"]),
    ("set_payment_customer", "tollgate.set_payment_customer('ORG', 'cus_1')", ["payment_customer.create"]),
    ("remove_payment_customer", "tollgate.remove_payment_customer('ORG', 'cus_1')", ["payment_customer.delete"]),
  ]

  /// What trusted callers may call as well, and decides nothing of an administrator's: it reads, spends, keeps results or
  /// looks after the database.
  private static let others: Set<String> = [
    "ask_cache", "balances_at", "begin_authorization", "check_balances", "connect_credential", "count_cache_answers",
    "describe_organizations", "dispatch_events", "drop_ended_authorizations", "drop_ended_deliveries",
    "drop_expired_partitions", "end_refresh", "ensure_partitions", "estimate_plans", "evaluate_alerts", "find_keys",
    "finish_delivery", "give_up_lease", "keep_vault_key", "read_balances", "read_caches", "read_content_standing",
    "read_credential",
    "read_deliveries", "read_forecast", "read_history", "read_key", "read_keys", "read_ledger", "read_membership",
    "read_organization",
    "read_own_alert_events", "read_reservation", "request_delivery", "read_transaction", "read_usage",
    "receive_payment_event", "record_checked_refusals",
    "record_key_uses", "remove_credential", "replay_delivery", "roll_up", "store_in_cache", "store_refreshed",
    "sweep", "take_authorization", "take_deliveries", "test_webhook", "use_credential",
  ]

  @Test("each records what it changes, once, and as whoever the server says asked for it")
  func each() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let key = try #require(try workplace.administrator.text("SELECT gen_random_uuid()"))
      _ = try workplace.administrator.query(
        "SELECT tollgate.create_key($1::uuid, $2::uuid, sha256('c'), 'Key', '{read}')", [tenant.parameter, .text(key)])
      _ = try workplace.administrator.query(
        "SELECT tollgate.save_attribute($1::uuid, gen_random_uuid(), 'Be brief.')", [tenant.parameter])
      try workplace.limit("insights_a_day", window: "day", maximum: 1000)
      try workplace.take(1, from: tenant)
      let names: [(String, String)] = [
        ("ORG", tenant.id.description), ("USER", tenant.member.description), ("OTHER", tenant.otherMember.description),
        ("KEY", key),
      ]
      for (name, call, changes) in Self.recording {
        var statement = "SELECT " + call
        for (word, value) in names { statement = statement.replacing(word, with: value) }
        let asked = Statement(statement)
        let recorded = try workplace.recorded { workplace in
          try workplace.server.transaction { server in
            try server.script(#"SET LOCAL tollgate.actor = '{"kind": "key", "id": "of the console"}'"#)
            _ = try server.query(asked)
          }
        }
        #expect(recorded.map(\.change) == changes, "\(name)")
        #expect(Set(recorded.map(\.actor)) == ["key of the console"], "\(name)")
      }
    }
  }

  @Test("every function that trusted callers alone may call, and that may write, is known to record or not to")
  func all() async throws {
    try await Workplace.with { workplace in
      let found = try workplace.administrator.lines(
        """
        SELECT DISTINCT proname FROM pg_proc
        WHERE pronamespace = 'tollgate'::regnamespace AND provolatile = 'v'
          AND has_function_privilege('tollgate_server', oid, 'EXECUTE')
          AND NOT has_function_privilege('authenticated', oid, 'EXECUTE')
        """)
      let known = Self.others.union(Self.recording.map(\.name))
      #expect(Set(found) == known, "a new function of administrators needs its line here")
    }
  }

  /// What no administrator decides: what is spent and counted, and the logs.
  private static let unadministered: Set<String> = [
    "public.ai_token_usage_log", "public.ai_tokens", "tollgate.alert_states", "tollgate.alert_walks",
    "tollgate.audit_log", "tollgate.balance_days", "tollgate.cache_days", "tollgate.deliveries",
    "tollgate.event_queue",
    "tollgate.cache_entries", "tollgate.content_attributes", "tollgate.credential_authorizations",
    "tollgate.credentials", "tollgate.events", "tollgate.idempotency_keys", "tollgate.ledger_entries",
    "tollgate.late_entries", "tollgate.limit_uses", "tollgate.pack_uses", "tollgate.payment_events",
    "tollgate.payment_invoices", "tollgate.prices", "tollgate.refunds",
    "tollgate.reservations",
    "tollgate.rolled_balances", "tollgate.rolled_organizations", "tollgate.rollup_places", "tollgate.rollup_seal",
    "tollgate.schema_migrations", "tollgate.schema_objects", "tollgate.schema_state", "tollgate.service_days",
    "tollgate.service_hours", "tollgate.token_packs", "tollgate.usage_days", "tollgate.usage_hours",
    "tollgate.usage_months", "tollgate.vault_keys",
  ]

  @Test("a table is recorded row by row, or every function that writes it records, or no administrator decides it")
  func tables() async throws {
    try await Workplace.with { workplace in
      let unrecorded = try workplace.administrator.lines(
        """
        SELECT class.oid::regclass, writer.unrecorded
        FROM pg_class AS class
          JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
          CROSS JOIN LATERAL (
            SELECT count(*) AS total,
              string_agg(routine.proname, ' ') FILTER (WHERE routine.prosrc !~ '\\mtollgate\\.record_change\\(') AS unrecorded
            FROM pg_proc AS routine
            WHERE routine.pronamespace = 'tollgate'::regnamespace
              AND routine.prosrc
                ~ format('\\m(INSERT INTO|UPDATE|DELETE FROM)\\s+%s\\.%s\\M', namespace.nspname, class.relname)
          ) AS writer
        WHERE namespace.nspname IN ('public', 'tollgate') AND class.relkind IN ('r', 'p') AND NOT class.relispartition
          AND (writer.total = 0 OR writer.unrecorded IS NOT NULL)
          AND NOT EXISTS (
            SELECT FROM pg_trigger WHERE tgrelid = class.oid AND tgfoid = 'tollgate.record_row'::regproc)
        """
      ).map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
      let found = Set(unrecorded.map { $0[0].contains(".") ? $0[0] : "public.\($0[0])" })
      #expect(found == Self.unadministered, "written without a record by: \(unrecorded)")
    }
  }
}
