import JSON
import Testbed
import Testing

@Suite("the log")
struct LogTests {
  @Test("no line has a token, a key, an idempotency key, a query or a body in it, not even at debug")
  func secrets() async throws {
    try await ServedDatabase.with { served in
      let server = served.server
      let tenant = try await served.makeTenant()
      let key = try await server.makeKey(of: tenant.organizationID, ["read", "spend"])
      let canary = "canary-5f2b"
      let bodies = [
        #"{"featureUsed":"generate_goal","metadata":{"note":"\#(canary)"},"eventId":"\#(canary)"}"#,
        #"{"featureUsed":"\#(canary)"}"#, #"{"featureUsed":"generate_goal","\#(canary)":1}"#, canary,
        // PostgreSQL itself refuses this one, and says so with the text.
        #"{"featureUsed":"generate_goal","metadata":{"note":"\#(canary)\u0000"}}"#,
      ]
      let service = try server.tokens.service()
      for token in [tenant.token, key.text, service, canary, key.text + canary, "\(tenant.token)\(canary)"] {
        for (number, body) in bodies.enumerated() {
          _ = try await server.send(
            "POST", Path.deduct + "?\(canary)=\(canary)", token: token,
            headers: [("Idempotency-Key", "\(canary)-\(number)"), ("Cookie", canary), ("X-Forwarded-For", canary)],
            body: Array(body.utf8))
          _ = try await server.send(
            "POST", Path.deduct, token: token, headers: [("Idempotency-Key", "\(canary)-\(number)")],
            body: Array(body.utf8))
        }
      }
      _ = try await server.send("GET", Path.balance + "?tokenType=\(canary)", token: tenant.token)
      #expect(server.log.containing("request").count > 50)
      let secrets = [canary] + [tenant.token, key.text, service].map { String($0.suffix(20)) }
      for secret in secrets { #expect(server.log.containing(secret) == []) }
    }
  }
}
