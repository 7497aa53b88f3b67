import Postgres
import Testbed
import Testing
import Tokens

@Suite("What each role may do")
struct PrivilegeTests {
  /// What the views need, and what members may ask for themselves.
  private static let forMembers: Set<String> = [
    "activate_attributes",
    "allocation_at",
    "applicable_limits",
    "balance_after_reset",
    "balance_state",
    "capture",
    "check_balance",
    "content_budget_tokens",
    "content_few",
    "content_percent",
    "content_standing",
    "content_state",
    "critical_threshold",
    "current_organization_id",
    "current_user_id",
    "deduct",
    "delete_attribute",
    "due_movements",
    "extend",
    "injected_moment",
    "instant_of_local",
    "moment",
    "movement",
    "period_at",
    "period_end",
    "periods_between",
    "price_of",
    "read_attributes",
    "read_content_usage",
    "record_attribute_use",
    "refund",
    "release",
    "reserve",
    "save_attribute",
    "state_between",
    "state_level",
    "time_ordered_id",
    "units_fit",
    "usable_time_zone",
    "use_packs",
    "warning_threshold",
  ]

  /// What the server calls.
  private static let forServer: Set<String> = [
    "activate_attributes",
    "add_alert",
    "add_organization",
    "add_user",
    "adjust",
    "ask_cache",
    "balances_at",
    "capture",
    "change_plan",
    "change_webhook",
    "check_balance",
    "check_balances",
    "clear_auto_top_up",
    "clear_limit",
    "count_cache_answers",
    "create_key",
    "create_organization",
    "create_user",
    "deduct",
    "delete_alert",
    "delete_attribute",
    "delete_cache",
    "delete_webhook",
    "describe_organizations",
    "dispatch_events",
    "drop_ended_authorizations",
    "drop_ended_deliveries",
    "drop_expired_partitions",
    "ensure_partitions",
    "estimate_plans",
    "evaluate_alerts",
    "event_type",
    "extend",
    "find_organizations",
    "find_users",
    "give_up_lease",
    "organization_of",
    "read_actions",
    "read_alert_events",
    "read_alerts",
    "read_attributes",
    "read_audit_log",
    "read_balances",
    "read_caches",
    "read_content_budgets",
    "read_content_standing",
    "read_content_usage",
    "read_costs",
    "read_credential",
    "read_deliveries",
    "read_forecast",
    "read_history",
    "read_key",
    "read_keys",
    "read_ledger",
    "read_membership",
    "read_organization",
    "read_overview",
    "read_pack_prices",
    "read_payment_customers",
    "read_payment_packs",
    "read_plan_prices",
    "read_plans",
    "read_prices",
    "read_providers",
    "read_reservation",
    "read_running_out",
    "read_service_usage",
    "read_transaction",
    "read_usage",
    "read_webhooks",
    "record_attribute_use",
    "record_checked_refusals",
    "refund",
    "release",
    "remove_limit_override",
    "remove_pack_price",
    "remove_payment_customer",
    "remove_payment_pack",
    "remove_plan_price",
    "remove_provider",
    "remove_user",
    "replay_delivery",
    "request_delivery",
    "reporting_span",
    "reserve",
    "reset_balance",
    "reset_content_budget",
    "resume_organization",
    "revoke_key",
    "roll_up",
    "rotate_key",
    "save_attribute",
    "schema_level",
    "set_alert",
    "set_auto_top_up",
    "set_cache",
    "set_content_budget",
    "set_content_level",
    "set_limit_override",
    "set_pack_price",
    "set_payment_customer",
    "set_payment_pack",
    "set_plan",
    "set_plan_price",
    "set_price",
    "set_user_role",
    "settle",
    "settle_atomically",
    "store_in_cache",
    "suspend_organization",
    "sweep",
    "test_webhook",
    "top_up",
  ]

  /// What the server alone calls: digests and sealed values are for nobody else to see, or to put in place.
  private static let forServerAlone: Set<String> = [
    "begin_authorization",
    "connect_credential",
    "create_webhook",
    "end_refresh",
    "find_keys",
    "finish_delivery",
    "keep_vault_key",
    "read_own_alert_events",
    "read_vault_keys",
    "receive_payment_event",
    "record_key_uses",
    "remove_credential",
    "rotate_webhook_secret",
    "set_provider",
    "store_refreshed",
    "take_authorization",
    "take_deliveries",
    "use_credential",
  ]

  /// The functions that a role may call, by the name of the role.
  private static let callable: [String: Set<String>] = [
    "anon": [],
    "authenticated": forMembers,
    "service_role": forMembers.union(forServer),
    "tollgate_server": forServer.union(forServerAlone),
  ]

  @Test("a role may call exactly the functions made for it", arguments: callable.keys.sorted())
  func functions(role: String) async throws {
    try await Workplace.with { workplace in
      let found = try workplace.administrator.lines(
        """
        SELECT DISTINCT proname FROM pg_proc
        WHERE pronamespace = 'tollgate'::regnamespace AND has_function_privilege($1, oid, 'EXECUTE')
          AND has_schema_privilege($1, 'tollgate', 'USAGE')
        """, [.text(role)])
      #expect(found.sorted() == Self.callable[role]?.sorted())
    }
  }

  /// Tables and partitions of tenants, and views on them.
  private static let relations = Statement(
    """
    SELECT class.oid::regclass, (SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = class.oid AND attnum = 1),
      class.relispartition, class.relkind = 'v'
    FROM pg_class AS class
    WHERE class.relnamespace IN ('public'::regnamespace, 'tollgate'::regnamespace) AND class.relkind IN ('r', 'p', 'v')
      AND (class.relname = 'organizations'
        OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = class.oid AND attname = 'organization_id'))
    """)

