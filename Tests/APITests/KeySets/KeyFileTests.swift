import API
import Cluster
import Crypto
import Log
import Testbed
import Testing

@Suite("a key set in a file, and tokens that play with algorithms")
struct KeyFileTests {
  private static let now: Int64 = 1_800_000_000
  private static let payload = "{\"sub\":\"someone\",\"role\":\"authenticated\",\"exp\":1800000060}"
  private static let rsa = Result { try TestKeyPair(.rsa) }
  private static let p256 = Result { try TestKeyPair(.p256) }

  private let folder: TestFolder
  private let log = RecordedLines()
  private let secret: [UInt8]

  init() throws {
    folder = try TestFolder()
    secret = try randomBytes(32)
  }

  private func write(_ keys: [String]) throws { try folder.write("keys.json", Array(KeyServer.text(keys).utf8)) }

  private func source(_ timing: KeyTiming = .file) throws -> KeySource {
    let logger = Logger(level: .debug, format: .json) { [log] in log.append($0) }
    return KeySource(
      fixed: [.hs256(try HS256Key(secret: secret))], origin: .file(path: folder.file("keys.json")), timing: timing,
      log: logger)
  }

  private func verifier() throws -> TokenVerifier {
    let source = try source()
    try source.start()
    return TokenVerifier(source: source, issuer: nil, audience: nil)
  }

