import Postgres
import Testbed
import Testing
import Tokens

@Suite("Automatic top-ups")
struct AutoTopUpTests {
  private static let set = Statement("SELECT tollgate.set_auto_top_up($1::uuid, $2, 15, 500, $3::integer, 3600)")

  /// Lets the administrator's clock show so many seconds from now.
  private static func travel(_ seconds: Double, _ workplace: inout Workplace) throws {
    _ = try workplace.administrator.query(
      "SELECT set_config('tollgate.clock', (now() + make_interval(secs => $1))::text, false)", [.real(seconds)])
    _ = try workplace.administrator.query("SELECT tollgate.ensure_partitions()")
  }

  private static func spend(_ tenant: Tenant, _ workplace: inout Workplace) throws {
    _ = try workplace.administrator.settle(tenant.deduction("generate_insight"))
  }

  /// How often a top-up was asked for.
  private static func requests(_ tenant: Tenant, _ workplace: inout Workplace) throws -> Int64 {
    try workplace.count("tollgate.events", of: tenant, where: "kind = 'top_up_requested'")
  }

  @Test("one is asked for below the mark, none during the cool-off, one again after it, no more than the maximum")
  func coolOff() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.query(Self.set, [tenant.parameter, "general", .integer(2)])
      for _ in 1...35 { try Self.spend(tenant, &workplace) }
      #expect(try Self.requests(tenant, &workplace) == 0)
      for _ in 1...3 { try Self.spend(tenant, &workplace) }
      #expect(try Self.requests(tenant, &workplace) == 1)
      try Self.travel(3500, &workplace)
      try Self.spend(tenant, &workplace)
      #expect(try Self.requests(tenant, &workplace) == 1)
      try Self.travel(3700, &workplace)
      try Self.spend(tenant, &workplace)
      #expect(try Self.requests(tenant, &workplace) == 2)
      for hours in 2...5 {
        try Self.travel(Double(hours) * 3700, &workplace)
        try Self.spend(tenant, &workplace)
      }
      #expect(try Self.requests(tenant, &workplace) == 2)
      #expect(
        try workplace.events(of: tenant, "tokenType", "amount", "available").filter { $0.hasPrefix("top_up") } == [
          "top_up_requested general 500 14", "top_up_requested general 500 10",
        ])
    }
  }

  @Test("the next period asks again, as often as the first")
  func nextPeriod() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.query(Self.set, [tenant.parameter, "general", .integer(1)])
      for _ in 1...40 { try Self.spend(tenant, &workplace) }
      #expect(try Self.requests(tenant, &workplace) == 1)
      try Self.travel(31 * 86_400, &workplace)
      for _ in 1...35 { try Self.spend(tenant, &workplace) }
      #expect(try Self.requests(tenant, &workplace) == 1)
      for _ in 1...5 { try Self.spend(tenant, &workplace) }
      #expect(try Self.requests(tenant, &workplace) == 2)
    }
  }

  @Test("settings that are changed neither shorten a cool-off nor begin to count anew")
  func changed() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let set = [tenant.parameter, "general", .integer(2)]
      _ = try workplace.server.query(Self.set, set)
      for _ in 1...36 { try Self.spend(tenant, &workplace) }
      #expect(try Self.requests(tenant, &workplace) == 1)
      _ = try workplace.server.query(Self.set, set)
      try Self.spend(tenant, &workplace)
      #expect(try Self.requests(tenant, &workplace) == 1)
      try Self.travel(3700, &workplace)
      try Self.spend(tenant, &workplace)
      #expect(try Self.requests(tenant, &workplace) == 2)
      try Self.travel(7500, &workplace)
      _ = try workplace.administrator.query(Self.set, set)
      try Self.spend(tenant, &workplace)
      #expect(try Self.requests(tenant, &workplace) == 2)
    }
  }

  @Test("a maximum of 0 asks for none, and so does what was cleared, once")
  func off() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.query(Self.set, [tenant.parameter, "general", .integer(0)])
      for _ in 1...36 { try Self.spend(tenant, &workplace) }
      _ = try workplace.server.query(Self.set, [tenant.parameter, "general", .integer(3)])
      let clear = Statement("SELECT tollgate.clear_auto_top_up($1::uuid, 'general')")
      #expect(try workplace.server.text(clear, [tenant.parameter]) == "t")
      #expect(try workplace.server.text(clear, [tenant.parameter]) == "f")
      try Self.spend(tenant, &workplace)
      #expect(try Self.requests(tenant, &workplace) == 0)
    }
  }

  @Test("tokens that no plan has can be asked for as well: the balance begins empty")
  func withoutPlan() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.query(Self.set, [tenant.parameter, "feature_depth", .integer(3)])
      #expect(try workplace.balance(of: tenant, "feature_depth") == 0)
      let refused = try workplace.server.settle(tenant.deduction("full_distribution"))
      #expect(refused.outcome == .insufficientTokens)
    }
  }

  @Test("arguments out of range are TG400")
  func outOfRange() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for arguments in [
        "0, 500, 3, 0", "15, 0, 3, 0", "15, 500, 1001, 0", "15, 500, -1, 0", "15, 500, 3, -1", "NULL, 500, 3, 0",
      ] {
        #expect(
          try workplace.server.refusal(
            Statement("SELECT tollgate.set_auto_top_up($1::uuid, 'general', \(arguments))"), [tenant.parameter])
            == "TG400", "\(arguments)")
      }
    }
  }

  @Test("an unknown organization or token type is TG404")
  func unknown() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let nobody: Parameter = "00000000-0000-0000-0000-000000000000"
      #expect(try workplace.server.refusal(Self.set, [nobody, "general", .integer(3)]) == "TG404")
      #expect(try workplace.server.refusal(Self.set, [tenant.parameter, "gold", .integer(3)]) == "TG404")
      #expect(
        try workplace.server.refusal("SELECT tollgate.clear_auto_top_up($1::uuid, 'general')", [nobody]) == "TG404")
    }
  }
}
