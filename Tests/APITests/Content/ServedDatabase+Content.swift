import JSON
import Testbed
import Testing

extension ServedDatabase {
  /// Saves an attribute for a tenant's user.
  func saveAttribute(_ id: String, of tenant: Tenant, _ body: String) async throws {
    let answer = try await server.call("PUT", "\(Path.attributes)/\(id)", token: tenant.token, body: body)
    #expect(answer.status == 200)
  }

  /// Changes a tenant's content budget, as an administrator.
  func setBudget(of tenant: Tenant, _ body: String) async throws -> JSONValue {
    let answer = try await server.call(
      "PUT", "\(Path.budgets)/\(tenant.organizationID)", token: try server.tokens.service(), body: body)
    #expect(answer.status == 200)
    return try answer.json()
  }
}

/// The body of a PUT with so many tokens.
func content(tokens: Int, _ more: String = "") -> String {
  #"{"instructions":"\#(String(repeating: "a", count: tokens * 4))"\#(more)}"#
}