  private func reason(_ verifier: TokenVerifier, _ token: String) -> TokenError.Reason? {
    do {
      _ = try verifier.verify(token, nowSeconds: Self.now)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test("a file that is missing, empty or no key set keeps the server from starting, in a sentence")
  func start() throws {
    #expect(throws: KeySourceError.self) { try source().start() }
    for text in ["", "{}", "garbage"] {
      try folder.write("keys.json", Array(text.utf8))
      let error = #expect(throws: KeySourceError.self) { try source().start() }
      let sentence = try #require(error?.description)
      #expect(sentence.hasPrefix("TOLLGATE_JWT_JWKS names no key set. "))
      #expect(!sentence.contains(folder.path))
    }
    try write([])
    #expect(throws: Never.self) { try source().start() }
    #expect(log.containing("no key for RS256 or ES256").count == 1)
  }

  @Test("a file that is replaced is read again, and a broken one changes nothing")
  func replacement() async throws {
    let (rsa, p256) = try await onOwnThread { (try Self.rsa.get(), try Self.p256.get()) }
    try write([rsa.jwk(kid: "one")])
    try await KeySetPlace.with(.file(path: folder.file("keys.json")), .quick) { place in
      #expect(try await place.isReady)
      let old = try await place.token(rsa, kid: "one")
      let new = try await place.token(p256, kid: "two")
      #expect(try await place.status(old) == 200)
      #expect(try await place.status(new) == 401)
      try folder.write("keys.json", Array("{\"keys\":[".utf8))
      try await place.wait(for: "a failure") { !place.log.containing("token keys not found").isEmpty }
      #expect(try await place.status(old) == 200)
      try write([p256.jwk(kid: "two")])
      try await place.wait(for: "the new file") { try await place.status(new) == 200 }
      #expect(try await place.status(old) == 401)
      #expect(place.log.containing("token keys found").count == 2)
    }
  }

  @Test("an unknown key has the file read at once")
  func demand() async throws {
    let (rsa, p256) = try await onOwnThread { (try Self.rsa.get(), try Self.p256.get()) }
    try write([rsa.jwk(kid: "one")])
    try await KeySetPlace.with(.file(path: folder.file("keys.json")), .onDemand) { place in
      try write([rsa.jwk(kid: "one"), p256.jwk(kid: "two")])
      #expect(try await place.status(place.token(p256, kid: "two")) == 200)
    }
  }

  @Test("a public key never verifies a code made of it, whatever its encoding")
  func confusion() async throws {
    try await onOwnThread {
      for pair in [try Self.rsa.get(), try Self.p256.get()] {
        try write([pair.jwk(kid: "one")])
        let verifier = try verifier()
        let pem = try pair.publicKey(in: "PEM")
        let jwk = Array(try pair.jwk(kid: "one").utf8)
        var texts = [pem, try pair.publicKey(in: "DER"), jwk, Array(pem.dropLast()), Array(encodeBase64URL(pem).utf8)]
        for (_, number) in try pair.numbers() where number.count >= 32 {
          texts += [number, [0] + number, Array(encodeBase64URL(number).utf8), Array(encodeBase64(number).utf8)]
        }
        for text in texts {
          for algorithm in ["HS256", pair.kind.rawValue] {
            for kid in ["", ",\"kid\":\"one\""] {
              let token = try TestTokens(secret: text).sign(
                header: "{\"alg\":\"\(algorithm)\"\(kid)}", payload: Self.payload)
              #expect(reason(verifier, token) == .wrongSignature)
            }
          }
        }
        #expect(reason(verifier, try pair.sign(payload: Self.payload, kid: "one")) == nil)
      }
    }
  }

  @Test("an algorithm that is not the key's is refused, and so is a token without a signature")
  func otherAlgorithms() async throws {
    try await onOwnThread {
      let (rsa, p256) = (try Self.rsa.get(), try Self.p256.get())
      try write([rsa.jwk(kid: "one"), p256.jwk(kid: "two")])
      let verifier = try verifier()
      for (pair, kid) in [(rsa, "one"), (p256, "two")] {
        for algorithm in ["RS256", "ES256", "HS256"] where algorithm != pair.kind.rawValue {
          let named = try pair.sign(header: "{\"alg\":\"\(algorithm)\",\"kid\":\"\(kid)\"}", payload: Self.payload)
          let found = reason(verifier, named)
          #expect(found == (algorithm == "HS256" ? .wrongSignature : .unknownKey))
          let unnamed = try pair.sign(header: "{\"alg\":\"\(algorithm)\"}", payload: Self.payload)
          #expect(reason(verifier, unnamed) == .wrongSignature)
        }
        for algorithm in ["none", "RS384", "PS256", "ES384", "ES256K", "EdDSA", "rs256", "RS256 ", ""] {
          let token = try pair.sign(header: "{\"alg\":\"\(algorithm)\",\"kid\":\"\(kid)\"}", payload: Self.payload)
          #expect(reason(verifier, token) == .algorithmNotAllowed, "\(algorithm)")
        }
        let parts = try pair.sign(payload: Self.payload, kid: kid).split(separator: ".")
        #expect(reason(verifier, "\(parts[0]).\(parts[1]).") == .wrongSignature)
      }
    }
  }

  @Test("a key that the token brings along, or points to, is not used")
  func embedded() async throws {
    try await onOwnThread {
      let rsa = try Self.rsa.get()
      try write([rsa.jwk(kid: "one")])
      let verifier = try verifier()
      let attacker = try TestKeyPair(.rsa)
      let certificate = encodeBase64(try attacker.publicKey(in: "DER"))
      for member in [
        "\"jwk\":\(try attacker.jwk(kid: "one"))", "\"jku\":\"https://attacker.example/keys\"",
        "\"x5u\":\"https://attacker.example/c\"", "\"x5c\":[\"\(certificate)\"]",
      ] {
        for kid in ["", ",\"kid\":\"one\""] {
          let forged = try attacker.sign(header: "{\"alg\":\"RS256\",\(member)\(kid)}", payload: Self.payload)
          #expect(reason(verifier, forged) == .wrongSignature)
        }
        let odd = try attacker.sign(header: "{\"alg\":\"RS256\",\(member),\"kid\":\"two\"}", payload: Self.payload)
        #expect(reason(verifier, odd) == .unknownKey)
      }
      for kid in ["../../../../dev/null", "' UNION SELECT 'x", "one\\u0000", "One", "one "] {
        let forged = try attacker.sign(header: "{\"alg\":\"RS256\",\"kid\":\"\(kid)\"}", payload: Self.payload)
        #expect([.unknownKey, .invalidHeader].contains(reason(verifier, forged)), "\(kid)")
      }
    }
  }

  @Test("of two keys with one name the one that signed is found, and a key without a name serves any")
  func names() async throws {
    try await onOwnThread {
      let other = try TestKeyPair(.rsa)
      let rsa = try Self.rsa.get()
      try write([rsa.jwk(kid: "same"), other.jwk(kid: "same")])
      var verifier = try verifier()
      for pair in [rsa, other] {
        for kid in ["same", nil] { #expect(reason(verifier, try pair.sign(payload: Self.payload, kid: kid)) == nil) }
      }
      try write([rsa.jwk()])
      verifier = try self.verifier()
      #expect(reason(verifier, try rsa.sign(payload: Self.payload, kid: "any")) == nil)
      // Somebody else's key of that name may have been published since.
      #expect(reason(verifier, try other.sign(payload: Self.payload, kid: "any")) == .unknownKey)
      #expect(reason(verifier, try other.sign(payload: Self.payload, kid: nil)) == .wrongSignature)
    }
  }

  @Test("issuer, audience and times of a token hold for every algorithm")
  func claims() async throws {
    try await onOwnThread {
      let pairs = [try Self.rsa.get(), try Self.p256.get()]
      try write(pairs.map { try $0.jwk() })
      let source = try source()
      try source.start()
      let verifier = TokenVerifier(source: source, issuer: "us", audience: "api")
      for pair in pairs {
        for (claims, reason) in [
          ("\"exp\":1800000060,\"iss\":\"us\",\"aud\":\"api\"", nil), ("\"iss\":\"us\",\"aud\":\"api\"", .noExpiry),
          ("\"exp\":1800000000,\"iss\":\"us\",\"aud\":\"api\"", .expired),
          ("\"exp\":1800000060,\"iss\":\"them\",\"aud\":\"api\"", .wrongIssuer),
          ("\"exp\":1800000060,\"iss\":\"us\",\"aud\":[\"web\"]", .wrongAudience),
        ] as [(String, TokenError.Reason?)] {
          #expect(self.reason(verifier, try pair.sign(payload: "{\(claims)}")) == reason)
        }
      }
    }
  }
}
