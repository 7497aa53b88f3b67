import Foundation
import JSON
import Testbed
import Testing

@Suite("admin/plans and admin/actions")
struct PlanRouteTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  /// Of a plan or action that is this test's own.
  private let name = "own_" + UUID().uuidString.prefix(8).lowercased()

  init() async throws { served = try await .shared() }

  private func call(_ method: String, _ target: String, body: String? = nil) async throws -> RawClient.Answer {
    try await server.call(method, "/api/v1/admin/\(target)", token: server.tokens.service(), body: body)
  }

  /// What of general tokens an organization has, and was granted.
  private func general(_ organizationID: String) async throws -> String? {
    try await served.text(
      """
      SELECT concat(balance, ' of ', total_allocated) FROM tollgate.current_balances
      WHERE organization_id = '\(organizationID)' AND token_type = 'general'
      """)
  }

  @Test("a running period keeps what it was granted when its plan changes; new organizations and resets have the new")
  func runningPeriods() async throws {
    let made = try await call(
      "PUT", "plans/\(name)", body: #"{"title":"Own","allocations":{"general":50,"forecast":5}}"#)
    #expect(made.status == 200)
    let early = try await served.makeTenant(plan: name)
    #expect(try await general(early.organizationID) == "50 of 50")
    let changed = try await call("PUT", "plans/\(name)", body: #"{"title":"Ours","allocations":{"general":80}}"#)
    let plan = try changed.json()
    #expect(plan["title"]?.string == "Ours")
    // What is left out is granted no more; its periods go on.
    #expect(plan["allocations"]?["general"]?.integer == 80 && plan["allocations"]?["forecast"]?.integer == 0)
    #expect(try await general(early.organizationID) == "50 of 50")
    let late = try await served.makeTenant(plan: name)
    #expect(try await general(late.organizationID) == "80 of 80")
    let reset = try await call(
      "POST", "organizations/\(early.organizationID)/reset", body: #"{"tokenType":"general"}"#)
    #expect(try reset.json()["balanceAfter"]?.integer == 80)
    #expect(try await call("GET", "plans/\(name)").body == changed.body)
    let all = try await call("GET", "plans").json()["data"]?.array?.compactMap { $0["plan"]?.string } ?? []
    #expect(all.contains(name) && all == all.sorted())
    #expect(try await served.violations() == [])
  }

  @Test("an action shows every price that it has had, and a charge keeps its version")
  func prices() async throws {
    for cost in [1, 4] {
      _ = try await call("PUT", "actions/\(name)", body: #"{"tokenType":"general","cost":\#(cost)}"#)
      if cost == 1 { #expect(try await versions() == [1]) }
    }
    #expect(try await versions() == [4, 1])
    // The same price again is no new one.
    _ = try await call("PUT", "actions/\(name)", body: #"{"tokenType":"general","cost":4}"#)
    #expect(try await versions() == [4, 1])
    let listed = try await call("GET", "actions").json()["data"]?.array?.first { $0["name"]?.string == name }
    #expect(listed?["priceVersion"]?.integer == 2)
    #expect(try await call("GET", "actions/\(name)_too").status == 404)
  }

  /// The costs of an action, the newest first.
  private func versions() async throws -> [Int64] {
    let shown = try await call("GET", "actions/\(name)").json()
    #expect(shown["priceVersion"]?.integer == shown["versions"]?.array?.first?["priceVersion"]?.integer)
    return shown["versions"]?.array?.compactMap { $0["cost"]?.integer } ?? []
  }
}
