import Testbed
import Testing
import TollgateClient

/// A tenant of a server in this process, and a client of its user.
struct Spender {
  let served: ServedDatabase
  let tenant: Tenant
  let client: TollgateClient

  init(_ served: ServedDatabase, plan: String = "pro", apiBudget: Int? = nil) async throws {
    self.served = served
    if let apiBudget {
      tenant = try await served.makeTenant(apiBudget: apiBudget)
    } else {
      tenant = try await served.makeTenant(plan: plan)
    }
    client = Self.client(of: tenant, port: Int(served.server.port))
  }

  /// Through whatever listens on that port.
  static func client(
    of tenant: Tenant, port: Int, _ configure: (inout ClientConfiguration) -> Void = { _ in }
  ) -> TollgateClient {
    var configuration = ClientConfiguration(url: "http://127.0.0.1:\(port)", credential: tenant.token)
    configuration.organizationID = OrganizationID(tenant.organizationID)
    configure(&configuration)
    return TollgateClient(configuration)
  }

  func balance(_ tokenType: String) async throws -> Balance? {
    try await client.balances(tokenType: tokenType).first
  }

  /// Charges of the tenant so far.
  func charges() async throws -> String? {
    try await served.text(
      "SELECT count(*) FROM public.ai_token_usage_log WHERE organization_id = '\(tenant.organizationID)'")
  }

  /// Holds kinds and amounts of what the tenant's program moved, oldest first, against what is expected.
  func expectMovements(_ expected: String?, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let moved = try await served.text(
      """
      SELECT string_agg(kind || ' ' || amount, ', ' ORDER BY created_at, sequence) FROM tollgate.ledger
      WHERE organization_id = '\(tenant.organizationID)' AND kind NOT IN ('allocation', 'adjustment', 'refusal')
      """)
    #expect(moved == expected, sourceLocation: sourceLocation)
  }
}

/// What a call threw, if it was a `TollgateError`.
func failure<Value>(of call: () async throws -> Value) async -> TollgateError? {
  do {
    _ = try await call()
    return nil
  } catch {
    return error as? TollgateError
  }
}
