import Postgres
import Testbed
import Testing
import Tokens

@Suite("What members see")
struct RowSecurityTests {
  /// Tables and views of tenants, and the column that names the organization.
  private static let relations = [
    ("public.organizations", "id"), ("public.user_profiles", "organization_id"),
    ("public.ai_tokens", "organization_id"), ("public.ai_token_usage_log", "organization_id"),
    ("tollgate.ledger_entries", "organization_id"), ("tollgate.ledger", "organization_id"),
    ("tollgate.current_balances", "organization_id"), ("tollgate.usage_by_feature", "organization_id"),
    ("tollgate.usage_by_user", "organization_id"), ("tollgate.low_balances", "organization_id"),
    ("tollgate.due_resets", "organization_id"), ("tollgate.limit_uses", "organization_id"),
    ("tollgate.limit_overrides", "organization_id"), ("tollgate.limits_in_use", "organization_id"),
    ("tollgate.packs", "organization_id"), ("tollgate.stuck_tokens", "organization_id"),
    ("tollgate.api_keys", "organization_id"), ("tollgate.keys", "organization_id"),
    ("tollgate.content_budgets", "organization_id"), ("tollgate.content_attributes", "organization_id"),
    ("tollgate.content_usage", "organization_id"),
    ("tollgate.caches", "organization_id"), ("tollgate.cache_entries", "organization_id"),
    ("tollgate.cache_days", "organization_id"), ("tollgate.cache_use", "organization_id"),
    ("tollgate.credentials", "organization_id"),
    ("tollgate.usage_hours", "organization_id"), ("tollgate.usage_days", "organization_id"),
    ("tollgate.usage_months", "organization_id"), ("tollgate.balance_days", "organization_id"),
    ("tollgate.rolled_balances", "organization_id"), ("tollgate.rolled_organizations", "organization_id"),
    ("tollgate.late_entries", "organization_id"), ("tollgate.running_out", "organization_id"),
    ("tollgate.payment_customers", "organization_id"), ("tollgate.payment_invoices", "organization_id"),
  ]

  /// Two organizations that have something in every table and view.
  private static func tenants(_ workplace: inout Workplace) throws -> (Tenant, Tenant) {
    let tenants = (try workplace.tenant(), try workplace.tenant(plan: "enterprise"))
    for tenant in [tenants.0, tenants.1] {
      _ = try workplace.server.settle([
        tenant.deduction("generate_goal", key: "k"), tenant.deduction("generate_goal", units: 1000),
        tenant.deduction("generate_leads", units: 10), tenant.deduction("generate_leads", units: 90),
      ])
      _ = try workplace.administrator.query(
        "SELECT tollgate.top_up($1::uuid, 'general', 5, 'p')", [tenant.parameter])
      _ = try workplace.administrator.query(
        "SELECT tollgate.reserve($1::uuid, NULL, 'generate_insight', 5)", [tenant.parameter])
    }
    _ = try workplace.administrator.query(
      "UPDATE public.ai_tokens SET refresh_date = now() - interval '1 hour' WHERE token_type = 'forecast'")
    _ = try workplace.administrator.query(
      "UPDATE tollgate.reservations SET expires_at = now() - interval '1 second'")
    _ = try workplace.administrator.query(
      "UPDATE public.ai_tokens SET due_at = now() - interval '1 second' WHERE token_type = 'general'")
    _ = try workplace.administrator.query(
      "UPDATE public.ai_tokens SET balance = 1 WHERE token_type = 'strategy_analysis'")
    try workplace.limit("insights_a_day", window: "day", maximum: 1000)
    for tenant in [tenants.0, tenants.1] {
      try workplace.take(1, from: tenant)
      try workplace.take(1, from: tenant)
      _ = try workplace.administrator.query(
        "SELECT tollgate.set_limit_override($1::uuid, 'insights_a_day', 5)", [tenant.parameter])
      _ = try workplace.administrator.query(
        "SELECT tollgate.create_key($1::uuid, gen_random_uuid(), sha256($2::text::bytea), 'Key', '{read}')",
        [tenant.parameter, tenant.parameter])
      _ = try workplace.administrator.query(
        "SELECT tollgate.save_attribute($1::uuid, gen_random_uuid(), 'Be brief.')", [tenant.parameter])
      _ = try workplace.administrator.query(
        "SELECT tollgate.set_cache($1::uuid, 'prices', '{title}', 60)", [tenant.parameter])
      _ = try workplace.administrator.query(
        "SELECT tollgate.ask_cache($1::uuid, NULL, false, 'prices', '{\"title\": \"a\"}', gen_random_uuid())",
        [tenant.parameter])
      try workplace.connect(tenant)
      try workplace.owe(tenant, name: tenant.id.description)
    }
    try workplace.rollUp()
    try workplace.refuseLate(tenants.0)
    try workplace.refuseLate(tenants.1)
    return tenants
  }

