import JSON
import Postgres
import Testbed
import Testing

@Suite("an administrator's corrections")
struct CorrectionTests {
  private let served: ServedDatabase
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  @Test("a balance is corrected by tokens or to a figure, and the ledger has the difference")
  func adjust() async throws {
    for (members, amount, before, after) in [
      (#""amount":100"#, 100, 50, 150), (#""amount":-30"#, -30, 150, 120), (#""balance":7"#, -113, 120, 7),
      (#""balance":0"#, -7, 7, 0),
    ] {
      let answer = try await adjust(#"{"tokenType":"general",\#(members),"reason":"As told."}"#)
      #expect(answer.status == 200)
      let id = try #require(try answer.json()["transactionId"]?.string)
      let createdAt = try #require(try answer.json()["createdAt"]?.string)
      let state = try #require(try answer.json()["state"]?.string)
      #expect(
        answer.body == #"{"transactionId":"\#(id)","organizationId":"\#(tenant.organizationID)","#
          + #""tokenType":"general","amount":\#(amount),"balanceBefore":\#(before),"balanceAfter":\#(after),"#
          + #""available":\#(after),"state":"\#(state)","createdAt":"\#(createdAt)"}"#)
      #expect(
        try await served.ledger("kind, amount, balance_before, balance_after", of: id)
          == "adjustment|\(amount)|\(before)|\(after)")
      #expect(try await served.text("SELECT reason FROM tollgate.ledger_entries WHERE id = '\(id)'") == "As told.")
    }
    #expect(try await served.violations() == [])
  }

  @Test("with a key a correction happens once")
  func replay() async throws {
    let body = #"{"tokenType":"general","amount":5}"#
    let answers = try await atOnce(8) { [self] in try await adjust(body, key: "k") }
    #expect(answers.allSatisfy { $0.status == 200 })
    #expect(Set(answers.map(\.body)).count == 1)
    #expect(try await served.balance(tenant, "general")["balance"]?.integer == 55)
  }

  @Test("a reset gives the allocation anew, and says what that came to")
  func reset() async throws {
    _ = try await served.charge(tenant, "generate_insight", units: 13)
    let answer = try await served.askAsService(path("reset"), #"{"tokenType":"general"}"#)
    let body = try answer.json()
    #expect(answer.status == 200)
    #expect(body["amount"]?.integer == 13)
    #expect(body["balanceBefore"]?.integer == 37)
    #expect(body["balanceAfter"]?.integer == 50)
    let id = try #require(body["transactionId"]?.string)
    #expect(try await served.ledger("kind, amount", of: id) == "reset|13")
    #expect(try await served.balance(tenant, "general")["used"]?.integer == 0)
    #expect(try await served.violations() == [])
  }

  @Test("a balance that is not there yet is reset to nothing")
  func resetOfNothing() async throws {
    let answer = try await served.askAsService(path("reset"), #"{"tokenType":"feature_depth"}"#)
    #expect(answer.status == 200)
    #expect(try answer.json()["amount"]?.integer == 0)
    #expect(try answer.json()["balanceAfter"]?.integer == 0)
    #expect(try await served.violations() == [])
  }

  @Test("a user gets 403, and nobody 401")
  func notForUsers() async throws {
    for step in ["adjust", "reset"] {
      #expect(try await served.ask(tenant, path(step), #"{"tokenType":"general","amount":5}"#).status == 403)
      #expect(try await served.server.call("POST", path(step), body: "{}").status == 401)
    }
    #expect(try await served.balance(tenant, "general")["balance"]?.integer == 50)
  }

  @Test(
    "what is no correction is refused",
    arguments: [
      (#"{"tokenType":"general"}"#, 400, "invalid_request"),
      (#"{"tokenType":"general","amount":1,"balance":1}"#, 400, "invalid_request"),
      (#"{"amount":1}"#, 400, "invalid_request"),
      (#"{"tokenType":"general","amount":1,"x":1}"#, 400, "invalid_request"),
      (#"{"tokenType":"gold","amount":1}"#, 422, "unknown_token_type"),
      (#"{"tokenType":"general","amount":-51}"#, 422, "amount_out_of_range"),
      (#"{"tokenType":"general","amount":0}"#, 422, "amount_out_of_range"),
      (#"{"tokenType":"general","balance":-1}"#, 422, "amount_out_of_range"),
      (#"{"tokenType":"general","amount":1000000000000001}"#, 422, "amount_out_of_range"),
    ])
  func refused(body: String, status: Int, code: String) async throws {
    let answer = try await adjust(body)
    #expect(answer.status == status)
    #expect(try answer.code == code)
    #expect(try await served.balance(tenant, "general")["balance"]?.integer == 50)
  }

  @Test("too much taken says how many there are, also in psql; a figure that is the balance already is no change")
  func available() async throws {
    let answer = try await adjust(#"{"tokenType":"general","amount":-9999}"#)
    #expect(try answer.json()["detail"]?.string?.hasPrefix("50 tokens are available. ") == true)
    for amount in [-9999, 0] {
      let refused = await #expect(throws: PostgresError.self) {
        try await served.script("SELECT tollgate.adjust('\(tenant.organizationID)', 'general', \(amount))")
      }
      #expect(refused?.sqlState?.rawValue == "TG422")
      #expect(refused?.serverMessage?.hasPrefix("50 tokens are available. ") == true)
    }
    let changes = "SELECT count(*) FROM tollgate.audit_log WHERE organization_id = '\(tenant.organizationID)'"
    let before = try await served.text(changes)
    let same = try await adjust(#"{"tokenType":"general","balance":50}"#)
    #expect(same.status == 200)
    #expect(try same.json()["amount"]?.integer == 0)
    #expect(try await served.text(changes) == before)
    #expect(try await served.violations() == [])
  }

  @Test("an organization that does not exist is 404, and so is what is no id")
  func unknown() async throws {
    for id in ["3f1b7c9e-0000-4000-8000-00000000000f", "x"] {
      for (step, body) in [
        ("adjust", #"{"tokenType":"general","amount":1}"#), ("reset", #"{"tokenType":"general"}"#),
      ] {
        #expect(try await served.askAsService("/api/v1/admin/organizations/\(id)/\(step)", body).status == 404)
      }
    }
  }

  private func path(_ step: String) -> String { "/api/v1/admin/organizations/\(tenant.organizationID)/\(step)" }

  private func adjust(_ body: String, key: String? = nil) async throws -> RawClient.Answer {
    try await served.askAsService(path("adjust"), body, key: key)
  }
}
