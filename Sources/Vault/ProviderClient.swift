import Crypto
import Fetching
import Locking
import Network
import Tokens

/// Asks providers, and remembers which of them are out of order. Requests run on threads of libcurl's own.
final class ProviderClient: Sendable {
  /// What is asked for.
  enum Grant: Sendable {
    case code(Secret, redirectURI: String, verifier: Secret)
    case refreshToken(Secret)
  }

  private let egress: Egress
  private let certificateFile: String?
  private let limits: FetchLimits
  private let breakerLimits: CircuitBreaker.Limits
  private let breakers = Mutex<[ProviderName: CircuitBreaker]>([:])

  init(
    egress: Egress, certificateFile: String?, limits: FetchLimits, breakerLimits: CircuitBreaker.Limits
  ) {
    self.egress = egress
    self.certificateFile = certificateFile
    self.limits = limits
    self.breakerLimits = breakerLimits
  }

  /// For how long a provider is not asked, nil: it may be. Takes nobody's turn, and remembers nothing about names that
  /// were made up.
  func refusalSeconds(_ provider: ProviderName) -> Double? {
    breakers.withLock { $0[provider]?.refusalSeconds(now: Self.now) }
  }

  /// Whether a provider, which somebody has found in the database, may be asked now. Who may either asks, once, or says
  /// that it does not.
  func admit(_ provider: ProviderName) -> CircuitBreaker.Decision {
    change(provider) { $0.admit(now: Self.now) }
  }

  /// Who was admitted does not ask.
  func cancel(_ provider: ProviderName) { change(provider) { $0.cancelled() } }

  /// Asks for tokens, once admitted.
  func ask(
    _ owner: CredentialOwner, at door: ProviderDoor, secret: Secret, for grant: Grant,
    completion: @escaping @Sendable (Result<TokenAnswer, ProviderFault>) -> Void
  ) {
    send(owner, at: door, secret: secret, Self.form(grant)) { response in
      completion(
        response.flatMap { response in
          Result { () throws(ProviderFault) in try TokenAnswer(response) }
        })
    }
  }

  /// Revokes a refresh token (RFC 7009), once admitted, and tells whether the provider says that it did.
  func revoke(
    _ owner: CredentialOwner, at door: ProviderDoor, secret: Secret, _ token: Secret,
    completion: @escaping @Sendable (Bool) -> Void
  ) {
    let form = [("token", token.copy()), ("token_type_hint", Array("refresh_token".utf8))]
    send(owner, at: door, secret: secret, form) { response in
      completion((try? response.get().status) == 200)
    }
  }

  private func send(
    _ owner: CredentialOwner, at door: ProviderDoor, secret: Secret, _ form: [(String, [UInt8])],
    completion: @escaping @Sendable (Result<FetchedResponse, ProviderFault>) -> Void
  ) {
    var request = FetchRequest(url: door.url, limits: limits)
    request.method = .post
    request.certificateFile = certificateFile
    request.mayConnect = { [egress] in egress.mayConnect(to: $0) }
    request.headers = [("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded")]
    var form = form
    switch door.clientAuthentication {
    case .basic:
      // Both are encoded as in a form before they are joined (RFC 6749, section 2.3.1).
      let both =
        Array(FormEncoding.encode(door.clientID).utf8) + [UInt8(ascii: ":")] + FormEncoding.encode(secret.copy())
      request.headers.append(("Authorization", "Basic \(encodeBase64(both))"))
    case .post: form += [("client_id", Array(door.clientID.utf8)), ("client_secret", secret.copy())]
    }
    request.body = FormEncoding.encode(form.map { (name: $0.0, value: $0.1) })
    startFetch(request) { [self] result in
      let result = result.mapError(Self.fault)
      finish(owner, result)
      completion(result)
    }
  }

  /// A provider that answers is there, whatever it says; but not where it says that something is wrong with itself.
  private func finish(_ owner: CredentialOwner, _ result: Result<FetchedResponse, ProviderFault>) {
    let isThere = if case .success(let response) = result { response.status < 500 } else { false }
    change(owner.provider) { isThere ? $0.succeeded() : $0.failed(for: owner.organizationID, now: Self.now) }
  }

  private func change<Value: Sendable>(_ provider: ProviderName, _ body: (inout CircuitBreaker) -> Value) -> Value {
    breakers.withLock { breakers in
      var breaker = breakers[provider] ?? CircuitBreaker(breakerLimits)
      defer { breakers[provider] = breaker }
      return body(&breaker)
    }
  }

  private static func form(_ grant: Grant) -> [(String, [UInt8])] {
    switch grant {
    case .code(let code, let redirectURI, let verifier):
      [
        ("grant_type", Array("authorization_code".utf8)), ("code", code.copy()),
        ("redirect_uri", Array(redirectURI.utf8)), ("code_verifier", verifier.copy()),
      ]
    case .refreshToken(let token):
      [("grant_type", Array("refresh_token".utf8)), ("refresh_token", token.copy())]
    }
  }

  private static func fault(_ error: FetchError) -> ProviderFault {
    switch error {
    case .addressRefused, .invalidRequest: .misconfigured(cause: error.description)
    case .unknownHost, .notConnected, .untrusted, .tooSlow, .tooLong, .failed:
      .unavailable(cause: error.description, retryAfterSeconds: nil)
    }
  }

  private static let clock = ContinuousClock()
  private static let start = clock.now

  /// Steady seconds.
  private static var now: Double { (clock.now - start) / .seconds(1) }
}