  /// The organizations whose rows the present role sees in a table or view.
  private static func seen(_ relation: (String, String), _ workplace: inout Workplace) throws -> [String] {
    try workplace.administrator.lines(Statement("SELECT DISTINCT \(relation.1) FROM \(relation.0) ORDER BY 1"))
  }

  @Test("a member sees its organization's rows in every table and view, and no other's", arguments: [false, true])
  func own(byOlderSetting: Bool) async throws {
    try await Workplace.with { workplace in
      let (mine, other) = try Self.tenants(&workplace)
      let views = try workplace.administrator.lines(
        """
        SELECT format('%I.%I', relnamespace::regnamespace, relname) FROM pg_class
        WHERE relkind IN ('v', 'm') AND relnamespace = 'tollgate'::regnamespace
        """)
      #expect(Set(views).isSubset(of: Set(Self.relations.map(\.0))), "a new view needs its line here")
      for tenant in [mine, other] {
        if byOlderSetting {
          try workplace.administrator.become("authenticated")
          _ = try workplace.administrator.query(
            "SELECT set_config('request.jwt.claim.sub', $1, false)", [.text(tenant.member.description)])
        } else {
          try workplace.administrator.become(user: tenant.member)
        }
        for relation in Self.relations {
          #expect(try Self.seen(relation, &workplace) == ["\(tenant.id)"], "\(relation.0)")
        }
        #expect(
          try workplace.administrator.lines("SELECT id FROM public.user_profiles") == ["\(tenant.member)"])
      }
    }
  }

  @Test("the service role sees both")
  func service() async throws {
    try await Workplace.with { workplace in
      let (mine, other) = try Self.tenants(&workplace)
      try workplace.administrator.become("service_role")
      for relation in Self.relations {
        #expect(try Self.seen(relation, &workplace) == ["\(mine.id)", "\(other.id)"].sorted(), "\(relation.0)")
      }
    }
  }

  /// Claims of a session; nil where it never had any. MEMBER and MINE stand for ids.
  private static let claimsOfNobody: [String?] = [
    nil, "", "garbage", "[]", "{}", "null", "5", #""x""#, #"{"sub": 5}"#, #"{"sub": null}"#, #"{"sub": ""}"#,
    #"{"sub": []}"#, #"{"sub": "x"}"#, #"{"sub": "00000000-0000-0000-0000-000000000000"}"#, #"{"sub": "\u0000"}"#,
    #"{"user_metadata": {"sub": "MEMBER"}}"#, #"{"organization_id": "MINE", "role": "service_role"}"#,
    #"[{"sub": "MEMBER"}]"#, #""MEMBER""#, "MEMBER", #"{"SUB": "MEMBER"}"#, #"{"sub": "MEMBER'"}"#,
    #"{"sub": "MEMBER"}}"#, #"{"sub": "' OR true --"}"#,
  ]

  @Test("claims that name no user show nothing and raise nothing")
  func nobody() async throws {
    try await Workplace.with { workplace in
      let (mine, _) = try Self.tenants(&workplace)
      for claims in Self.claimsOfNobody {
        workplace.administrator = try workplace.database.connect()
        if let claims {
          let named = claims.replacing("MEMBER", with: "\(mine.member)").replacing("MINE", with: "\(mine.id)")
          try workplace.administrator.become("authenticated", claims: named)
        } else {
          try workplace.administrator.script("SET ROLE authenticated")
        }
        for relation in Self.relations {
          #expect(try Self.seen(relation, &workplace) == [], "\(relation.0) as \(claims ?? "nobody")")
        }
      }
    }
  }

  @Test("a user of two organizations sees nothing of either, until one membership is gone")
  func twoOrganizations() async throws {
    try await Workplace.with { workplace in
      let (mine, other) = try Self.tenants(&workplace)
      _ = try workplace.administrator.query(
        "INSERT INTO public.user_profiles (organization_id, id) VALUES ($1::uuid, $2::uuid)",
        [other.parameter, .text(mine.member.description)])
      try workplace.administrator.become(user: mine.member)
      for relation in Self.relations {
        #expect(try Self.seen(relation, &workplace) == [], "\(relation.0)")
      }
      #expect(
        try workplace.administrator.refusal("SELECT tollgate.deduct(NULL, NULL, 'generate_goal')") == "TG403")
      try workplace.administrator.script("RESET ROLE")
      _ = try workplace.administrator.query(
        "DELETE FROM public.user_profiles WHERE organization_id = $1::uuid AND id = $2::uuid",
        [other.parameter, .text(mine.member.description)])
      try workplace.administrator.become(user: mine.member)
      for relation in Self.relations {
        #expect(try Self.seen(relation, &workplace) == ["\(mine.id)"], "\(relation.0)")
      }
    }
  }

  @Test(
    "the settings that the system uses for itself show a member nothing more",
    arguments: ["tollgate.organizations", "tollgate.user_id", "tollgate.keys"])
  func ownSettings(name: String) async throws {
    try await Workplace.with { workplace in
      let (mine, other) = try Self.tenants(&workplace)
      let keys = try workplace.administrator.text("SELECT array_agg(key_id) FROM tollgate.api_keys")
      try workplace.administrator.become(user: mine.member)
      let value =
        switch name {
        case "tollgate.organizations": "{\(mine.id),\(other.id)}"
        case "tollgate.keys": try #require(keys)
        default: "\(other.member)"
        }
      _ = try workplace.administrator.query(
        "SELECT set_config($1, $2, false)", [.text(name), .text(value)])
      for relation in Self.relations {
        #expect(try Self.seen(relation, &workplace) == ["\(mine.id)"], "\(relation.0)")
      }
      #expect(
        try workplace.administrator.refusal(
          "SELECT tollgate.deduct($1::uuid, NULL, 'generate_goal')", [other.parameter]) == "TG403")
    }
  }

  @Test("the owner itself sees nothing outside of the functions")
  func owner() async throws {
    try await Workplace.with { workplace in
      _ = try Self.tenants(&workplace)
      try workplace.administrator.script("SET ROLE tollgate_owner")
      for relation in Self.relations {
        #expect(try Self.seen(relation, &workplace) == [], "\(relation.0)")
      }
    }
  }

  @Test("a condition that raises on other rows tells a member nothing of them")
  func leakyCondition() async throws {
    try await Workplace.with { workplace in
      let (mine, other) = try Self.tenants(&workplace)
      try workplace.administrator.become(user: mine.member)
      // Divides by zero for the other organization's rows only, were they asked about.
      for relation in Self.relations {
        let rows = try workplace.administrator.lines(
          Statement(
            """
            SELECT DISTINCT \(relation.1) FROM \(relation.0)
            WHERE 1 / (CASE WHEN \(relation.1) = '\(other.id)' THEN 0 ELSE 1 END) = 1
            """))
        #expect(rows == ["\(mine.id)"], "\(relation.0)")
      }
    }
  }
}
