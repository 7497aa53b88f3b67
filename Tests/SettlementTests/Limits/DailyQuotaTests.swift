import Postgres
import Testbed
import Testing
import Tokens

@testable import Settlement

@Suite("A daily quota of 1000 calls")
struct DailyQuotaTests {
  /// A tenant whose day began 11:30 hours before or after UTC's, with a quota on calls that cost nothing.
  private static func tenant(_ workplace: inout Workplace, plan: String = "enterprise") throws -> Tenant {
    let tenant = try workplace.tenant(plan: plan)
    _ = try workplace.administrator.query("UPDATE public.organizations SET time_zone = 'Asia/Kolkata'")
    try workplace.limit("calls_a_day", window: "day", maximum: 1000, feature: "headline_pick")
    return tenant
  }

  private static func expectExactly(_ answers: [Outcome], _ tenant: Tenant, _ workplace: inout Workplace) throws {
    #expect(answers.count { $0 == .success } == 1000)
    #expect(answers.count { $0 == .limitReached } == answers.count - 1000)
    #expect(try workplace.count("public.ai_token_usage_log", of: tenant) == 1000)
    #expect(try workplace.counted("calls_a_day", of: tenant) == ["1000|0"])
  }

  @Test("16 connections that ask 1200 times are granted exactly 1000")
  func connections() async throws {
    try await Workplace.with { workplace in
      let tenant = try Self.tenant(&workplace)
      let settings = workplace.serverSettings
      let line = StartingLine(16)
      let answers = try concurrently(16) { number in
        var session = try Connection(settings)
        line.wait()
        return try (1...75).map { _ in
          try session.settle(
            tenant.deduction("headline_pick", by: .member(number % 2 == 0 ? tenant.member : tenant.otherMember))
          )
          .outcome
        }
      }
      try Self.expectExactly(answers.flatMap { $0 }, tenant, &workplace)
    }
  }

  @Test("through two servers, in batches, exactly 1000 of 1400 are granted")
  func servers() async throws {
    try await Workplace.with { workplace in
      let tenant = try Self.tenant(&workplace)
      let servers = (1...2).map { _ in
        Settlement(settings: workplace.serverSettings, laneCount: 2, queueLimit: 2000)
      }
      defer { for server in servers { server.shutDown() } }
      let line = StartingLine(2)
      let answers = try concurrently(2) { number in
        line.wait()
        // A hundred at a time: more at once would wait for longer on a slow machine than a request may wait.
        return try (1...7).flatMap { _ in
          try servers[number].answers(to: (1...100).map { _ in tenant.deduction("headline_pick") })
            .map { try $0.get().outcome }
        }
      }
      try Self.expectExactly(answers.flatMap { $0 }, tenant, &workplace)
    }
  }

  @Test("the day is the tenant's: the last second refuses, the first grants a thousand more")
  func day() async throws {
    try await Workplace.with { workplace in
      let tenant = try Self.tenant(&workplace)
      let day = Array(repeating: Int64(1), count: 1000)
      // Noon in UTC is half past five in Kolkata: six and a half hours of the day are left.
      try workplace.setClock(secondsAfterNoon: 0)
      #expect(try workplace.charge(tenant, "headline_pick", units: day).allSatisfy { $0 == "success" })
      #expect(try workplace.charge(tenant, "headline_pick") == ["limit_reached calls_a_day 23400"])
      #expect(try workplace.charge(tenant, "generate_insight") == ["success"])
      try workplace.setClock(secondsAfterNoon: 23_399.5)
      #expect(try workplace.charge(tenant, "headline_pick") == ["limit_reached calls_a_day 1"])
      try workplace.setClock(secondsAfterNoon: 23_400)
      #expect(try workplace.charge(tenant, "headline_pick", units: day).allSatisfy { $0 == "success" })
      #expect(try workplace.charge(tenant, "headline_pick") == ["limit_reached calls_a_day 86400"])
    }
  }

  @Test("at midnight, with sessions on both sides of it, each day is granted exactly its thousand")
  func midnight() async throws {
    try await Workplace.with { workplace in
      let tenant = try Self.tenant(&workplace)
      try workplace.setClock(secondsAfterNoon: 23_395)
      _ = try workplace.charge(tenant, "headline_pick", units: Array(repeating: 1, count: 990))
      let settings = workplace.database.settings
      let before = try #require(try workplace.administrator.text("SHOW tollgate.clock"))
      let sessions = 8
      let line = StartingLine(sessions)
      // Half of them are in the last five seconds of the day, half in the first of the next.
      _ = try concurrently(sessions) { number in
        var session = try Connection(settings)
        _ = try session.query(
          """
          SELECT set_config('tollgate.clock', ($1::timestamptz + make_interval(secs => $2::integer))::text, false)
          """, [.text(before), .integer(number % 2 == 0 ? 0 : 5)])
        line.wait()
        for _ in 1...5 {
          _ = try session.settle((1...60).map { _ in tenant.deduction("headline_pick") })
        }
      }
      #expect(
        try workplace.administrator.lines(
          """
          SELECT count(*) FROM public.ai_token_usage_log
          GROUP BY date_trunc('day', created_at AT TIME ZONE 'Asia/Kolkata') ORDER BY min(created_at)
          """) == ["1000", "1000"])
      #expect(try workplace.counted("calls_a_day", of: tenant) == ["1000|1000"])
    }
  }
}
