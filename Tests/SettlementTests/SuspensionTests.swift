import Postgres
import Testbed
import Testing
import Tokens

@Suite("Suspended organizations")
struct SuspensionTests {
  private static let suspend = Statement("SELECT tollgate.suspend_organization($1::uuid, $2)")
  private static let resume = Statement("SELECT tollgate.resume_organization($1::uuid)")

  @Test("a failed payment ends spending at once, and payment gives it back with the unused tokens")
  func failedPayment() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal"))
      #expect(try workplace.server.text(Self.suspend, [tenant.parameter, .text("payment failed")]) == "t")
      for key in [nil, "k"] {
        let refused = try workplace.server.settle(tenant.deduction("generate_goal", key: key))
        #expect(refused.outcome == .organizationSuspended)
      }
      #expect(try workplace.balance(of: tenant, "goal_generation") == 17)
      #expect(try workplace.server.text(Self.resume, [tenant.parameter]) == "t")
      // The refusal was not remembered under the key.
      #expect(
        try workplace.server.settle(tenant.deduction("generate_goal", key: "k")).brief == "success 3: 17 → 14 safe")
      #expect(
        try workplace.events(of: tenant, "reason") == ["organization_suspended payment failed", "organization_resumed"])
    }
  }

  @Test("twice is once: one event each, and the answer says that nothing changed")
  func twice() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      #expect(try workplace.server.text(Self.resume, [tenant.parameter]) == "f")
      #expect(try workplace.server.text(Self.suspend, [tenant.parameter, .null]) == "t")
      #expect(try workplace.server.text(Self.suspend, [tenant.parameter, .text("again")]) == "f")
      #expect(try workplace.server.text(Self.resume, [tenant.parameter]) == "t")
      #expect(try workplace.server.text(Self.resume, [tenant.parameter]) == "f")
      #expect(try workplace.events(of: tenant) == ["organization_suspended", "organization_resumed"])
    }
  }

  @Test("of many that suspend at once one does it")
  func concurrent() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let settings = workplace.serverSettings
      let line = StartingLine(4)
      let answers = try concurrently(4) { _ in
        var connection = try Connection(settings)
        line.wait()
        return try connection.text(Self.suspend, [tenant.parameter, .text("unpaid")]) ?? ""
      }
      #expect(answers.sorted() == ["f", "f", "f", "t"])
      #expect(try workplace.events(of: tenant) == ["organization_suspended"])
    }
  }

  @Test("another organization spends on, and an unknown one is TG404")
  func others() async throws {
    try await Workplace.with { workplace in
      let mine = try workplace.tenant()
      let other = try workplace.tenant()
      _ = try workplace.server.text(Self.suspend, [mine.parameter, .null])
      #expect(try workplace.server.settle(other.deduction("generate_goal")).brief == "success 3: 20 → 17 safe")
      let unknown: Parameter = "00000000-0000-0000-0000-000000000000"
      #expect(try workplace.server.refusal(Self.suspend, [unknown, .null]) == "TG404")
      #expect(try workplace.server.refusal(Self.resume, [unknown]) == "TG404")
      let long = String(repeating: "x", count: 501)
      #expect(try workplace.server.refusal(Self.suspend, [other.parameter, .text(long)]) == "TG400")
    }
  }

  @Test("a plan can be changed while an organization is suspended")
  func planMeanwhile() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.text(Self.suspend, [tenant.parameter, .null])
      #expect(try workplace.changeGoals(of: tenant, to: "enterprise") == "20 → 220 of 20 → 220")
      let refused = try workplace.server.settle(tenant.deduction("generate_goal"))
      #expect(refused.outcome == .organizationSuspended)
      _ = try workplace.server.text(Self.resume, [tenant.parameter])
      #expect(try workplace.server.settle(tenant.deduction("generate_goal")).brief == "success 3: 220 → 217 safe")
    }
  }
}
