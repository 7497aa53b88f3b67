import Postgres
import Testbed
import Testing
import Tokens

@Suite("Several servers that look at the same balances")
struct AlertRaceTests {
  @Test("write one event between them, however they meet")
  func together() async throws {
    try await Workplace.with { workplace in
      let tenants = try (1...20).map { _ in try workplace.tenant() }
      try workplace.rule("available_below", 30, of: nil)
      for round in 1...5 {
        for tenant in tenants { try workplace.use(40, of: tenant) }
        let settings = workplace.serverSettings
        let line = StartingLine(4)
        let written = try concurrently(4) { _ -> Int64 in
          var server = try Connection(settings)
          line.wait()
          return try (1...5).reduce(0) { sum, _ in sum + (try server.integer("SELECT tollgate.evaluate_alerts()")) }
        }
        // Each may have found the round taken by another; the last to look finds all that is left.
        let rest = try workplace.server.integer("SELECT tollgate.evaluate_alerts()")
        #expect(written.reduce(0, +) + rest == 20, "round \(round)")
        try workplace.forgetWhenAlertsWereTold()
        for tenant in tenants {
          _ = try workplace.administrator.query(
            "SELECT tollgate.top_up($1::uuid, 'general', 40, $2)", [tenant.parameter, .text("round \(round)")])
        }
        #expect(try workplace.server.integer("SELECT tollgate.evaluate_alerts()") == 20)
        try workplace.forgetWhenAlertsWereTold()
      }
      #expect(
        try workplace.administrator.integer("SELECT count(*) FROM tollgate.events WHERE kind = 'alert_raised'") == 100)
    }
  }

  @Test("leave nothing half done when one is killed: another raises what it had not committed, once")
  func killed() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.rule("available_below", 30, of: tenant)
      try workplace.use(40, of: tenant)
      var doomed = try Connection(workplace.serverSettings)
      try doomed.script("BEGIN")
      #expect(try doomed.integer("SELECT tollgate.evaluate_alerts()") == 1)
      // Who comes meanwhile waits for nobody, and says nothing.
      #expect(try workplace.server.integer("SELECT tollgate.evaluate_alerts()") == 0)
      _ = try workplace.administrator.query(
        "SELECT pg_terminate_backend($1::bigint::integer)", [.integer(try doomed.integer("SELECT pg_backend_pid()"))])
      #expect(throws: PostgresError.self) { try doomed.script("COMMIT") }
      var written: Int64 = 0
      for _ in 1...1000 where written == 0 {
        written = try workplace.server.integer("SELECT tollgate.evaluate_alerts()")
      }
      #expect(written == 1)
      #expect(try workplace.count("tollgate.events", of: tenant, where: "kind = 'alert_raised'") == 1)
    }
  }

  @Test("go round all organizations, so many at a time")
  func rounds() async throws {
    try await Workplace.with { workplace in
      for _ in 1...7 { try workplace.use(40, of: try workplace.tenant()) }
      try workplace.rule("available_below", 30, of: nil)
      let found = try (1...6).map { _ in try workplace.server.integer("SELECT tollgate.evaluate_alerts(3)") }
      #expect(found == [3, 3, 1, 0, 0, 0])
    }
  }

  @Test("dispatch an event once between them, and take each delivery once")
  func deliveries() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for number in 1...10 {
        _ = try workplace.server.query(
          Statement(
            """
            SELECT tollgate.create_webhook(gen_random_uuid(), $1::uuid, 'https://a.example/\(number)', '{}',
              \(Workplace.sealed))
            """), [number.isMultiple(of: 2) ? tenant.parameter : .null])
      }
      try workplace.rule("available_below", 30, of: tenant)
      try workplace.use(40, of: tenant)
      #expect(try workplace.server.integer("SELECT tollgate.evaluate_alerts()") == 1)
      let settings = workplace.serverSettings
      let line = StartingLine(4)
      let taken = try concurrently(4) { _ -> [String] in
        var server = try Connection(settings)
        line.wait()
        return try (1...10).flatMap { _ in
          _ = try server.query("SELECT tollgate.dispatch_events(1, false)")
          return try server.lines(
            "SELECT delivery_id FROM tollgate.take_deliveries(gen_random_uuid(), 60, 5, 5, 5, '{}')")
        }
      }.flatMap { $0 }
      // The threshold that was crossed, and the alert.
      #expect(taken.count == 20)
      #expect(Set(taken).count == 20)
    }
  }

  @Test("take over what one had taken that died, when its time is over")
  func takenOver() async throws {
    try await Workplace.with { workplace in
      _ = try workplace.server.query(
        Statement(
          "SELECT tollgate.create_webhook('00000000-0000-4000-8000-0000000000c1', NULL, 'https://a.example/', '{}', \(Workplace.sealed))"
        ))
      _ = try workplace.administrator.query(
        "SELECT tollgate.test_webhook('00000000-0000-4000-8000-0000000000c1')")
      let take = Statement(
        "SELECT attempts FROM tollgate.take_deliveries('00000000-0000-4000-8000-0000000000d1', 60, 5, 5, 5, '{}')")
      #expect(try workplace.administrator.lines(take) == ["1"])
      try workplace.advance(by: "59 seconds")
      #expect(try workplace.administrator.lines(take) == [])
      try workplace.advance(by: "2 seconds")
      #expect(try workplace.administrator.lines(take) == ["2"])
      // Whoever comes back from the dead has nothing to say any more.
      #expect(
        try workplace.server.text(
          """
          SELECT tollgate.finish_delivery('00000000-0000-0000-0000-000000000000', '00000000-0000-4000-8000-0000000000e1',
            '00000000-0000-4000-8000-0000000000d2', true, false, 200, NULL, 1, NULL)
          """) == "f")
      try workplace.administrator.script("RESET tollgate.clock")
    }
  }
}
