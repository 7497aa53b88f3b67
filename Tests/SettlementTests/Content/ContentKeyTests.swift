import Postgres
import Testbed
import Testing
import Tokens

@Suite("Requests about content under an idempotency key")
struct ContentKeyTests {
  private static let use = Statement.named(
    "SELECT outcome, uses, is_replay FROM tollgate.record_attribute_use($1::uuid, $2::uuid, $3)")

  @Test("a use is counted once, and answered the same again")
  func uses() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for number in 1...2 { _ = try workplace.server.save(number, tokens: 1, of: tenant) }
      func use(_ number: Int, _ key: String?) throws -> [String] {
        try workplace.server.lines(Self.use, [tenant.parameter, .text(attribute(number)), .optional(key)])
      }
      #expect(try use(1, "k") == ["success|1|f"])
      #expect(try use(1, nil) == ["success|2|f"])
      #expect(try use(1, "k") == ["success|1|t"])
      #expect(try use(1, "l") == ["success|3|f"])
      #expect(try use(2, "k") == ["idempotency_key_reused||f"])
      #expect(try use(3, "m") == ["unknown_attribute||f"])
      #expect(try workplace.server.activate([1], of: tenant, key: "k") == "idempotency_key_reused")
      for key in ["", "a b", "ä", String(repeating: "k", count: 256)] {
        #expect(
          try workplace.server.refusal(Self.use, [tenant.parameter, .text(attribute(1)), .text(key)]) == "TG400")
      }
      #expect(
        try workplace.administrator.lines(
          "SELECT uses FROM tollgate.content_attributes ORDER BY number") == ["3", "0"])
    }
  }

  @Test("an activation is answered the same again; one that is refused is not remembered")
  func activation() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.setBudget(of: tenant, "1")
      _ = try workplace.server.save(1, tokens: 2000, of: tenant, active: false)
      _ = try workplace.server.save(2, tokens: 2000, of: tenant)
      #expect(try workplace.server.activate([1], of: tenant, key: "k") == "budget_exceeded")
      _ = try workplace.server.save(2, tokens: 500, of: tenant)
      let activate = Statement(
        """
        SELECT outcome, used, used_after, tokens, message, is_replay
        FROM tollgate.activate_attributes($1::uuid, $2::uuid[], 'k')
        """)
      let parameters: [Parameter] = [tenant.parameter, .array([attribute(1)])]
      let first = "success|500|2500|2000|Token Usage: 2,500 / 3,000 tokens (83% used)|"
      #expect(try workplace.server.lines(activate, parameters) == [first + "f"])
      _ = try workplace.server.save(1, tokens: 10, of: tenant, active: false)
      #expect(try workplace.server.lines(activate, parameters) == [first + "t"])
      #expect(try workplace.server.usage(of: tenant) == "500/3000")
      #expect(try workplace.server.activate([1, 2], of: tenant, key: "k") == "idempotency_key_reused")
    }
  }

  @Test("a key is for one request, whether it spends tokens or not")
  func otherKinds() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let other = try workplace.tenant()
      for tenant in [tenant, other] { _ = try workplace.server.save(1, tokens: 1, of: tenant, active: false) }
      #expect(try workplace.server.settle(tenant.deduction("generate_goal", key: "spent")).outcome == .success)
      #expect(try workplace.server.activate([1], of: tenant, key: "spent") == "idempotency_key_reused")
      #expect(try workplace.server.activate([1], of: tenant, key: "activated") == "success")
      #expect(
        try workplace.server.settle(tenant.deduction("generate_goal", key: "activated")).outcome
          == .idempotencyKeyReused)
      #expect(try workplace.server.activate([1], of: other, key: "activated") == "success")
      #expect(try workplace.balance(of: tenant, "goal_generation") == 17)
    }
  }

  @Test("sent by eight at once, a use is counted once")
  func atOnce() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.save(1, tokens: 1, of: tenant)
      let settings = workplace.serverSettings
      let start = StartingLine(8)
      let answers = try concurrently(8) { _ in
        var connection = try Connection(settings)
        start.wait()
        return try connection.lines(Self.use, [tenant.parameter, .text(attribute(1)), "k"])
      }
      #expect(answers.flatMap { $0 }.sorted() == ["success|1|f"] + Array(repeating: "success|1|t", count: 7))
    }
  }
}
