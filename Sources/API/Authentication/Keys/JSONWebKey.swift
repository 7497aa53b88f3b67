internal import Crypto
internal import JSON

/// One key of a set (RFC 7517, section 4; RFC 7518, section 6).
enum JSONWebKey {
  /// It verifies tokens.
  case usable(VerificationKey)
  /// Somebody else's: of another type, or for another purpose.
  case foreign
  /// It should have been usable, but is not; a sentence without any of the key.
  case refused(reason: String)

  private static let maximumIdentifierByteCount = 256
  /// Members of private keys (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
  private static let secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

  init(_ value: JSONValue) {
    guard case .object(let members) = value, let type = Self.text(members["kty"]) else {
      self = .refused(reason: "It is no key: it has no kty.")
      return
    }
    // Before anything else, whatever the key is for: who publishes a secret should be told.
    guard !type.isEqual(to: "oct") else {
      self = .refused(reason: "It is a shared secret (kty oct), which has no business in a key set.")
      return
    }
    guard !Self.secretMembers.contains(where: { members[$0] != nil }) else {
      self = .refused(reason: "It has members of a private key: whoever can read this set can make tokens.")
      return
    }
    self = Self.read(members, type)
  }

  private static func read(_ members: JSONObject, _ type: String) -> JSONWebKey {
    let isRSA = type.isEqual(to: "RSA")
    let isP256 = type.isEqual(to: "EC") && text(members["crv"])?.isEqual(to: "P-256") == true
    guard isRSA || isP256, isForVerifying(members, by: isRSA ? "RS256" : "ES256") else { return .foreign }
    var identifier: String?
    if let member = members["kid"] {
      guard let text = text(member), text.utf8.count <= maximumIdentifierByteCount else {
        return .refused(reason: "Its kid is no text of at most \(maximumIdentifierByteCount) bytes.")
      }
      identifier = text
    }
    do throws(PublicKeyError) {
      return .usable(try isRSA ? rsaKey(members, identifier) : p256Key(members, identifier))
    } catch {
      return .refused(reason: error.description)
    }
  }

  /// `use`, `key_ops` and `alg` each may be absent; what is there has to fit (RFC 7517, sections 4.2 to 4.4).
  private static func isForVerifying(_ members: JSONObject, by algorithm: StaticString) -> Bool {
    if let use = members["use"], text(use)?.isEqual(to: "sig") != true { return false }
    if let named = members["alg"], text(named)?.isEqual(to: algorithm) != true { return false }
    guard let operations = members["key_ops"] else { return true }
    guard case .array(let operations) = operations else { return false }
    return operations.contains { text($0)?.isEqual(to: "verify") == true }
  }

  private static func rsaKey(
    _ members: JSONObject, _ identifier: String?
  ) throws(PublicKeyError) -> VerificationKey {
    let key = try RSAPublicKey(modulus: number(members["n"]), exponent: number(members["e"]))
    return .rs256(RS256Key(identifier: identifier, key: key))
  }

  private static func p256Key(
    _ members: JSONObject, _ identifier: String?
  ) throws(PublicKeyError) -> VerificationKey {
    let key = try P256PublicKey(x: number(members["x"]), y: number(members["y"]))
    return .es256(ES256Key(identifier: identifier, key: key))
  }

  /// Empty for what is no Base64url, which no key takes.
  private static func number(_ value: JSONValue?) -> [UInt8] {
    text(value).flatMap(decodeBase64URL) ?? []
  }

  private static func text(_ value: JSONValue?) -> String? {
    if case .string(let text)? = value { text } else { nil }
  }
}

extension String {
  /// Byte for byte: strings that look alike are not the same.
  fileprivate func isEqual(to literal: StaticString) -> Bool {
    literal.withUTF8Buffer { utf8.elementsEqual($0) }
  }
}
