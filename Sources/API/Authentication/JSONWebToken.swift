internal import Crypto

/// Verifies JSON Web Tokens (RFC 7519) in compact form (RFC 7515, section 7.1), as RFC 8725 advises.
public struct TokenVerifier: Sendable {
  /// The longest token, in bytes.
  public static let maximumTokenByteCount = 8_192

  private let source: KeySource
  private let issuer: [UInt8]?
  private let audience: [UInt8]?
  private let leewaySeconds: Int64

  /// A verifier.
  ///
  /// - Parameters:
  ///   - source: A token needs a signature by one of its keys; with none every token is refused.
  ///   - issuer: What `iss` must be, byte for byte; `nil` to accept any and none.
  ///   - audience: What `aud` must be or contain, byte for byte; `nil` to accept any and none.
  ///   - leewaySeconds: How far `nbf` and `iat` may lie in the future, 0 or more. `exp` gets no leeway: a token never
  ///     lives longer than its maker said.
  public init(source: KeySource, issuer: String?, audience: String?, leewaySeconds: Int64 = 60) {
    self.source = source
    self.issuer = issuer.map { Array($0.utf8) }
    self.audience = audience.map { Array($0.utf8) }
    self.leewaySeconds = max(leewaySeconds, 0)
  }

  /// The same with keys that never change.
  public init(keys: [VerificationKey], issuer: String?, audience: String?, leewaySeconds: Int64 = 60) {
    self.init(source: KeySource(keys), issuer: issuer, audience: audience, leewaySeconds: leewaySeconds)
  }

  /// Whether tokens can be judged: every key set that there should be was found at least once.
  var isReady: Bool { source.isReady }

  /// What was verified under another number has to be verified again.
  var generation: Int { source.generation }

  /// Tells the claims of a token that breaks no rule: at once, unless it names a key that may have been published a
  /// moment ago. Then the key set is looked at first, where it was not lately, for 5 seconds at the most.
  ///
  /// - Parameters:
  ///   - token: Three segments of Base64url, at most 8 KiB.
  ///   - clock: The present.
  ///   - completion: is told the claims, or which rule the token breaks.
  func verify(
    _ token: [UInt8], clock: WallClock, completion: @escaping @Sendable (Result<Claims, TokenError>) -> Void
  ) {
    let first = Result { () throws(TokenError) in try verify(token, nowSeconds: clock.seconds) }
    guard case .failure(let error) = first, error.reason == .unknownKey || error.reason == .keysUnavailable else {
      completion(first)
      return
    }
    source.refresh { [self] hasLooked in
      guard hasLooked else {
        completion(first)
        return
      }
      completion(Result { () throws(TokenError) in try verify(token, nowSeconds: clock.seconds) })
    }
  }

  /// The claims of a token that breaks no rule.
  ///
  /// - Parameters:
  ///   - token: Three segments of Base64url, at most 8 KiB.
  ///   - nowSeconds: The present, in seconds since 1970.
  /// - Returns: The claims.
  /// - Throws: `TokenError`.
  public func verify(_ token: String, nowSeconds: Int64) throws(TokenError) -> Claims {
    guard token.utf8.count <= Self.maximumTokenByteCount else { throw TokenError(.tooLong) }
    return try verify(Array(token.utf8), nowSeconds: nowSeconds)
  }

  /// The claims of a token that breaks no rule.
  ///
  /// - Parameters:
  ///   - token: Three segments of Base64url, at most 8 KiB.
  ///   - nowSeconds: The present, in seconds since 1970.
  /// - Returns: The claims.
  /// - Throws: `TokenError`.
  public func verify(_ token: [UInt8], nowSeconds: Int64) throws(TokenError) -> Claims {
    guard token.count <= Self.maximumTokenByteCount else { throw TokenError(.tooLong) }
    let dot = UInt8(ascii: ".")
    let segments = token.split(separator: dot, maxSplits: 3, omittingEmptySubsequences: false)
    guard segments.count == 3, let headerText = decodeBase64URL(segments[0]),
      let payloadText = decodeBase64URL(segments[1]), let signature = decodeBase64URL(segments[2])
    else { throw TokenError(.malformed) }

    let header = try TokenHeader(headerText)
    let ring = source.ring
    let candidates = try ring.candidates(for: header)
    let signingInput = token[..<segments[1].endIndex]
    guard try isSigned(signingInput, with: signature, byOneOf: candidates) else {
      throw TokenError(ring.reasonOfRefusal(header, by: candidates))
    }
    // Read only now: before its signature is verified, the payload is anybody's text.
    let payload = try TokenPayload(payloadText)
    try judge(payload, nowSeconds: nowSeconds)
    return payload.claims
  }

  /// A key for another purpose, made of the first shared secret: every server with the same settings has the same.
  /// Nothing about the secret, or about keys for other purposes, can be told from it.
  ///
  /// - Returns: Nil without a shared secret.
  func derivedKey(for purpose: String) throws(CryptoError) -> HMACSHA256? {
    for case .hs256(let secret) in source.ring.fixed {
      return try HMACSHA256(key: secret.code.authenticationCode(for: Array("tollgate \(purpose)".utf8)))
    }
    return nil
  }

  private func isSigned(
    _ signingInput: ArraySlice<UInt8>, with signature: [UInt8], byOneOf keys: [VerificationKey]
  ) throws(TokenError) -> Bool {
    for key in keys {
      do {
        if try key.isValid(signature, for: signingInput) { return true }
      } catch {
        throw TokenError(.cryptographyFailed)
      }
    }
    return false
  }

  private func judge(_ payload: TokenPayload, nowSeconds: Int64) throws(TokenError) {
    let claims = payload.claims
    guard nowSeconds < claims.expiresAt else { throw TokenError(.expired) }
    // The claims are 0 or more, so the differences cannot overflow.
    if let notBefore = payload.notBefore, notBefore - leewaySeconds > nowSeconds {
      throw TokenError(.notYetValid)
    }
    if let issuedAt = payload.issuedAt, issuedAt - leewaySeconds > nowSeconds {
      throw TokenError(.issuedInTheFuture)
    }
    if let issuer, !(claims.issuer?.utf8.elementsEqual(issuer) ?? false) {
      throw TokenError(.wrongIssuer)
    }
    if let audience, !claims.audiences.contains(where: { $0.utf8.elementsEqual(audience) }) {
      throw TokenError(.wrongAudience)
    }
  }
}
