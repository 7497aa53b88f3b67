import Postgres
import Testbed
import Testing
import Tokens

@Suite("Abuse limits of users")
struct AbuseLimitTests {
  @Test("they are off: 40 charges at once, one of 300 tokens and ten failed attempts pass by them")
  func off() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      #expect(try workplace.charge(tenant, units: Array(repeating: 1, count: 40)).allSatisfy { $0 == "success" })
      #expect(try workplace.charge(tenant, units: [300]) == ["success"])
      #expect(
        try workplace.charge(tenant, units: Array(repeating: 900, count: 10)).allSatisfy {
          $0 == "insufficient_tokens balance"
        })
      #expect(try workplace.charge(tenant) == ["success"])
      #expect(try workplace.count("tollgate.limit_uses", of: tenant) == 0)
      #expect(try workplace.count("tollgate.events", of: tenant, where: "kind = 'limit_exceeded'") == 0)
    }
  }

  @Test("a user spends at most 10 tokens a request")
  func perRequest() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.enable("tokens_per_request")
      #expect(
        try workplace.charge(tenant, units: [10, 11, 1])
          == ["success", "limit_reached tokens_per_request", "success"])
      #expect(try workplace.balance(of: tenant, "general") == 39)
      #expect(
        try workplace.administrator.lines(
          "SELECT kind, reason, required, balance_after FROM tollgate.ledger_entries WHERE kind = 'refusal'")
          == ["refusal|limit_reached|11|40"])
    }
  }

  @Test("a user makes at most 30 requests a minute, another user their own 30")
  func perMinute() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      try workplace.enable("requests_per_minute")
      try workplace.setClock(secondsAfterNoon: 0)
      let answers = try workplace.charge(tenant, units: Array(repeating: 1, count: 32))
      #expect(
        answers == Array(repeating: "success", count: 30)
          + Array(repeating: "limit_reached requests_per_minute 60", count: 2))
      try workplace.setClock(secondsAfterNoon: 59.5)
      #expect(try workplace.charge(tenant) == ["limit_reached requests_per_minute 1"])
      #expect(try workplace.charge(tenant, by: tenant.otherMember) == ["success"])
      try workplace.setClock(secondsAfterNoon: 60)
      #expect(try workplace.charge(tenant) == ["success"])
      #expect(try workplace.balance(of: tenant, "general") == 468)
    }
  }

  @Test("a user waits 3 seconds between two requests")
  func spacing() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.enable("request_spacing")
      try workplace.setClock(secondsAfterNoon: 0)
      #expect(try workplace.charge(tenant) == ["success"])
      try workplace.setClock(secondsAfterNoon: 2.9)
      #expect(try workplace.charge(tenant) == ["limit_reached request_spacing 1"])
      // A refused request delays nothing.
      try workplace.setClock(secondsAfterNoon: 3)
      #expect(try workplace.charge(tenant, units: [1, 1]) == ["success", "limit_reached request_spacing 3"])
    }
  }

  @Test("above 500 tokens an hour there is one alert, and nothing is refused")
  func fraudAlert() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      try workplace.enable("tokens_per_hour")
      try workplace.setClock(secondsAfterNoon: 0)
      #expect(try workplace.charge(tenant, "generate_leads", units: [100]) == ["success"])
      #expect(try workplace.count("tollgate.events", of: tenant, where: "kind = 'limit_exceeded'") == 0)
      #expect(try workplace.charge(tenant, units: [1, 1]) == ["success", "success"])
      #expect(
        try workplace.administrator.lines(
          "SELECT token_type, payload FROM tollgate.events WHERE kind = 'limit_exceeded'")
          == [
            #"general|{"used": 501, "limit": "tokens_per_hour", "maximum": 500, "subject": "\#(tenant.member)"}"#
          ])
    }
  }

  @Test("after 5 failed attempts a user is blocked for the hour, or until an administrator clears it")
  func failedAttempts() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.enable("failed_attempts")
      try workplace.setClock(secondsAfterNoon: 0)
      #expect(
        try workplace.charge(tenant, units: [99, 99, 99, 99, 1, 99, 1]) == Array(
          repeating: "insufficient_tokens balance", count: 4)
          + ["success", "insufficient_tokens balance", "limit_reached failed_attempts 3600"])
      #expect(try workplace.charge(tenant, by: tenant.otherMember) == ["success"])
      #expect(
        try workplace.administrator.lines("SELECT limit_name, subject, used, is_used_up FROM tollgate.limits_in_use")
          == ["failed_attempts|\(tenant.member)|5|t"])
      _ = try workplace.server.query(
        "SELECT tollgate.clear_limit($1::uuid, 'failed_attempts', $2::uuid)",
        [tenant.parameter, .text(tenant.member.description)])
      #expect(try workplace.charge(tenant) == ["success"])
      _ = try workplace.charge(tenant, units: [99, 99, 99, 99, 99])
      try workplace.setClock(secondsAfterNoon: 3599)
      #expect(try workplace.charge(tenant) == ["limit_reached failed_attempts 1"])
      try workplace.setClock(secondsAfterNoon: 3600)
      #expect(try workplace.charge(tenant) == ["success"])
    }
  }

  @Test("what a plan does not have is a failed attempt, too")
  func notOnPlan() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "starter")
      try workplace.enable("failed_attempts")
      #expect(
        try workplace.charge(tenant, units: [1, 1, 1]).allSatisfy { $0 == "not_on_plan" })
      #expect(try workplace.counted("failed_attempts", of: tenant) == ["3|0"])
    }
  }
}
