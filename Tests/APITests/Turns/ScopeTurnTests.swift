import Accounts
import Cluster
import Testbed
import Testing
import Tokens

@testable import API

@Suite("Whose turn a request takes")
struct ScopeTurnTests {
  private static func scope(
    _ scopes: ScopeResolver, _ caller: Caller, _ organizationID: OrganizationID?
  ) async throws -> Scope {
    try await withCheckedContinuation { continuation in
      scopes.resolveInTurn(caller, organizationID: organizationID) { continuation.resume(returning: $0) }
    }.get()
  }

  @Test("a user takes the turn of its own organization, whichever it names; a key and a service that of what they name")
  func parties() async throws {
    let served = try await ServedDatabase.shared()
    let (tenant, other) = (try await served.makeTenant(), try await served.makeTenant())
    let own = try #require(OrganizationID(tenant.organizationID))
    let others = try #require(OrganizationID(other.organizationID))
    let user = Caller.user(try #require(UserID(tenant.userID)))
    let stranger = UserID(high: 0, low: 1)
    let settings = try await onOwnThread { try served.database.serverSettings() }
    let accounts = Accounts(settings: settings)
    let scopes = ScopeResolver(directory: MembershipDirectory(accounts: accounts))
    #expect(try await Self.scope(scopes, user, own).party == .organization(own))
    #expect(try await Self.scope(scopes, user, others).party == .organization(own))
    #expect(try await Self.scope(scopes, user, others).organizationID == others)
    #expect(try await Self.scope(scopes, .user(stranger), others).party == .user(stranger))
    let unnamed = try await Self.scope(scopes, user, nil)
    #expect(unnamed.party == nil && unnamed.organizationID == own)
    let identity = APIKeyIdentity(keyID: APIKeyID(high: 0, low: 1), organizationID: own, scopes: .read)
    let key = try await Self.scope(scopes, .key(identity), nil)
    #expect(key.party == nil && key.organizationID == own)
    let service = try await Self.scope(scopes, .service(nil), others)
    #expect(service.party == nil && service.organizationID == others)
    try await onOwnThread { accounts.shutDown() }
  }
}
