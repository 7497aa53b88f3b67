internal import JSON

/// The claims of a token whose signature is verified, typed but not judged.
struct TokenPayload {
  let claims: Claims
  let notBefore: Int64?
  let issuedAt: Int64?

  init(_ json: [UInt8]) throws(TokenError) {
    guard case .object(let payload)? = try? parseJSON(json) else { throw TokenError(.invalidPayload) }
    guard let expiresAt = try Self.numericDate("exp", in: payload) else { throw TokenError(.noExpiry) }
    notBefore = try Self.numericDate("nbf", in: payload)
    issuedAt = try Self.numericDate("iat", in: payload)
    claims = Claims(
      subject: try Self.string("sub", in: payload), role: try Self.string("role", in: payload),
      expiresAt: expiresAt, issuer: try Self.string("iss", in: payload),
      audiences: try Self.audiences(in: payload))
  }

  private static func string(_ name: String, in payload: JSONObject) throws(TokenError) -> String? {
    switch payload[name] {
    case nil: return nil
    case .string(let value)?: return value
    default: throw TokenError(.invalidClaim(name: name))
    }
  }

  /// One string or an array of them (RFC 7519, section 4.1.3).
  private static func audiences(in payload: JSONObject) throws(TokenError) -> [String] {
    switch payload["aud"] {
    case nil: return []
    case .string(let audience)?: return [audience]
    case .array(let values)?:
      var audiences: [String] = []
      for value in values {
        guard case .string(let audience) = value else { throw TokenError(.invalidClaim(name: "aud")) }
        audiences.append(audience)
      }
      return audiences
    default: throw TokenError(.invalidClaim(name: "aud"))
    }
  }

  /// Seconds since 1970, possibly with a fraction (RFC 7519, section 2), rounded up: for whole seconds of the clock,
  /// "before" and "after" the rounded second are the same as before and after the exact moment.
  ///
  /// Beyond the year 9999 (where RFC 3339 ends) it is a mistake, such as milliseconds, or an attack on arithmetic.
  private static func numericDate(_ name: String, in payload: JSONObject) throws(TokenError) -> Int64? {
    let seconds: Int64?
    switch payload[name] {
    case nil: return nil
    case .integer(let value)?: seconds = value
    case .real(let value)?: seconds = Int64(exactly: value.rounded(.up))
    default: seconds = nil
    }
    guard let seconds, (0...253_402_300_799).contains(seconds) else {
      throw TokenError(.invalidClaim(name: name))
    }
    return seconds
  }
}
