import HTTP
import Tokens

/// Turns the field `Authorization` into a caller.
struct CallerAuthenticator: Sendable {
  let verifier: TokenVerifier
  let clock: WallClock
  let verified = VerifiedTokens()

  /// Tells the caller that a valid bearer token names, at once where that is known.
  ///
  /// 401 for whatever is no valid token, always the same; 403 for a valid one of a role or subject that has nothing to
  /// do here.
  func caller(of request: Request, completion: @escaping @Sendable (Result<Caller, Problem>) -> Void) {
    completion(Result { () throws(Problem) in try caller(of: request) })
  }

  private func caller(of request: Request) throws(Problem) -> Caller {
    guard let token = bearerToken(in: request) else { throw .unauthorized }
    let now = clock.seconds
    if let caller = verified.caller(of: token, nowSeconds: now) { return caller }
    let claims: Claims
    do {
      claims = try verifier.verify(Array(token), nowSeconds: now)
    } catch {
      throw .unauthorized
    }
    let caller = try caller(claims)
    verified.remember(caller, of: token, expiresAtSeconds: claims.expiresAt)
    return caller
  }

  /// Whether the request's token was verified before, so that looking at it costs next to nothing.
  func remembers(_ request: Request) -> Bool {
    guard let token = bearerToken(in: request) else { return false }
    return verified.caller(of: token, nowSeconds: clock.seconds) != nil
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
