import Postgres
import Testbed
import Testing
import Tokens

@Suite("Rules of limits")
struct LimitRuleTests {
  @Test("every limit that comes with Tollgate is off, and binds nothing")
  func off() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      #expect(
        try workplace.administrator.lines(
          """
          SELECT limit_name, is_enabled, per, counts, window_kind, window_seconds, maximum, action
          FROM tollgate.limits ORDER BY limit_name
          """) == [
            "failed_attempts|f|user|refusals|seconds|3600|5|refuse", "request_spacing|f|user|uses|spacing|3|1|refuse",
            "requests_per_minute|f|user|uses|seconds|60|30|refuse",
            "tokens_per_hour|f|user|tokens|seconds|3600|500|alert",
            "tokens_per_request|f|user|tokens|request||10|refuse",
          ])
      #expect(try workplace.administrator.integer("SELECT count(*) FROM tollgate.features WHERE is_limited") == 0)
      try workplace.take(1_000_000, from: tenant)
      #expect(try workplace.bound(1_000_000, tenant) == nil)
      #expect(try workplace.count("tollgate.limit_uses", of: tenant) == 0)
    }
  }

  @Test("a limit is for a plan, a token type and a feature, or for all of them")
  func applies() async throws {
    try await Workplace.with { workplace in
      let pro = try workplace.tenant()
      let enterprise = try workplace.tenant(plan: "enterprise")
      try workplace.limit("of_enterprise", window: "day", maximum: 0, plan: "enterprise")
      try workplace.limit("of_forecasts", window: "day", maximum: 0, tokenType: "forecast")
      try workplace.limit("of_goals", window: "day", maximum: 0, feature: "generate_goal")
      #expect(try workplace.bound(1, pro) == nil)
      #expect(try workplace.bound(1, enterprise) == "of_enterprise")
      try workplace.limit("of_general", window: "day", maximum: 0, tokenType: "general")
      #expect(try workplace.bound(1, pro) == "of_general")
      try workplace.limit("of_all", window: "day", maximum: 0)
      #expect(try workplace.bound(1, pro) == "of_all")
    }
  }

  @Test("tokens and uses are counted for each user, or for all of an organization together")
  func subjects() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let other = try workplace.tenant()
      try workplace.limit("together", counts: "tokens", window: "month", maximum: 10)
      try workplace.limit("each", per: "user", counts: "tokens", window: "month", maximum: 6)
      try workplace.take(6, from: tenant)
      #expect(try workplace.bound(0, tenant) == nil)
      #expect(try workplace.bound(1, tenant)?.hasPrefix("each ") == true)
      #expect(try workplace.bound(4, tenant, by: tenant.otherMember) == nil)
      #expect(try workplace.bound(5, tenant, by: tenant.otherMember)?.hasPrefix("together ") == true)
      #expect(try workplace.bound(6, other) == nil)
      // Without a user only what is counted together.
      let nobody = Statement(
        "SELECT limit_name FROM tollgate.binding_limit($1::uuid, NULL, 'x', 'general', $2::bigint)")
      #expect(try workplace.administrator.text(nobody, [tenant.parameter, .integer(4)]) == nil)
      #expect(try workplace.administrator.text(nobody, [tenant.parameter, .integer(5)]) == "together")
      #expect(
        try workplace.administrator.lines(
          "SELECT limit_name, subject, used, maximum, is_used_up FROM tollgate.limits_in_use ORDER BY limit_name") == [
            "each|\(tenant.member)|6|6|t", "together|\(tenant.id)|6|10|f",
          ])
    }
  }

  @Test("of several limits the one binds that makes one wait longest; what waiting does not help comes first")
  func order() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.setClock("2027-01-31 23:00+00")
      try workplace.limit("b_minute", window: "seconds", seconds: 60, maximum: 1)
      try workplace.limit("c_minute", window: "seconds", seconds: 60, maximum: 1)
      try workplace.take(1, from: tenant)
      #expect(try workplace.bound(1, tenant) == "b_minute 60")
      try workplace.limit("a_day", counts: "tokens", window: "day", maximum: 5)
      try workplace.take(5, from: tenant)
      #expect(try workplace.bound(1, tenant) == "a_day 3600")
      #expect(try workplace.bound(6, tenant) == "a_day")
      try workplace.limit("z_request", counts: "tokens", window: "request", maximum: 3)
      #expect(try workplace.bound(3, tenant) == "a_day 3600")
      #expect(try workplace.bound(4, tenant) == "z_request")
    }
  }

  @Test("a limit that alerts refuses nothing and writes one event a window, with who used how much")
  func alert() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.enable("tokens_per_hour")
      try workplace.setClock("2027-01-31 12:00+00")
      for cost in [500, 1, 1] as [Int64] { try workplace.take(cost, from: tenant) }
      try workplace.take(501, from: tenant, by: tenant.otherMember)
      #expect(try workplace.bound(1, tenant) == nil)
      try workplace.setClock("2027-01-31 13:00+00")
      try workplace.take(500, from: tenant)
      try workplace.take(9, from: tenant)
      #expect(
        try workplace.administrator.lines(
          """
          SELECT kind, token_type, payload, created_at AT TIME ZONE 'UTC' FROM tollgate.events
          ORDER BY created_at, payload ->> 'subject' = $1 DESC
          """, [.text(tenant.member.description)])
          == [(tenant.member, 501, 12), (tenant.otherMember, 501, 12), (tenant.member, 509, 13)].map {
            #"limit_exceeded|general|{"used": \#($1), "limit": "tokens_per_hour", "maximum": 500, "subject": "\#($0)"}"#
              + "|2027-01-31 \($2):00:00"
          })
    }
  }

  @Test("what was taken for a charge that did not happen is given back while the window is open")
  func givingBack() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.limit("calls", window: "seconds", seconds: 60, maximum: 9)
      try workplace.limit("tokens", per: "user", counts: "tokens", window: "day", maximum: 99)
      try workplace.enable("request_spacing", "failed_attempts")
      let giveBack = Statement(
        """
        SELECT tollgate.give_back_limits(
          $1::uuid, $2::uuid, 'generate_insight', 'general', $3::bigint, $4::timestamptz, $5::bigint)
        """)
      let member = Parameter.text(tenant.member.description)
      try workplace.setClock("2027-01-31 12:00:00+00")
      try workplace.take(30, from: tenant)
      try workplace.take(20, from: tenant)
      // One of them costs 5 less than was taken for it, the other does not happen.
      _ = try workplace.administrator.query(
        giveBack, [tenant.parameter, member, 5, "2027-01-31 12:00:00+00", 0])
      #expect(try workplace.counted("calls", of: tenant) == ["2|0"])
      #expect(try workplace.counted("tokens", of: tenant) == ["45|0"])
      _ = try workplace.administrator.query(
        giveBack, [tenant.parameter, member, 20, "2027-01-31 12:00:00+00", 1])
      #expect(try workplace.counted("calls", of: tenant) == ["1|0"])
      #expect(try workplace.counted("tokens", of: tenant) == ["25|0"])
      #expect(try workplace.bound(1, tenant) == "request_spacing 3")
      // A minute later the calls of then are over, and today's tokens are not.
      try workplace.setClock("2027-01-31 12:01:00+00")
      try workplace.take(10, from: tenant)
      _ = try workplace.administrator.query(
        giveBack, [tenant.parameter, member, 25, "2027-01-31 12:00:00+00", 1])
      #expect(try workplace.counted("calls", of: tenant) == ["1|0"])
      #expect(try workplace.counted("tokens", of: tenant) == ["10|0"])
      try workplace.setClock("2027-02-01 12:00:00+00")
      try workplace.take(7, from: tenant)
      _ = try workplace.administrator.query(
        giveBack, [tenant.parameter, member, 10, "2027-01-31 12:01:00+00", 1])
      #expect(try workplace.counted("tokens", of: tenant) == ["7|10"])
    }
  }
}
