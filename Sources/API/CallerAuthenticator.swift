import HTTP
import Tokens

/// A caller and how long its token says so.
struct ProvenCaller: Sendable {
  let caller: Caller
  /// The first second since 1970 at which the token is refused; nil for an API key.
  let expiresAtSeconds: Int64?
}

/// Turns the field `Authorization`, or the dashboard's cookie, into a caller.
struct CallerAuthenticator: Sendable {
  let verifier: TokenVerifier
  let clock: WallClock
  let keys: APIKeys
  private let verified: VerifiedTokens

  init(verifier: TokenVerifier, clock: WallClock, keys: APIKeys, verified: VerifiedTokens = VerifiedTokens()) {
    self.verifier = verifier
    self.clock = clock
    self.keys = keys
    self.verified = verified
  }

  /// The token that a request shows: the bearer token, or where there is no field `Authorization` at all, and for what
  /// the cookie is good for, that of the dashboard's session, if the dashboard's own page sent it.
  func token(in request: Request, session: SessionUse) -> ArraySlice<UInt8>? {
    if request.headers.bytes(of: "authorization") != nil { return bearerToken(in: request) }
    switch session {
    case .none: return nil
    case .reading: guard RequestSource.isOwnPage(request) else { return nil }
    case .changing: guard RequestSource.isOwnPage(request), RequestSource.isMeant(request) else { return nil }
    }
    // An API key is no session: those have an end.
    return SessionCookie.token(in: request).flatMap { APIKeys.isKey($0) ? nil : $0 }
  }

  /// Tells the caller that a valid token names, at once where that is known, else from another thread.
  ///
  /// 401 for whatever is no valid token, always the same; 503 where there are no keys to tell; 403 for a valid one of a
  /// role or subject that has nothing to do here.
  func prove(
    _ token: ArraySlice<UInt8>?, completion: @escaping @Sendable (Result<ProvenCaller, Problem>) -> Void
  ) {
    guard let token else { return completion(.failure(.unauthorized)) }
    if APIKeys.isKey(token) {
      return keys.identity(of: token) { completion($0.map { ProvenCaller(caller: .key($0), expiresAtSeconds: nil) }) }
    }
    let generation = verifier.generation
    if let proven = verified.caller(of: token, nowSeconds: clock.seconds, generation: generation) {
      return completion(.success(proven))
    }
    verifier.verify(Array(token), clock: clock) { claims in
      completion(
        Result { () throws(Problem) in
          let claims = try claims.mapError(Problem.init).get()
          let proven = ProvenCaller(caller: try caller(claims), expiresAtSeconds: claims.expiresAt)
          // If the keys have changed meanwhile, this is the number of those before, and nobody finds it.
          verified.remember(proven, of: token, expiresAtSeconds: claims.expiresAt, generation: generation)
          return proven
        })
    }
  }

  /// Whether a token was verified before, so that looking at it costs next to nothing.
  func remembers(_ token: ArraySlice<UInt8>?) -> Bool {
    guard let token else { return false }
    if APIKeys.isKey(token) { return keys.remembers(token) }
    return verified.caller(of: token, nowSeconds: clock.seconds, generation: verifier.generation) != nil
  }

  /// When a token that was verified a moment ago is refused; nil for an API key, and for one that was forgotten since.
  func expiry(of token: ArraySlice<UInt8>?) -> Int64? {
    guard let token else { return nil }
    return verified.caller(of: token, nowSeconds: clock.seconds, generation: verifier.generation)?.expiresAtSeconds
  }

  /// Claims are compared as bytes: strings that look alike are not the same role.
  private func caller(_ claims: Claims) throws(Problem) -> Caller {
    guard let role = claims.role else { throw .forbidden }
    if role.utf8.elementsEqual("service_role".utf8) {
      guard let subject = claims.subject else { return .service(nil) }
      guard let name = ServiceName(subject) else { throw .forbidden }
      return .service(name)
    }
    guard role.utf8.elementsEqual("authenticated".utf8), let subject = claims.subject, let userID = UserID(subject)
    else { throw .forbidden }
    return .user(userID)
  }

  /// RFC 6750, section 2.1. The scheme's name is case-insensitive.
  private func bearerToken(in request: Request) -> ArraySlice<UInt8>? {
    guard let field = request.headers.bytes(of: "authorization"), field.count >= Self.scheme.utf8CodeUnitCount else {
      return nil
    }
    for offset in 0..<Self.scheme.utf8CodeUnitCount
    where field[field.startIndex + offset] | 0x20 != Self.scheme.utf8Start[offset] { return nil }
    return field.dropFirst(Self.scheme.utf8CodeUnitCount)
  }

  private static let scheme: StaticString = "bearer "
}

extension Problem {
  /// The same for every token that is refused: who sends one learns nothing about why.
  init(_ error: TokenError) {
    guard error.reason == .keysUnavailable else {
      self = .unauthorized
      return
    }
    self = Problem(.unavailable, "Tokens cannot be verified at the moment.", retryAfterSeconds: 5)
  }
}
