import API
import Crypto
import Testing

@Suite("JSON Web Tokens")
struct JSONWebTokenTests {
  private static let now: Int64 = 1_800_000_000
  private static let header = #"{"alg":"HS256","typ":"JWT"}"#
  private static let payload = #"{"sub":"someone","role":"authenticated","exp":1800000060}"#

  private let secret: [UInt8]

  init() throws {
    secret = try randomBytes(32)
  }

  // MARK: What is accepted

  @Test("the example of RFC 7515, appendix A.1, is valid until it expires")
  func example() throws {
    let key = try #require(
      decodeBase64URL("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
    let token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
      + "LmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    let verifier = TokenVerifier(keys: [.hs256(try HS256Key(secret: key))], issuer: "joe", audience: nil)
    let claims = try verifier.verify(token, nowSeconds: 1_300_819_379)
    #expect(claims.issuer == "joe")
    #expect(claims.expiresAt == 1_300_819_380)
    #expect(claims.subject == nil)
    #expect(throws: TokenError.self) { try verifier.verify(token, nowSeconds: 1_300_819_380) }
  }

  @Test("what the minter makes is accepted with its claims")
  func minted() throws {
    let token = try TokenMinter(secret: secret).mint(
      subject: "some \"one\"", role: "authenticated", lifetimeSeconds: 60, nowSeconds: Self.now, issuer: "i",
      audience: "a")
    let claims = try verifier(issuer: "i", audience: "a").verify(token, nowSeconds: Self.now)
    #expect(claims.subject == "some \"one\"")
    #expect(claims.role == "authenticated")
    #expect(claims.expiresAt == Self.now + 60)
    #expect(claims.issuer == "i")
    #expect(claims.audiences == ["a"])
    #expect(reason(token, now: Self.now + 60) == .expired)
  }

  @Test(
    "headers that mean no harm are accepted",
    arguments: [
      #"{"alg":"HS256"}"#, #"{"typ":"jwt","alg":"HS256"}"#, #"{"typ":"at+JWT","alg":"HS256"}"#,
      #"{"alg":"HS256","kid":"any"}"#, #"{"alg":"HS256","cty":"x","unknown":{"deep":[1]}}"#,
      " {\r\n \"alg\" : \"HS256\" } ",
    ])
  func acceptedHeaders(header: String) throws {
    #expect(reason(try sign(header, Self.payload)) == nil)
  }

  @Test(
    "times within their bounds are accepted",
    arguments: [
      #"{"exp":1800000001}"#, #"{"exp":1800000000.5}"#, #"{"exp":1.9e9}"#, #"{"exp":253402300799}"#,
      #"{"exp":1900000000,"nbf":1800000060,"iat":1800000060}"#, #"{"exp":1900000000,"nbf":1800000059.5}"#,
      #"{"exp":1900000000,"nbf":0,"iat":0}"#,
    ])
  func acceptedTimes(payload: String) throws {
    #expect(reason(try sign(Self.header, payload)) == nil)
  }

  // MARK: The form

  @Test("anything but three segments is refused", arguments: ["", ".", "..", "...", "a", "a.b", "{}", "Bearer x.y.z"])
  func segments(token: String) {
    #expect(reason(token) != nil)
  }

  @Test("a segment more or less, padding, white space and other alphabets are refused")
  func form() throws {
    let token = try sign(Self.header, Self.payload)
    #expect(reason(token) == nil)
    let parts = token.split(separator: ".").map(String.init)
    let broken: [String] = [
      token + ".", "." + token, token + ".x", "\(token).\(parts[2])", parts[0] + "." + parts[1], token + "=",
      "\(parts[0])=.\(parts[1]).\(parts[2])", " " + token, token + " ", token + "\n",
      token + "\0", "\(parts[0]) .\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1])\r\n.\(parts[2])",
      "\(parts[0]).\(parts[1]).+/\(parts[2].dropFirst(2))", token + "é",
    ]
    #expect(reason("\(parts[0])..\(parts[2])") == .wrongSignature)
    for token in broken { #expect(reason(token) == .malformed, "\(token)") }
  }

  @Test("a signature's last character has one spelling only")
  func trailingBits() throws {
    // 32 bytes leave two bits of the last character over, which must be zero.
    let token = try sign(Self.header, Self.payload)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    let last = try #require(token.last.flatMap(alphabet.firstIndex))
    #expect(reason(String(token.dropLast()) + String(alphabet[last + 1])) == .malformed)
  }

  @Test("8 KiB are read, one byte more is refused")
  func length() throws {
    let empty = try sign(Self.header, #"{"exp":1900000000,"x":""}"#).utf8.count
    let filler = String(repeating: "x", count: (8_192 - empty) / 4 * 3)
    let longest = try sign(Self.header, "{\"exp\":1900000000,\"x\":\"\(filler)\"}")
    #expect((8_189...8_192).contains(longest.utf8.count))
    #expect(reason(longest) == nil)
    let tooLong = longest + String(repeating: "x", count: 8_193 - longest.utf8.count)
    #expect(reason(tooLong) == .tooLong)
    #expect(throws: TokenError.self) { try verifier().verify(Array(tooLong.utf8), nowSeconds: Self.now) }
  }

  // MARK: Algorithms and keys

  @Test(
    "no algorithm but the key's is accepted, even when the code is right",
    arguments: [
      "none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", " HS256", "HS384", "HS512", "RS256", "ES256", "PS256",
      "EdDSA",
      "HS256\\u0000", "HS256,none",
    ])
  func algorithms(algorithm: String) throws {
    let header = "{\"alg\":\"\(algorithm)\",\"typ\":\"JWT\"}"
    let signed = try sign(header, Self.payload)
    let unsigned = encodeBase64URL(Array(header.utf8)) + "." + encodeBase64URL(Array(Self.payload.utf8)) + "."
    for token in [signed, unsigned] {
      let found = reason(token)
      #expect(found == .algorithmNotAllowed || found == .invalidHeader)
    }
  }

  @Test("an empty, short, long or foreign signature is refused")
  func signatures() throws {
    let token = try sign(Self.header, Self.payload)
    let parts = token.split(separator: ".").map(String.init)
    let input = parts[0] + "." + parts[1] + "."
    let right = try #require(decodeBase64URL(parts[2]))
    let foreign = try HMACSHA256(key: randomBytes(32)).authenticationCode(for: Array(input.utf8.dropLast()))
    let wrong: [[UInt8]] = [
      [], [0], right.dropLast(), right + [0], right.map { ~$0 }, foreign, [UInt8](repeating: 0, count: 32),
    ]
    for signature in wrong { #expect(reason(input + encodeBase64URL(signature)) == .wrongSignature) }
    for index in right.indices {
      var flipped = right
      flipped[index] ^= 0x80
      #expect(reason(input + encodeBase64URL(flipped)) == .wrongSignature)
    }
  }

  @Test("a payload or header exchanged under the signature is refused")
  func tampering() throws {
    let parts = try sign(Self.header, Self.payload).split(separator: ".").map(String.init)
    let payload = encodeBase64URL(Array(#"{"sub":"someone","role":"service_role","exp":1800000060}"#.utf8))
    #expect(reason(parts[0] + "." + payload + "." + parts[2]) == .wrongSignature)
    let header = encodeBase64URL(Array(#"{"alg":"HS256"}"#.utf8))
    #expect(reason(header + "." + parts[1] + "." + parts[2]) == .wrongSignature)
  }

  @Test(
    "a header that is no strict JSON object, or of wrong types, is refused",
    arguments: [
      #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256","alg":"none"}"#, #"{"alg":"HS256","\u0061lg":"HS256"}"#,
      #"{"alg":["HS256"]}"#, #"{"alg":null}"#, #"{"alg":true}"#, #"{"Alg":"HS256"}"#, "{}", "[]", "\"HS256\"", "null",
      "",
      #"{"alg":"HS256"} x"#, #"{"alg":"HS256",}"#, "{'alg':'HS256'}", "\u{FEFF}{\"alg\":\"HS256\"}",
      #"{"alg":"HS256"}{}"#,
      #"{"alg":"HS256","kid":1}"#, #"{"alg":"HS256","kid":null}"#, #"{"alg":"HS256","typ":1}"#,
      #"{"alg":"HS256","typ":null}"#,
    ])
  func headers(header: String) throws {
    #expect(reason(try sign(header, Self.payload)) == .invalidHeader)
  }

  @Test(
    "critical extensions and unencoded payloads are refused, whatever they say",
    arguments: [
      #""crit":["exp"]"#, #""crit":["b64"],"b64":false"#, #""crit":[]"#, #""crit":null"#, #""crit":"x""#,
      #""b64":false"#,
      #""b64":true"#, #""crit":["http://example.com/unknown"],"http://example.com/unknown":1"#,
    ])
  func extensions(members: String) throws {
    #expect(reason(try sign("{\"alg\":\"HS256\",\(members)}", Self.payload)) == .unsupportedExtension)
  }

  @Test(
    "other types of token are refused", arguments: ["JWS", "JOSE", "JOSE+JSON", "secevent+jwt", "dpop+jwt", "", "JWT "])
  func types(type: String) throws {
    #expect(reason(try sign("{\"alg\":\"HS256\",\"typ\":\"\(type)\"}", Self.payload)) == .wrongType)
  }

  @Test("a key that the token brings along is not used")
  func embeddedKeys() throws {
    let own = try randomBytes(32)
    let encoded = encodeBase64URL(own)
    let headers = [
      "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"\(encoded)\"}}",
      #"{"alg":"HS256","jku":"https://attacker.example/keys"}"#, #"{"alg":"HS256","x5u":"https://attacker.example/c"}"#,
      "{\"alg\":\"HS256\",\"x5c\":[\"\(encodeBase64(own))\"]}", #"{"alg":"HS256","kid":"../../../../dev/null"}"#,
      #"{"alg":"HS256","kid":"' UNION SELECT 'x"}"#,
    ]
    for header in headers {
      #expect(reason(try sign(header, Self.payload, with: own)) == .wrongSignature)
      #expect(reason(try sign(header, Self.payload)) == nil)
    }
  }

  @Test("a key is chosen by its identifier, and any will do when the token names none")
  func identifiers() throws {
    let other = try randomBytes(32)
    let verifier = TokenVerifier(
      keys: [
        .hs256(try HS256Key(secret: secret, identifier: "first")),
        .hs256(try HS256Key(secret: other, identifier: "second")),
      ],
      issuer: nil, audience: nil)
    let reason = { (identifier: String, secret: [UInt8]) in
      reasonOfRefusal(
        by: verifier, try sign("{\"alg\":\"HS256\",\"kid\":\"\(identifier)\"}", Self.payload, with: secret))
    }
    #expect(try reason("first", secret) == nil)
    #expect(try reason("second", other) == nil)
    #expect(try reason("second", secret) == .wrongSignature)
    #expect(try reason("third", secret) == .unknownKey)
    for secret in [secret, other] {
      #expect(reasonOfRefusal(by: verifier, try sign(Self.header, Self.payload, with: secret)) == nil)
    }
    let none = TokenVerifier(keys: [], issuer: nil, audience: nil)
    #expect(reasonOfRefusal(by: none, try sign(Self.header, Self.payload)) == .algorithmNotAllowed)
  }

  @Test("a secret under 32 bytes is refused", arguments: [0, 1, 31])
  func shortSecrets(byteCount: Int) throws {
    let secret = try randomBytes(byteCount)
    #expect(throws: InvalidKeyError.secretTooShort) { try HS256Key(secret: secret) }
    #expect(throws: InvalidKeyError.secretTooShort) { try TokenMinter(secret: secret) }
  }

  // MARK: Claims

  @Test(
    "a payload that is no strict JSON object is refused",
    arguments: [
      "", "null", "[]", "1", "\"x\"", "{", #"{"exp":1900000000}x"#, #"{"exp":1900000000,}"#,
      #"{"exp":1,"exp":1900000000}"#,
      #"{"exp":1900000000,"exp":1900000000}"#, #"{"exp":1900000000,"sub":"a","sub":"b"}"#, #"{"exp":NaN}"#,
      #"{"exp":Infinity}"#, #"{"exp":1e400}"#, #"{"exp":99999999999999999999}"#, #"{"exp":01900000000}"#,
      #"{"exp":+1900000000}"#, #"{"exp":1900000000,"sub":"a\u0000b"}"#,
    ])
  func payloads(payload: String) throws {
    #expect(reason(try sign(Self.header, payload)) == .invalidPayload)
  }

  @Test(
    "an expiry of the wrong type or out of range is refused",
    arguments: [
      "\"1900000000\"", "null", "true", "[1900000000]", "{}", "-1", "-1900000000", "1e300", "-1e300", "253402300800",
      "9223372036854775807", "-9223372036854775808", "1900000000000",
    ])
  func expiries(expiry: String) throws {
    #expect(reason(try sign(Self.header, "{\"exp\":\(expiry)}")) == .invalidClaim(name: "exp"))
  }

  @Test(
    "a token without expiry is refused", arguments: ["{}", #"{"Exp":1900000000}"#, #"{"nbf":0,"iat":0,"sub":"a"}"#])
  func noExpiry(payload: String) throws {
    #expect(reason(try sign(Self.header, payload)) == .noExpiry)
  }

  @Test(
    "an expiry that has come is refused without leeway",
    arguments: ["1800000000", "1799999999.5", "1.8e9", "0", "-0.5"])
  func expired(expiry: String) throws {
    #expect(reason(try sign(Self.header, "{\"exp\":\(expiry)}")) == .expired)
  }

  @Test("what begins or was issued more than a minute ahead is refused")
  func ahead() throws {
    for time in ["1800000061", "1800000060.5", "1.9e9"] {
      #expect(reason(try sign(Self.header, "{\"exp\":1900000000,\"nbf\":\(time)}")) == .notYetValid)
      #expect(reason(try sign(Self.header, "{\"exp\":1900000000,\"iat\":\(time)}")) == .issuedInTheFuture)
    }
  }

  @Test(
    "a claim of the wrong type is refused, also when it is not needed",
    arguments: [
      ("sub", "1"), ("sub", "null"), ("sub", "[\"a\"]"), ("role", "1"), ("role", "[\"service_role\"]"), ("iss", "1"),
      ("iss", "[\"i\"]"), ("aud", "1"), ("aud", "null"), ("aud", "{}"), ("aud", "[1]"), ("aud", "[\"a\",null]"),
      ("nbf", "\"0\""), ("nbf", "null"), ("iat", "\"0\""), ("iat", "-1"),
    ])
  func wrongTypes(name: String, value: String) throws {
    let token = try sign(Self.header, "{\"exp\":1900000000,\"\(name)\":\(value)}")
    #expect(reason(token) == .invalidClaim(name: name))
  }

  @Test("a configured issuer must be there, byte for byte")
  func issuers() throws {
    let verifier = try verifier(issuer: "https://auth.example/\u{E9}")
    let reason = { (members: String) in
      reasonOfRefusal(by: verifier, try sign(Self.header, "{\"exp\":1900000000\(members)}"))
    }
    #expect(try reason(",\"iss\":\"https://auth.example/\u{E9}\"") == nil)
    #expect(try reason(",\"iss\":\"https://auth.example/e\u{301}\"") == .wrongIssuer)
    #expect(try reason(",\"iss\":\"https://auth.example/\u{E9}/\"") == .wrongIssuer)
    #expect(try reason(",\"iss\":\"\"") == .wrongIssuer)
    #expect(try reason("") == .wrongIssuer)
  }

  @Test("a configured audience must be the one or among those named, byte for byte")
  func audiences() throws {
    let verifier = try verifier(audience: "authenticated")
    let reason = { (members: String) in
      reasonOfRefusal(by: verifier, try sign(Self.header, "{\"exp\":1900000000\(members)}"))
    }
    for accepted in ["\"authenticated\"", "[\"authenticated\"]", "[\"other\",\"authenticated\"]"] {
      #expect(try reason(",\"aud\":\(accepted)") == nil)
    }
    for refused in [
      "\"Authenticated\"", "\"authenticated \"", "\"other\"", "[]", "\"\"", "[\"other\"]", "[\"auth\",\"enticated\"]",
    ] {
      #expect(try reason(",\"aud\":\(refused)") == .wrongAudience)
    }
    #expect(try reason("") == .wrongAudience)
  }

  @Test(
    "extreme clocks and leeways overflow nothing",
    arguments: [
      (Int64.min, Int64.max, TokenError.Reason.notYetValid), (-1, .max, nil), (0, .max, nil),
      (.max, .max, .expired),
      (.min, .min, .notYetValid), (-1, 0, .notYetValid), (0, 0, .issuedInTheFuture), (.max, 0, .expired),
    ] as [(Int64, Int64, TokenError.Reason?)])
  func extremes(now: Int64, leeway: Int64, expected: TokenError.Reason?) throws {
    let token = try sign(Self.header, #"{"exp":253402300799,"nbf":0,"iat":253402300799}"#)
    let verifier = TokenVerifier(
      keys: [.hs256(try HS256Key(secret: secret))], issuer: nil, audience: nil, leewaySeconds: leeway)
    #expect(reasonOfRefusal(by: verifier, token, now: now) == expected)
  }

  @Test("a lifetime that is no lifetime is not minted", arguments: [0, -1, .min, .max])
  func lifetimes(lifetime: Int64) throws {
    let minter = try TokenMinter(secret: secret)
    #expect(throws: MintingError.invalidLifetime) {
      try minter.mint(subject: nil, role: nil, lifetimeSeconds: lifetime, nowSeconds: Self.now)
    }
  }

  // MARK: Parts

  private func sign(_ header: String, _ payload: String, with otherSecret: [UInt8]? = nil) throws -> String {
    let input = encodeBase64URL(Array(header.utf8)) + "." + encodeBase64URL(Array(payload.utf8))
    let code = try HMACSHA256(key: otherSecret ?? secret).authenticationCode(for: Array(input.utf8))
    return input + "." + encodeBase64URL(code)
  }

  private func verifier(issuer: String? = nil, audience: String? = nil) throws -> TokenVerifier {
    TokenVerifier(keys: [.hs256(try HS256Key(secret: secret))], issuer: issuer, audience: audience)
  }

  private func reason(_ token: String, now: Int64 = Self.now) -> TokenError.Reason? {
    do {
      return reasonOfRefusal(by: try verifier(), token, now: now)
    } catch {
      Issue.record(error)
      return nil
    }
  }

  private func reasonOfRefusal(
    by verifier: TokenVerifier, _ token: String, now: Int64 = Self.now
  ) -> TokenError.Reason? {
    do {
      _ = try verifier.verify(token, nowSeconds: now)
      return nil
    } catch {
      return error.reason
    }
  }
}
