import JSON
import Testbed
import Testing

@testable import API

@Suite("reading a key set")
struct JSONWebKeySetTests {
  /// Two for all: making them takes long.
  private static let rsa = Result { try TestKeyPair(.rsa).jwk(kid: "r") }
  private static let p256 = Result { try TestKeyPair(.p256).jwk(kid: "p") }

  /// The keys of RSA and of P-256 with these members besides or instead.
  private func keys(changing members: [String: String?]) throws -> [String] {
    try [Self.rsa.get(), Self.p256.get()].map { key in
      guard case .object(var object) = try parsed(key) else { return key }
      for (name, value) in members { object[name] = try value.map(parsed) }
      return String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)
    }
  }

  private func parsed(_ text: String) throws -> JSONValue { try parseJSON(Array(text.utf8)) }

  private func read(_ keys: [String]) throws -> JSONWebKeySet { try JSONWebKeySet(Array(KeyServer.text(keys).utf8)) }

  @Test("a key of each type is read, with its name or without")
  func usable() throws {
    let set = try read(keys(changing: [:]) + keys(changing: ["kid": nil]))
    #expect(set.keys.map(\.algorithm) == ["RS256", "ES256", "RS256", "ES256"])
    #expect(set.keys.map(\.identifier) == ["r", "p", nil, nil])
    #expect(set.remarks == [])
  }

  @Test(
    "members that fit or mean nothing are accepted",
    arguments: [
      ["use": "\"sig\""], ["key_ops": "[\"verify\"]"], ["key_ops": "[\"encrypt\",\"verify\"]"],
      ["x5c": "[\"abc\"]", "x5t": "\"abc\"", "x5u": "\"https://elsewhere.example\""], ["unknown": "{\"a\":[1]}"],
      ["kid": "\"\""],
    ])
  func fitting(members: [String: String]) throws {
    let set = try read(keys(changing: members))
    #expect(set.keys.count == 2)
    #expect(set.remarks == [])
  }

  @Test("two keys of the same name are both kept")
  func twins() throws {
    let set = try read(keys(changing: ["kid": "\"same\""]))
    #expect(set.keys.map(\.identifier) == ["same", "same"])
  }

  @Test(
    "keys of other types, curves, algorithms and purposes are passed over in silence",
    arguments: [
      ["kty": "\"OKP\"", "crv": "\"Ed25519\""], ["kty": "\"rsa\""], ["kty": "\"\""],
      ["kty": "\"EC\"", "crv": "\"P-384\""],
      ["kty": "\"EC\"", "crv": "\"secp256k1\""], ["kty": "\"EC\"", "crv": nil], ["kty": "\"EC\"", "crv": "1"],
      ["use": "\"enc\""], ["use": "\"\""], ["use": "1"], ["use": "null"], ["key_ops": "[]"], ["key_ops": "[\"sign\"]"],
      ["key_ops": "\"verify\""], ["key_ops": "[1]"], ["alg": "\"RS512\""], ["alg": "\"HS256\""], ["alg": "\"none\""],
      ["alg": "\"RSA-OAEP\""], ["alg": "1"], ["alg": "null"],
    ] as [[String: String?]])
  func foreign(members: [String: String?]) throws {
    let set = try read(keys(changing: members))
    #expect(set.keys.isEmpty)
    #expect(set.remarks == [])
  }

  @Test("an algorithm has to be the key's own")
  func algorithms() throws {
    #expect(try read(keys(changing: ["alg": "\"RS256\""])).keys.map(\.algorithm) == ["RS256"])
    #expect(try read(keys(changing: ["alg": "\"ES256\""])).keys.map(\.algorithm) == ["ES256"])
  }

  @Test(
    "a shared secret and private keys are left out, and somebody is told",
    arguments: ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
  func secrets(member: String) throws {
    let set = try read(keys(changing: [member: "\"c2VjcmV0\""]))
    #expect(set.keys.isEmpty)
    #expect(set.remarks.count == 2)
    #expect(set.remarks.allSatisfy { $0.contains("private key") && !$0.contains("c2VjcmV0") })
    let shared = try read([
      "{\"kty\":\"oct\",\"k\":\"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\",\"alg\":\"HS256\"}"
    ])
    #expect(shared.keys.isEmpty)
    #expect(shared.remarks.count == 1)
    #expect(shared.remarks.allSatisfy { $0.contains("shared secret") && !$0.contains("c2Vj") })
  }

  @Test(
    "a key that is broken is left out, and its neighbours are not",
    arguments: [
      "null", "1", "[]", "\"key\"", "{}", "{\"kty\":1}", "{\"kty\":\"RSA\"}", "{\"kty\":\"RSA\",\"n\":\"AQAB\"}",
      "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "{\"kty\":\"RSA\",\"n\":1,\"e\":1}",
      "{\"kty\":\"EC\",\"crv\":\"P-256\"}", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"AQ\"}",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
        + "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
    ])
  func broken(key: String) throws {
    let set = try read([Self.rsa.get(), key, Self.p256.get()])
    #expect(set.keys.map(\.identifier) == ["r", "p"])
    #expect(set.remarks.count == 1)
    #expect(set.remarks.allSatisfy { $0.hasPrefix("Key 2 of the set is left out.") })
  }

  @Test("numbers are Base64url without padding, white space or another alphabet, and names are texts")
  func strictness() throws {
    for (name, value) in [("n", "AQ=="), ("n", "A+/B"), ("n", " AQAB"), ("e", "AQAB="), ("e", "AQ\\u0000AB")] {
      let set = try? read([keys(changing: [name: "\"\(value)\""])[0]])
      #expect(set?.keys.isEmpty ?? true)
    }
    for kid in ["1", "null", "[\"a\"]", "\"\(String(repeating: "x", count: 257))\""] {
      let set = try read(keys(changing: ["kid": kid]))
      #expect(set.keys.isEmpty)
      #expect(set.remarks.count == 2)
    }
  }

  @Test("what is no object with an array of at most 100 keys, in at most 256 KiB, is refused")
  func sets() throws {
    for text in [
      "", "{}", "[]", "null", "{\"keys\":null}", "{\"keys\":{}}", "{\"Keys\":[]}", "{\"keys\":[]}x", "{\"keys\":[}",
    ] {
      #expect(throws: JSONWebKeySetError.malformed) { try JSONWebKeySet(Array(text.utf8)) }
    }
    #expect(throws: JSONWebKeySetError.malformed) {
      try JSONWebKeySet(
        Array(KeyServer.text([String(repeating: "[", count: 15) + String(repeating: "]", count: 15)]).utf8))
    }
    #expect(try read([String](repeating: "{}", count: 100)).remarks.count == 100)
    #expect(throws: JSONWebKeySetError.tooManyKeys) { try read([String](repeating: "{}", count: 101)) }
    let set = Array("{\"keys\":[]}".utf8)
    let padding = [UInt8](repeating: 0x20, count: 262_144 - set.count)
    #expect(try JSONWebKeySet(set + padding).keys.isEmpty)
    #expect(throws: JSONWebKeySetError.tooLong) { try JSONWebKeySet(set + padding + [0x20]) }
  }
}
