import Cluster
import Foundation
import HTTP
import JSON
import Testbed
import Testing
import Vault

/// An OAuth server that is a provider of the shared server's, and a tenant.
struct CredentialPlace: Sendable {
  let served: ServedDatabase
  let oauth: OAuthServer
  let tenant: Tenant
  /// The provider's name, which no other test has.
  let provider: String

  var path: String { "/api/v1/credentials/\(provider)" }

  /// The same provider under another name.
  func named(_ name: String) -> CredentialPlace {
    CredentialPlace(served: served, oauth: oauth, tenant: tenant, provider: name)
  }

  /// Lends one, on the server that all share.
  static func with(plan: String = "pro", _ body: (CredentialPlace) async throws -> Void) async throws {
    try await lend(on: try await ServedDatabase.shared(), plan, body)
  }

  /// Lends one in a database of its own, for who breaks what `tollgate verify` looks at, or looks at everything.
  static func withDatabase(
    plan: String = "pro", _ body: (CredentialPlace) async throws -> Void
  ) async throws {
    try await ServedDatabase.with { try await lend(on: $0, plan, body) }
  }

  private static func lend(
    on served: ServedDatabase, _ plan: String, _ body: (CredentialPlace) async throws -> Void
  ) async throws {
    let oauth = try await onOwnThread { try OAuthServer() }
    let place = CredentialPlace(
      served: served, oauth: oauth, tenant: try await served.makeTenant(plan: plan),
      provider: "p_" + UUID().uuidString.prefix(8).lowercased())
    do {
      try await place.configure()
      try await body(place)
    } catch {
      try await onOwnThread { oauth.stop() }
      throw error
    }
    try await onOwnThread { oauth.stop() }
  }

  /// The body that makes it a provider, with other members instead: raw JSON, nil leaves one out.
  func configuration(_ changes: [String: String?] = [:]) -> String {
    var members: [String: String?] = [
      "authorizationUrl": "\"\(oauth.url("/authorize"))\"", "tokenUrl": "\"\(oauth.url("/token"))\"",
      "revocationUrl": "\"\(oauth.url("/revoke"))\"", "clientId": "\"\(oauth.clientID)\"",
      "clientSecret": "\"\(oauth.clientSecret)\"", "scopes": #"["files.read","offline"]"#,
      "redirectUri": #""https://app.example.com/back""#, "clientAuthentication": #""basic""#,
      "authorizationParameters": #"{"access_type":"offline","prompt":"consent é"}"#,
    ]
    for (name, value) in changes { members[name] = value }
    return "{" + members.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.joined(separator: ",") + "}"
  }

  @discardableResult
  func configure(
    _ changes: [String: String?] = [:], status: Int = 200, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> RawClient.Answer {
    let answer = try await served.server.call(
      "PUT", "/api/v1/admin/providers/\(provider)", token: served.server.tokens.service(),
      body: configuration(changes), sourceLocation: sourceLocation)
    #expect(answer.status == status, "\(answer.body)", sourceLocation: sourceLocation)
    return answer
  }

  /// Asks as the tenant's user, or somebody else, on the shared server or another.
  func ask(
    _ method: String, _ suffix: String = "", _ body: String? = nil, token: String? = nil, on server: TestServer? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> RawClient.Answer {
    try await (server ?? served.server).call(
      method, path + suffix, token: token ?? tenant.token, body: body, sourceLocation: sourceLocation)
  }

  func accessToken(
    on server: TestServer? = nil, token: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> RawClient.Answer {
    try await ask("POST", "/access-token", token: token, on: server, sourceLocation: sourceLocation)
  }

  /// Connects with a refresh token of the provider's, and returns that.
  @discardableResult
  func connect(sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
    let token = try oauth.makeRefreshToken()
    let answer = try await ask(
      "PUT", "", #"{"refreshToken":"\#(token)","metadata":{"account":"a@example.com"}}"#, sourceLocation: sourceLocation
    )
    #expect(answer.status == 200, "\(answer.body)", sourceLocation: sourceLocation)
    return token
  }

  /// Begins an authorization and consents. What is asked for by the URL, and the code.
  func consent(token: String? = nil) async throws -> (query: [String: String], code: String) {
    let answer = try await ask("POST", "/authorize", token: token)
    try #require(answer.status == 200, "\(answer.body)")
    let url = try #require(try answer.json()["url"]?.string.flatMap { URLComponents(string: $0) })
    #expect(url.path == "/authorize" && url.host == "127.0.0.1")
    let query = Dictionary(uniqueKeysWithValues: (url.queryItems ?? []).map { ($0.name, $0.value ?? "") })
    let code = try oauth.consent(
      challenge: try #require(query["code_challenge"]), redirectURI: try #require(query["redirect_uri"]))
    return (query, code)
  }

  /// The access token that there is is over.
  func expire() async throws {
    try await change("access_token_fresh_until = now() - interval '1 second'")
  }

  /// Nobody refreshes, and nobody is asked for patience.
  func forget() async throws { try await change("retry_at = NULL, lease_ends_at = NULL") }

  func change(_ assignments: String) async throws {
    try await served.script(
      """
      UPDATE tollgate.credentials SET \(assignments)
      WHERE organization_id = '\(tenant.organizationID)' AND provider = '\(provider)'
      """)
  }

  func column(_ name: String) async throws -> String? {
    try await served.text(
      """
      SELECT \(name) FROM tollgate.credentials
      WHERE organization_id = '\(tenant.organizationID)' AND provider = '\(provider)'
      """)
  }

  /// Lends another server at the same database, for the same tokens.
  func withServer(
    keys: String? = TestVault.keys, egress: [String] = ["127.0.0.1"], timing: VaultTiming = VaultTiming(),
    _ body: (TestServer) async throws -> Void
  ) async throws {
    let server = try await onOwnThread { [served] in
      try TestServer(
        try served.database.serverSettings(), tokens: served.server.tokens, vaultKeys: keys, egress: egress,
        timing: timing)
    }
    do { try await body(server) } catch {
      try await onOwnThread { server.stop() }
      throw error
    }
    try await onOwnThread { server.stop() }
  }
}
