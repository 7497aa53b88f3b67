import Crypto
import Foundation

/// A key pair of this run's own, made and used by the real `openssl`.
public final class TestKeyPair: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    case rsa = "RS256"
    case p256 = "ES256"
  }

  public struct Unreadable: Error {}

  public let kind: Kind
  private let folder: TestFolder

  /// Makes one; an RSA modulus has so many bits. Blocks.
  public init(_ kind: Kind, modulusBitCount: Int = 2048) throws {
    self.kind = kind
    folder = try TestFolder()
    let options =
      switch kind {
      case .rsa: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(modulusBitCount)"]
      case .p256: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
      }
    try OpenSSL.run(["genpkey", "-out", "private.pem"] + options, in: folder)
  }

  /// The members `n` and `e`, or `crv`, `x` and `y`, with `kty`, as bytes or text.
  public func numbers() throws -> [(name: String, bytes: [UInt8])] {
    switch kind {
    case .rsa:
      // "Modulus=" and hexadecimal digits.
      let line = try OpenSSL.run(["rsa", "-in", "private.pem", "-noout", "-modulus"], in: folder)
      let digits = String(decoding: line, as: UTF8.self).dropFirst("Modulus=".count).filter { !$0.isWhitespace }
      return [("n", try Self.bytes(String(digits))), ("e", [1, 0, 1])]
    case .p256:
      // The uncompressed point is what the encoding ends with.
      let point = try publicKey(in: "DER").suffix(64)
      return [("x", Array(point.prefix(32))), ("y", Array(point.suffix(32)))]
    }
  }

  /// The public key in `PEM` or `DER`.
  public func publicKey(in form: String) throws -> [UInt8] {
    try OpenSSL.run(["pkey", "-in", "private.pem", "-pubout", "-outform", form], in: folder)
  }

  /// The public key as a JWK, with other members besides or instead; a member that is nil is left out.
  public func jwk(kid: String? = nil, changing members: [String: String?] = [:]) throws -> String {
    var all: [String: String] = [:]
    for (name, bytes) in try numbers() { all[name] = "\"\(encodeBase64URL(bytes))\"" }
    all["kty"] = kind == .rsa ? "\"RSA\"" : "\"EC\""
    if kind == .p256 { all["crv"] = "\"P-256\"" }
    if let kid { all["kid"] = "\"\(kid)\"" }
    for (name, value) in members { all[name] = value }
    return "{" + all.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }

  /// A token with this header and payload, whatever they say. Blocks.
  public func sign(header: String, payload: String) throws -> String {
    let input = encodeBase64URL(Array(header.utf8)) + "." + encodeBase64URL(Array(payload.utf8))
    return input + "." + encodeBase64URL(try signature(of: Array(input.utf8)))
  }

  /// A token with the header that belongs to this key. Blocks.
  public func sign(payload: String, kid: String? = nil) throws -> String {
    let member = kid.map { ",\"kid\":\"\($0)\"" } ?? ""
    return try sign(header: "{\"alg\":\"\(kind.rawValue)\",\"typ\":\"JWT\"\(member)}", payload: payload)
  }

  /// A signature in the form that tokens have: PKCS #1, or r and s. Blocks.
  public func signature(of message: [UInt8]) throws -> [UInt8] {
    let encoded = try encodedSignature(of: message)
    return kind == .rsa ? encoded : try Self.pair(inDER: encoded)
  }

  /// The same as `openssl` gives it: PKCS #1, or r and s in DER; with options for another digest or padding. Blocks.
  public func encodedSignature(of message: [UInt8], options: [String] = ["-sha256"]) throws -> [UInt8] {
    let name = "message-\(UUID().uuidString)"
    try folder.write(name, message)
    return try OpenSSL.run(["dgst"] + options + ["-sign", "private.pem", name], in: folder)
  }

  /// A sequence of two integers, each in up to 33 bytes.
  private static func pair(inDER encoded: [UInt8]) throws -> [UInt8] {
    var rest = encoded.dropFirst(2)
    var pair: [UInt8] = []
    for _ in 1...2 {
      guard rest.popFirst() == 2, let length = rest.popFirst() else { throw Unreadable() }
      let number = rest.prefix(Int(length)).drop { $0 == 0 }
      pair += [UInt8](repeating: 0, count: 32 - number.count) + number
      rest = rest.dropFirst(Int(length))
    }
    return pair
  }

  private static func bytes(_ hexadecimal: String) throws -> [UInt8] {
    let digits = Array(hexadecimal.utf8)
    return try stride(from: 0, to: digits.count, by: 2).map { index in
      let pair = String(decoding: digits[index..<min(index + 2, digits.count)], as: UTF8.self)
      guard let byte = UInt8(pair, radix: 16) else { throw Unreadable() }
      return byte
    }
  }
}
