import Accounts
import Crypto
import HTTP
import JSON
import Tokens
import Vault

/// `/api/v1/credentials/{provider}`: connects an organization to a provider, and hands out access tokens.
struct CredentialRoutes: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver
  /// Nil where the settings have no keys.
  let vault: Vault?

  /// The longest code and metadata-free body parts that are passed on, in bytes.
  private static let codeLimit = 4_096
  private static let refreshTokenLimit = 8_192

  /// `POST …/authorize`: where to send a person.
  func authorize(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.refuseIdempotencyKey()
    let organizationID = try request.onlyOrganization()
    try owner(request, caller, organizationID, reply) { vault, owner in
      vault.authorize(owner.owner) { result in
        answer(result, owner, reply) { url in .json { $0.member("url", url) } }
      }
    }
  }

  /// `POST …/exchange`: the person is back with a code.
  func exchange(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.refuseIdempotencyKey()
    var body = try RequestBody.object(of: request)
    let organizationID: OrganizationID?
    let code: Secret
    let state: String
    do throws(ReadingError) {
      organizationID = try body.optionalIdentifier("organizationId")
      code = try body.secret("code", limit: Self.codeLimit)
      state = try body.string("state", maximumBytes: 256)
      try body.finish()
    } catch {
      throw Problem(error)
    }
    try owner(request, caller, organizationID, reply) { vault, owner in
      vault.exchange(owner.owner, code: code, state: state) { answerStatus($0, owner, reply) }
    }
  }

  /// `PUT …`: the refresh token was got elsewhere.
  func connect(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    var body = try RequestBody.object(of: request)
    let organizationID: OrganizationID?
    let refreshToken: Secret
    let metadata: String?
    do throws(ReadingError) {
      organizationID = try body.optionalIdentifier("organizationId")
      refreshToken = try body.secret("refreshToken", limit: Self.refreshTokenLimit)
      metadata = try body.metadata()
      try body.finish()
    } catch {
      throw Problem(error)
    }
    try owner(request, caller, organizationID, reply) { vault, owner in
      vault.connect(owner.owner, refreshToken: refreshToken, metadata: metadata) { answerStatus($0, owner, reply) }
    }
  }

  /// `GET …`: how it is, without anything secret.
  func status(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    try owner(request, caller, organizationID, reply) { _, owner in
      context.accounts.credential(owner.owner) { result in
        answerStatus(result.mapError(VaultFailure.service).flatMap { $0.mapError(VaultFailure.refused) }, owner, reply)
      }
    }
  }

  /// `POST …/access-token`.
  func accessToken(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.refuseIdempotencyKey()
    let organizationID = try request.onlyOrganization()
    try owner(request, caller, organizationID, reply) { vault, owner in
      vault.accessToken(of: owner.owner) { result in
        answer(result, owner, reply) { found in
          .json { writer in
            writer.member("accessToken", found.token.text)
            writer.member("expiresAt", timestamp: found.expiresAtMicroseconds)
            writer.member("tokenType", "Bearer")
          }
        }
      }
    }
  }

  /// `DELETE …`.
  func disconnect(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    try owner(request, caller, organizationID, reply) { vault, owner in
      vault.disconnect(owner.owner) { result in
        answer(result, owner, reply) { isRevoked in
          .json { writer in
            writer.member("provider", owner.owner.provider.text)
            writer.member("organizationId", owner.owner.organizationID)
            writer.member("revoked", isRevoked)
          }
        }
      }
    }
  }

  /// A credential, and whether the request named its organization.
  private struct Named: Sendable {
    let owner: CredentialOwner
    let isNamed: Bool
  }

  /// Works out whose credential is meant.
  private func owner(
    _ request: Request, _ caller: Caller, _ organizationID: OrganizationID?, _ reply: Reply,
    _ body: @escaping @Sendable (Vault, Named) -> Void
  ) throws(Problem) {
    guard let vault else { throw .noVault }
    guard let provider = request.parameters["provider"].flatMap(ProviderName.init) else { throw .notFound }
    scopes.resolve(caller, organizationID: organizationID, userID: nil) { result in
      reply.attempt { () throws(Problem) in
        let scope = try result.get()
        let owner = CredentialOwner(
          organizationID: scope.organizationID, provider: provider, spender: scope.spender)
        body(vault, Named(owner: owner, isNamed: scope.isNamed))
      }
    }
  }

  private func answerStatus(_ result: Result<CredentialStatus, VaultFailure>, _ owner: Named, _ reply: Reply) {
    answer(result, owner, reply) { status in
      .json { writer in
        writer.member("provider", owner.owner.provider.text)
        writer.member("organizationId", owner.owner.organizationID)
        status.write(to: &writer)
      }
    }
  }

  private func answer<Value>(
    _ result: Result<Value, VaultFailure>, _ owner: Named, _ reply: Reply, _ success: (Value) -> Response
  ) {
    switch result {
    case .success(let value): reply.send(success(value))
    case .failure(let failure):
      // A membership that was remembered is looked up again.
      if failure == .refused(.forbidden), case .member(let userID) = owner.owner.spender {
        context.directory.forget(userID)
      }
      reply.fail(Problem(failure, owner.owner, isNamed: owner.isNamed))
    }
  }
}

extension CredentialStatus {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("state", state.rawValue)
    writer.member("metadata", raw: Array(metadata.utf8))
    writer.member("connectedAt", timestamp: connectedAtMicroseconds)
    writer.member("connectedBy", connectedBy)
    writer.member("refreshedAt", timestamp: refreshedAtMicroseconds)
    writer.member("accessTokenExpiresAt", timestamp: accessTokenExpiresAtMicroseconds)
  }
}

extension Secret {
  /// The text that it is made of.
  fileprivate var text: String { String(decoding: copy(), as: UTF8.self) }
}

extension ObjectReader {
  /// A text of visible ASCII characters and spaces (RFC 6749, appendix A) that must be there.
  mutating func secret(_ name: String, limit: Int) throws(ReadingError) -> Secret {
    let text = try string(name)
    guard (1...limit).contains(text.utf8.count), text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
      throw ReadingError(member: name, problem: .outOfRange, bounds: "1 to \(limit) printable ASCII characters")
    }
    return Secret(text)
  }
}

extension Request {
  /// A body with no member but the organization, or none at all.
  fileprivate func onlyOrganization() throws(Problem) -> OrganizationID? {
    var body = try RequestBody.optionalObject(of: self)
    do throws(ReadingError) {
      let organizationID: OrganizationID? = try body.optionalIdentifier("organizationId")
      try body.finish()
      return organizationID
    } catch {
      throw Problem(error)
    }
  }

  /// An answer with a secret in it is not kept, so that a second one could not be the same as the first.
  fileprivate func refuseIdempotencyKey() throws(Problem) {
    guard headers["Idempotency-Key"] == nil else {
      throw Problem(
        .invalidRequest,
        "Idempotency-Key cannot be kept here: such answers have secrets in them. Asking again does no harm.")
    }
  }
}
