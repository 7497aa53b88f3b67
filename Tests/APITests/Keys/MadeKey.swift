import JSON
import Testbed
import Testing

/// A key that a test made over HTTP.
struct MadeKey: Sendable {
  let id: String
  /// What is sent as the bearer token.
  let text: String
}

extension Path {
  static let keys = "/api/v1/admin/keys"
}

extension TestServer {
  /// Makes a key of an organization, or of the service.
  func makeKey(of organizationID: String?, _ scopes: String..., expiresAt: String? = nil) async throws -> MadeKey {
    try await makeKey(of: organizationID, scopes, expiresAt: expiresAt)
  }

  /// The same with scopes in a list.
  func makeKey(of organizationID: String?, _ scopes: [String], expiresAt: String? = nil) async throws -> MadeKey {
    let owner = organizationID.map { #","organizationId":"\#($0)""# } ?? ""
    let end = expiresAt.map { #","expiresAt":"\#($0)""# } ?? ""
    let names = scopes.map { #""\#($0)""# }.joined(separator: ",")
    let answer = try await call(
      "POST", Path.keys, token: tokens.service(), body: #"{"name":"Test","scopes":[\#(names)]\#(owner)\#(end)}"#)
    #expect(answer.status == 201)
    let body = try answer.json()
    return MadeKey(id: try #require(body["keyId"]?.string), text: try #require(body["key"]?.string))
  }

  /// Looks at balances with a key, which says whether the key is valid and may read.
  func status(of key: MadeKey) async throws -> Int {
    try await call("GET", Path.balance, token: key.text).status
  }

  /// Asks until the answer has a status, at most so long.
  ///
  /// - Returns: how long that took; nil when it was too long.
  func time(until status: Int, of key: MadeKey, atMost limit: Duration = .seconds(30)) async throws -> Duration? {
    let start = ContinuousClock.now
    while try await self.status(of: key) != status {
      guard ContinuousClock.now - start < limit else { return nil }
    }
    return ContinuousClock.now - start
  }
}
