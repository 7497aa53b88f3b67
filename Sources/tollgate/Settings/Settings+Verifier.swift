import API

extension Settings {
  /// Makes the verifier of this deployment, and begins to look for its key set where there is one.
  ///
  /// - Parameter secret: of HS256.
  /// - Returns: what decides which tokens are valid.
  /// - Throws: `KeySourceError` for a file that is no key set.
  func startVerifier(secret: String?) throws -> TokenVerifier {
    let fixed = try secret.map { [VerificationKey.hs256(try HS256Key(secret: Array($0.utf8)))] } ?? []
    let source: KeySource
    if let tokenKeyOrigin {
      source = KeySource(fixed: fixed, origin: tokenKeyOrigin, log: logger)
      try source.start()
    } else {
      source = KeySource(fixed)
    }
    return TokenVerifier(source: source, issuer: tokenIssuer, audience: tokenAudience)
  }
}
