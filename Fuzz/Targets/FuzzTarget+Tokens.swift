import Crypto
import JSON
import Tokens

@testable import API

/// A verifier whose secret is known: what is shown is that the secret is needed, and what it does not excuse.
private struct KnownSecret: Sendable {
  let verifier: TokenVerifier
  let code: HMACSHA256
  static let nowSeconds: Int64 = 1_700_000_000

  static let shared = Result { try KnownSecret() }

  private init() throws {
    let secret = [UInt8](repeating: 0x61, count: 32)
    verifier = TokenVerifier(keys: [.hs256(try HS256Key(secret: secret))], issuer: nil, audience: nil)
    code = try HMACSHA256(key: secret)
  }

  func isValid(_ token: [UInt8]) -> Bool { (try? verifier.verify(token, nowSeconds: Self.nowSeconds)) != nil }
}

extension FuzzTarget {
  /// No token without the right signature is valid, no other spelling of a valid one is, and a signed one is valid only
  /// when its header and claims allow it.
  ///
  /// An input is a token as it is, or, if it begins with a line feed, the two lines of a header and a payload to sign.
  static let token = FuzzTarget(name: "token") { bytes in
    let known = try KnownSecret.shared.get()
    guard bytes.first == UInt8(ascii: "\n") else {
      return try require(!known.isValid(bytes), "a token is valid that nobody has signed")
    }
    let lines = bytes.dropFirst().split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
    guard lines.count == 2 else { return }
    let input = encodeBase64URL(Array(lines[0])) + "." + encodeBase64URL(Array(lines[1]))
    let signature = try known.code.authenticationCode(for: Array(input.utf8))
    let token = Array((input + "." + encodeBase64URL(signature)).utf8)
    guard let claims = try? known.verifier.verify(token, nowSeconds: KnownSecret.nowSeconds) else { return }
    try examine(claims, header: Array(lines[0]), payload: Array(lines[1]))
    for index in token.indices {
      var changed = token
      changed[index] ^= 1
      try require(!known.isValid(changed), "a token is still valid with a bit changed")
    }
    for other in [token + [UInt8(ascii: "=")], token + [UInt8(ascii: ".")], Array(token.dropLast()), token + token] {
      try require(!known.isValid(other), "a token is still valid in another spelling")
    }
  }

  private static func examine(_ claims: Claims, header: [UInt8], payload: [UInt8]) throws {
    guard case .object(let header) = try parseJSON(header), case .object(let payload) = try parseJSON(payload) else {
      throw Finding("a valid token is no pair of objects")
    }
    try require(header["alg"] == .string("HS256"), "another algorithm")
    try require(header["crit"] == nil && header["b64"] == nil, "an extension is passed over")
    try require(claims.expiresAt > KnownSecret.nowSeconds, "an expired token is valid")
    try require(isPast(payload["nbf"]) && isPast(payload["iat"]), "a token of the future is valid")
    try require(payload["sub"] == claims.subject.map(JSONValue.string), "another subject")
    try require(payload["role"] == claims.role.map(JSONValue.string), "another role")
  }

  private static func isPast(_ time: JSONValue?) -> Bool {
    let latest = KnownSecret.nowSeconds + 60
    return switch time {
    case nil: true
    case .integer(let seconds)?: seconds <= latest
    case .real(let seconds)?: seconds <= Double(latest)
    default: false
    }
  }

  /// No cursor is read that was not written for the same list.
  ///
  /// An input is a cursor as it is, or, if it begins with a line feed, 16 bytes of an id and a list to write one for.
  static let cursor = FuzzTarget(name: "cursor") { bytes in
    let cursors = PageCursors(try KnownSecret.shared.get().verifier)
    guard bytes.first == UInt8(ascii: "\n"), bytes.count >= 17 else {
      let text = String(decoding: bytes, as: UTF8.self)
      return try require((try? cursors.row(of: text, in: [])) == nil, "a cursor is read that nobody has written")
    }
    let id = TransactionID(bits: bytes[1..<17].reduce(0) { $0 << 8 | UInt128($1) })
    let list = Array(bytes[17...])
    let sortKey = String(decoding: list.prefix(8), as: UTF8.self)
    let cursor = try cursors.cursor(behind: id, sortKey: sortKey, of: list)
    let place = try cursors.place(of: cursor, in: list)
    try require(place == (id, sortKey), "a cursor is read as another row")
    try require((try? cursors.row(of: cursor, in: list + [0])) == nil, "a cursor is read for another list")
    if let moved = sortKey.utf8.last, let whole = decodeBase64URL(cursor) {
      let shorter = encodeBase64URL(Array(whole.dropLast()))
      try require((try? cursors.row(of: shorter, in: [moved] + list)) == nil, "the end of a row is read as a list")
    }
    for index in cursor.utf8.indices {
      var changed = Array(cursor.utf8)
      changed[cursor.utf8.distance(from: cursor.utf8.startIndex, to: index)] ^= 1
      let text = String(decoding: changed, as: UTF8.self)
      try require((try? cursors.row(of: text, in: list)) == nil, "a cursor is read with a bit changed")
    }
  }
}