  private struct Relation {
    let name: String
    /// Its first column.
    let column: String
    let isPartition: Bool
    let isView: Bool
  }

  private static func relations(_ workplace: inout Workplace) throws -> [Relation] {
    let found = try workplace.administrator.lines(relations).map { line in
      let values = line.split(separator: "|").map(String.init)
      return Relation(name: values[0], column: values[1], isPartition: values[2] == "t", isView: values[3] == "t")
    }
    // Six tables with partitions for more than a month, and six views.
    #expect(found.count > 18)
    return found
  }

  private static let insufficientPrivilege = "42501"
  private static let notWritable = ["55000", "42809", "0A000"]

  @Test(
    "no role can insert, update, delete or truncate in any table, partition or view of tenants",
    arguments: ["anon", "authenticated", "service_role", "tollgate_server"])
  func noWriting(role: String) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal", key: "k"))
      let relations = try Self.relations(&workplace)
      try workplace.administrator.become(
        role, claims: #"{"sub": "\#(tenant.member)", "role": "\#(role)"}"#)
      for relation in relations {
        let name = relation.name
        for statement in [
          "INSERT INTO \(name) DEFAULT VALUES", "UPDATE \(name) SET \(relation.column) = \(relation.column)",
          "DELETE FROM \(name)",
          "TRUNCATE \(name)", "SELECT * FROM \(name) FOR UPDATE",
        ] {
          let refusal = try workplace.administrator.refusal(Statement(statement))
          // Many views cannot be written at all, which is noticed before anybody asks for privileges.
          let accepted = [Self.insufficientPrivilege] + (relation.isView ? Self.notWritable : [])
          #expect(accepted.contains(refusal ?? "allowed"), "\(role): \(statement)")
        }
      }
      try workplace.administrator.script("RESET ROLE")
    }
  }

  @Test("partitions are read by nobody directly, except by who is above the policies of their parents")
  func partitions() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal", key: "k"))
      let partitions = try Self.relations(&workplace).filter(\.isPartition).map(\.name)
      #expect(partitions.count > 6)
      for role in ["anon", "authenticated", "service_role", "tollgate_server", "tollgate_owner"] {
        try workplace.administrator.become(role, claims: #"{"sub": "\#(tenant.member)"}"#)
        for partition in partitions {
          if role == "tollgate_owner" {
            #expect(try workplace.administrator.lines(Statement("SELECT * FROM \(partition)")) == [], "\(partition)")
          } else {
            #expect(
              try workplace.administrator.refusal(Statement("SELECT * FROM \(partition)"))
                == Self.insufficientPrivilege, "\(role): \(partition)")
          }
        }
      }
    }
  }

  @Test("the server reads no table and no view, by its login and by SET ROLE")
  func serverReadsNothing() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let relations = try Self.relations(&workplace).map(\.name) + ["tollgate.plans", "tollgate.features"]
      try workplace.administrator.become("tollgate_server", claims: #"{"sub": "\#(tenant.member)"}"#)
      for relation in relations {
        let statement = Statement("SELECT count(*) FROM \(relation)")
        #expect(try workplace.administrator.refusal(statement) == Self.insufficientPrivilege, "\(relation)")
        #expect(try workplace.server.refusal(statement) == Self.insufficientPrivilege, "\(relation)")
      }
    }
  }

  @Test("an anonymous visitor reads no table and no view, whatever the claims say")
  func anonymousReadsNothing() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let relations = try Self.relations(&workplace).map(\.name)
      try workplace.administrator.become("anon", claims: #"{"sub": "\#(tenant.member)"}"#)
      for relation in relations {
        #expect(
          try workplace.administrator.refusal(Statement("SELECT * FROM \(relation)")) == Self.insufficientPrivilege,
          "\(relation)")
      }
      #expect(
        try workplace.administrator.refusal(
          "SELECT tollgate.deduct($1::uuid, NULL, 'generate_goal')", [tenant.parameter]) == Self.insufficientPrivilege)
    }
  }

  @Test("tollgate.deduct spends for the user in the claims and refuses to act for anybody else")
  func deductAsMember() async throws {
    try await Workplace.with { workplace in
      let mine = try workplace.tenant()
      let other = try workplace.tenant()
      try workplace.administrator.become(user: mine.member)
      let call = Statement("SELECT status FROM tollgate.deduct($1::uuid, $2::uuid, 'generate_goal')")
      let granted: [[Parameter]] = [
        [mine.parameter, .text(mine.member.description)], [mine.parameter, .null], [.null, .null],
      ]
      for parameters in granted { #expect(try workplace.administrator.text(call, parameters) == "success") }
      let refused: [[Parameter]] = [
        [other.parameter, .text(mine.member.description)], [other.parameter, .text(other.member.description)],
        [other.parameter, .null], [mine.parameter, .text(mine.otherMember.description)],
        [.null, .text(other.member.description)], ["00000000-0000-0000-0000-000000000000", .null],
      ]
      for parameters in refused { #expect(try workplace.administrator.refusal(call, parameters) == "TG403") }
      let check = Statement("SELECT tollgate.check_balance($1::uuid, $2::uuid, 'generate_goal')")
      #expect(try workplace.administrator.text(check, [mine.parameter, .null]) == "t")
      #expect(try workplace.administrator.refusal(check, [other.parameter, .null]) == "TG403")
      try workplace.administrator.become("authenticated")
      #expect(try workplace.administrator.refusal(call, [mine.parameter, .null]) == "TG401")
      try workplace.administrator.script("RESET ROLE")
      #expect(try workplace.balance(of: mine, "goal_generation") == 11)
      #expect(try workplace.balance(of: other, "goal_generation") == 20)
      #expect(try workplace.count("tollgate.ledger", of: other, where: "kind <> 'allocation'") == 0)
    }
  }
}
