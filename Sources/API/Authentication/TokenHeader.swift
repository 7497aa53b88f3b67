internal import JSON

/// The header of a signed token (RFC 7515, section 4), reduced to what may have an influence.
///
/// `jwk`, `jku`, `x5u` and `x5c` are not even read: a token does not bring its own key.
struct TokenHeader {
  let algorithm: String
  let keyIdentifier: String?

  init(_ json: [UInt8]) throws(TokenError) {
    guard case .object(let header)? = try? parseJSON(json) else { throw TokenError(.invalidHeader) }
    // RFC 7515, section 4.1.11: what is critical and not understood makes the token invalid. `b64` (RFC 7797) changes
    // what is signed, so a token that carries it is not taken for one that does not.
    guard header["crit"] == nil, header["b64"] == nil else { throw TokenError(.unsupportedExtension) }
    guard case .string(let algorithm)? = header["alg"] else { throw TokenError(.invalidHeader) }
    self.algorithm = algorithm
    switch header["kid"] {
    case nil: keyIdentifier = nil
    case .string(let identifier)?: keyIdentifier = identifier
    default: throw TokenError(.invalidHeader)
    }
    switch header["typ"] {
    case nil: break
    case .string(let type)?: guard Self.isAccepted(type) else { throw TokenError(.wrongType) }
    default: throw TokenError(.invalidHeader)
    }
  }

  /// RFC 7519, section 5.1, and RFC 9068, section 2.1; media types do not distinguish case in ASCII.
  private static func isAccepted(_ type: String) -> Bool {
    let lowercase = type.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return lowercase == Array("jwt".utf8) || lowercase == Array("at+jwt".utf8)
  }
}
