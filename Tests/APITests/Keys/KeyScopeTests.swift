import Testbed
import Testing

@Suite("what an API key's scopes allow")
struct KeyScopeTests {
  /// What a route asks for.
  private enum Need { case read, spend, admin }

  private static let tokenType = #""tokenType":"general""#

  /// Requests that would be granted, each with what it needs. They are about the organization that is named.
  private static func requests(_ tenant: Tenant) -> [(Need, String, String, String?)] {
    let named = #""organizationId":"\#(tenant.organizationID)""#
    let id = tenant.organizationID
    let goal = #"{\#(named),"featureUsed":"generate_goal"}"#
    return [
      (.read, "GET", Path.balance + "?organizationId=\(id)", nil),
      (.read, "GET", Path.stats + "?organizationId=\(id)", nil),
      (.read, "GET", Path.ledger + "?organizationId=\(id)", nil), (.read, "GET", "/api/v1/actions", nil),
      (.read, "POST", Path.checkBalance, tenant.asking("generate_goal")),
      (.read, "POST", "/api/v1/actions/generate_goal/check", "{\(named)}"),
      (.spend, "POST", Path.checkBalance, tenant.asking("generate_goal", "deduct")),
      (.spend, "POST", Path.deduct, goal),
      (.spend, "POST", Path.batch, #"{"items":[{"idempotencyKey":"a","featureUsed":"generate_goal",\#(named)}]}"#),
      (.spend, "POST", Path.reservations, goal),
      (.read, "GET", "/api/v1/guard/generate_goal?organizationId=\(id)", nil),
      (.spend, "POST", "/api/v1/guard/generate_goal?mode=charge&organizationId=\(id)", nil),
      (.admin, "POST", Path.topUp, #"{\#(named),\#(tokenType),"amount":5,"paymentId":"p"}"#),
      (.admin, "POST", "/api/v1/admin/organizations/\(id)/adjust", #"{\#(tokenType),"amount":5}"#),
      (.admin, "POST", "/api/v1/admin/organizations/\(id)/reset", "{\(tokenType)}"),
      (.admin, "PATCH", "/api/v1/admin/organizations/\(id)", #"{"plan":"pro"}"#),
      (.admin, "GET", Path.keys, nil),
    ]
  }

  @Test(
    "each scope opens its routes and no others, for an organization and for the service",
    arguments: [["read"], ["spend"], ["admin"], ["read", "spend"], ["read", "spend", "admin"]], [true, false])
  func matrix(scopes: [String], isOfService: Bool) async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let names = scopes.map { #""\#($0)""# }.joined(separator: ",")
    let owner = isOfService ? "" : #","organizationId":"\#(tenant.organizationID)""#
    let made = try await served.server.call(
      "POST", Path.keys, token: served.server.tokens.service(), body: #"{"name":"a","scopes":[\#(names)]\#(owner)}"#)
    let key = try #require(try made.json()["key"]?.string)
    for (need, method, target, body) in Self.requests(tenant) {
      let isGranted =
        switch need {
        case .read: scopes.contains("read") || scopes.contains("admin")
        case .spend: scopes.contains("spend") || scopes.contains("admin")
        case .admin: scopes.contains("admin") && isOfService
        }
      let answer = try await served.server.call(method, target, token: key, body: body)
      #expect((answer.status < 300) == isGranted, "\(method) \(target): \(answer.body)")
      if !isGranted {
        #expect(answer.status == 403)
        #expect(try ["forbidden", "Forbidden"].contains(answer.json()["error"]?.string))
      }
    }
    #expect(try await served.violations() == [])
  }
}
