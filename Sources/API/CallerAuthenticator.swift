import HTTP
import Tokens

/// Turns the field `Authorization` into a caller.
struct CallerAuthenticator: Sendable {
  let verifier: TokenVerifier
  let clock: WallClock
  let keys: APIKeys
  let verified = VerifiedTokens()

  /// Tells the caller that a valid bearer token names, at once where that is known, else from another thread.
  ///
  /// 401 for whatever is no valid token, always the same; 503 where there are no keys to tell; 403 for a valid one of a
  /// role or subject that has nothing to do here.
  func caller(of request: Request, completion: @escaping @Sendable (Result<Caller, Problem>) -> Void) {
    guard let token = bearerToken(in: request) else { return completion(.failure(.unauthorized)) }
    if APIKeys.isKey(token) { return keys.identity(of: token) { completion($0.map(Caller.key)) } }
    let generation = verifier.generation
    if let caller = verified.caller(of: token, nowSeconds: clock.seconds, generation: generation) {
      return completion(.success(caller))
    }
    verifier.verify(Array(token), clock: clock) { claims in
      completion(
        Result { () throws(Problem) in
          let claims = try claims.mapError(Problem.init).get()
          let caller = try caller(claims)
          // If the keys have changed meanwhile, this is the number of those before, and nobody finds it.
          verified.remember(caller, of: token, expiresAtSeconds: claims.expiresAt, generation: generation)
          return caller
        })
    }
  }

  /// Whether the request's token was verified before, so that looking at it costs next to nothing.
  func remembers(_ request: Request) -> Bool {
    guard let token = bearerToken(in: request) else { return false }
    if APIKeys.isKey(token) { return keys.remembers(token) }
    return verified.caller(of: token, nowSeconds: clock.seconds, generation: verifier.generation) != nil
  }

  /// Claims are compared as bytes: strings that look alike are not the same role.
  private func caller(_ claims: Claims) throws(Problem) -> Caller {
    guard let role = claims.role else { throw .forbidden }
    if role.utf8.elementsEqual("service_role".utf8) { return .service }
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
