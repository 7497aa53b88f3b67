import Accounts
import Crypto
import HTTP
import JSON
import Tokens
import Vault

/// `/api/v1/admin/providers`: whom tenants can connect to. Client secrets go in and do not come out.
struct ProviderRoutes: Sendable {
  let context: RouteContext
  /// Nil where the settings have no keys.
  let vault: Vault?

  /// `GET /api/v1/admin/providers`.
  func list(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery([])
    context.accounts.providers { result in
      reply.attempt { () throws(Problem) in
        let providers = try result.mapError(Problem.init).get()
        reply.send(
          .json { writer in
            writer.name("data")
            writer.beginArray()
            for provider in providers {
              writer.beginObject()
              provider.write(to: &writer)
              writer.endObject()
            }
            writer.endArray()
          })
      }
    }
  }

  /// `PUT /api/v1/admin/providers/{provider}`.
  func set(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    guard let vault else { throw .noVault }
    guard let name = request.parameters["provider"].flatMap(ProviderName.init) else {
      throw Problem(.invalidRequest, "A provider's name is 1 to 63 of a-z, 0-9 and _, and begins with a letter.")
    }
    let (provider, secret) = try Provider.read(request, named: name)
    let sealed: SealedBytes?
    do { sealed = try secret.map { try vault.seal(clientSecret: $0, of: name) } } catch {
      throw Problem(ServiceFailure.defect(cause: "\(error)"))
    }
    context.accounts.acting(as: request.actor(caller)).set(provider, clientSecret: sealed) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(.success(let provider)): reply.send(.json { provider.write(to: &$0) })
      case .success(.failure):
        reply.fail(
          Problem(
            .invalidRequest,
            "clientSecret is needed for a new provider, and wherever tokenUrl, revocationUrl or clientId change."))
      }
    }
  }

  /// `DELETE /api/v1/admin/providers/{provider}`.
  func remove(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    guard let name = request.parameters["provider"].flatMap(ProviderName.init) else { throw .notFound }
    context.accounts.acting(as: request.actor(caller)).remove(name) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(.success): reply.send(.json { $0.member("provider", name.text) })
      case .success(.failure(.conflict)):
        reply.fail(Problem(.providerInUse, "Organizations are connected to this provider."))
      case .success(.failure): reply.fail(.notFound)
      }
    }
  }
}

extension Provider {
  /// Writes all that is known of a provider but its secret.
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("provider", name.text)
    writer.member("authorizationUrl", authorizationURL)
    writer.member("tokenUrl", tokenURL)
    writer.member("revocationUrl", revocationURL)
    writer.member("clientId", clientID)
    writer.member("clientAuthentication", clientAuthentication.rawValue)
    writer.name("scopes")
    writer.beginArray()
    for scope in scopes { writer.string(scope) }
    writer.endArray()
    writer.member("redirectUri", redirectURI)
    writer.member("authorizationParameters", raw: Array(authorizationParameters.utf8))
    writer.member("updatedAt", timestamp: updatedAtMicroseconds)
  }
}
