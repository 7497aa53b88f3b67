import Postgres
import Testbed
import Testing
import Tokens

@Suite("Administration of limits")
struct LimitAdministrationTests {
  private static let setOverride = Statement("SELECT tollgate.set_limit_override($1::uuid, $2, $3::bigint)")
  private static let removeOverride = Statement("SELECT tollgate.remove_limit_override($1::uuid, $2)")
  private static let clear = Statement("SELECT tollgate.clear_limit($1::uuid, $2, $3::uuid)")

  @Test("an organization has a maximum of its own, none, or the limit's again, from the next charge on")
  func override() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let other = try workplace.tenant()
      try workplace.limit("calls", window: "seconds", seconds: 60, maximum: 1)
      try workplace.setClock("2027-01-31 12:00+00")
      for tenant in [tenant, other] { try workplace.take(1, from: tenant) }
      #expect(try workplace.bound(1, tenant) == "calls 60")
      _ = try workplace.server.query(Self.setOverride, [tenant.parameter, "calls", 2])
      #expect(try workplace.bound(1, tenant) == nil)
      #expect(try workplace.bound(1, other) == "calls 60")
      try workplace.take(1, from: tenant)
      #expect(try workplace.bound(1, tenant) == "calls 60")
      _ = try workplace.server.query(Self.setOverride, [tenant.parameter, "calls", .null])
      #expect(try workplace.bound(1, tenant) == nil)
      _ = try workplace.server.query(Self.setOverride, [tenant.parameter, "calls", 0])
      #expect(try workplace.bound(1, tenant) == "calls")
      _ = try workplace.server.query(Self.removeOverride, [tenant.parameter, "calls"])
      #expect(try workplace.bound(1, tenant) == "calls 60")
    }
  }

  @Test("who is blocked is let in again by clearing what was counted, and nobody else is")
  func clearing() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.limit("calls", per: "user", window: "seconds", seconds: 60, maximum: 1)
      try workplace.setClock("2027-01-31 12:00+00")
      for user in [tenant.member, tenant.otherMember] { try workplace.take(1, from: tenant, by: user) }
      let parameters: [Parameter] = [tenant.parameter, "calls", .text(tenant.member.description)]
      #expect(try workplace.server.text(Self.clear, parameters) == "t")
      #expect(try workplace.bound(1, tenant) == nil)
      #expect(try workplace.bound(1, tenant, by: tenant.otherMember) == "calls 60")
      #expect(try workplace.server.text(Self.clear, parameters) == "f")
    }
  }

  @Test("unknown organizations and limits and impossible maximums are refused, and members may do none of it")
  func refusals() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let nobody: Parameter = "00000000-0000-0000-0000-000000000000"
      let calls: [(Statement, [Parameter])] = [
        (Self.setOverride, [1]), (Self.removeOverride, []), (Self.clear, [.text(tenant.member.description)]),
      ]
      for (statement, rest) in calls {
        let name: Parameter = "failed_attempts"
        #expect(try workplace.server.refusal(statement, [tenant.parameter, name] + rest) == nil)
        #expect(try workplace.server.refusal(statement, [nobody, name] + rest) == "TG404")
        #expect(try workplace.server.refusal(statement, [.null, name] + rest) == "TG404")
        #expect(try workplace.server.refusal(statement, [tenant.parameter, "no_such_limit"] + rest) == "TG404")
        #expect(try workplace.server.refusal(statement, [tenant.parameter, .null] + rest) == "TG404")
      }
      for maximum in [-1, 1_000_000_000_000_001] as [Int64] {
        let parameters: [Parameter] = [tenant.parameter, "failed_attempts", .integer(maximum)]
        #expect(try workplace.server.refusal(Self.setOverride, parameters) == "TG422")
      }
      try workplace.administrator.become(user: tenant.member)
      for (statement, rest) in calls {
        #expect(
          try workplace.administrator.refusal(statement, [tenant.parameter, "failed_attempts"] + rest) == "42501")
      }
    }
  }

  @Test("a feature is limited exactly while a limit that is on could apply to it")
  func limitedFeatures() async throws {
    try await Workplace.with { workplace in
      let limited = Statement("SELECT feature FROM tollgate.features WHERE is_limited ORDER BY feature")
      #expect(try workplace.administrator.lines(limited) == [])
      try workplace.limit("calls", window: "day", maximum: 1, feature: "generate_goal", plan: "pro")
      #expect(try workplace.administrator.lines(limited) == ["generate_goal"])
      try workplace.administrator.script("UPDATE tollgate.limits SET feature = NULL, token_type = 'general'")
      #expect(try workplace.administrator.lines(limited) == ["analyze_efficiency", "generate_insight"])
      // A feature that comes later, one that is paid otherwise from now on, and a mark that was removed by hand.
      try workplace.administrator.script(
        """
        INSERT INTO tollgate.features (feature, token_type, cost) VALUES ('summarize', 'general', 1);
        UPDATE tollgate.features SET token_type = 'forecast' WHERE feature = 'analyze_efficiency';
        UPDATE tollgate.features SET is_limited = false
        """)
      #expect(try workplace.administrator.lines(limited) == ["generate_insight", "summarize"])
      try workplace.administrator.script("UPDATE tollgate.limits SET is_enabled = false")
      #expect(try workplace.administrator.lines(limited) == [])
      try workplace.administrator.script(
        "UPDATE tollgate.limits SET is_enabled = true, token_type = NULL WHERE limit_name = 'calls'")
      #expect(
        try workplace.administrator.integer("SELECT count(*) FROM tollgate.features WHERE NOT is_limited") == 0)
      try workplace.administrator.script("DELETE FROM tollgate.limits WHERE limit_name = 'calls'")
      #expect(try workplace.administrator.lines(limited) == [])
    }
  }

  @Test("limits that make no sense are refused")
  func nonsense() async throws {
    try await Workplace.with { workplace in
      for values in [
        "'a', 'user', 'uses', 'request', NULL, 1", "'a', 'user', 'tokens', 'spacing', 3, 1",
        "'a', 'user', 'uses', 'spacing', NULL, 1", "'a', 'user', 'uses', 'day', 60, 1",
        "'a', 'user', 'uses', 'seconds', 0, 1", "'a', 'user', 'uses', 'day', NULL, -1",
        "'a', 'team', 'uses', 'day', NULL, 1", "'a', 'user', 'calls', 'day', NULL, 1",
        "'a', 'user', 'uses', 'week', NULL, 1", "'A b', 'user', 'uses', 'day', NULL, 1",
      ] {
        let statement = Statement(
          """
          INSERT INTO tollgate.limits (limit_name, per, counts, window_kind, window_seconds, maximum)
          VALUES (\(values))
          """)
        let refusal = try workplace.administrator.refusal(statement)
        #expect(refusal == "23514", "\(values)")
      }
    }
  }
}
