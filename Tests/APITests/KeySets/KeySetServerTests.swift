import API
import Cluster
import HTTP
import Testbed
import Testing

/// One after the other: each has a server of its own, with as many connections to PostgreSQL as servers have.
@Suite("a key set behind https", .serialized)
struct KeySetServerTests {
  /// Two for all: making them takes long.
  private static let rsa = Result { try TestKeyPair(.rsa) }
  private static let p256 = Result { try TestKeyPair(.p256) }

  /// Lends a server whose key set has these keys.
  private func with(
    _ keys: @escaping @Sendable () throws -> [String], _ timing: KeyTiming = .onDemand,
    _ body: (KeySetPlace, KeyServer) async throws -> Void
  ) async throws {
    let provider = try await onOwnThread { try KeyServer(keys: keys()) }
    do {
      try await KeySetPlace.with(provider.origin(), timing) { place in
        try await place.wait(for: "the first key set") { try await place.isReady }
        try await body(place, provider)
      }
      try await onOwnThread { provider.stop() }
    } catch {
      try await onOwnThread { provider.stop() }
      throw error
    }
  }

  private static func both() throws -> [String] {
    [try rsa.get().jwk(kid: "one"), try p256.get().jwk(kid: "two", changing: ["use": "\"sig\"", "alg": "\"ES256\""])]
  }

  @Test("tokens of RS256, of ES256 and of the shared secret are taken by the same server")
  func algorithms() async throws {
    try await with(Self.both) { place, provider in
      let (rsa, p256) = (try Self.rsa.get(), try Self.p256.get())
      #expect(try await place.status(place.token(rsa, kid: "one")) == 200)
      #expect(try await place.status(place.token(p256, kid: "two")) == 200)
      #expect(try await place.status(place.secretToken()) == 200)
      // A token that names no key, and one that names another's.
      #expect(try await place.status(place.token(rsa, kid: nil)) == 200)
      #expect(try await place.status(place.token(p256, kid: nil)) == 200)
      #expect(provider.askedCount == 1)
      #expect(try await place.status(place.token(rsa, kid: "two")) == 401)
      let stranger = try await onOwnThread { try TestKeyPair(.p256) }
      #expect(try await place.status(place.token(stranger, kid: "two")) == 401)
      #expect(try await place.status(place.token(stranger, kid: nil)) == 401)
      #expect(place.log.containing("token keys found").count == 1)
    }
  }

  @Test("after a rotation the new key is found by itself, and tokens of the old one are forgotten")
  func rotation() async throws {
    try await with({ [try Self.rsa.get().jwk(kid: "old")] }) { place, provider in
      let old = try await place.token(Self.rsa.get(), kid: "old")
      for _ in 1...2 { #expect(try await place.status(old) == 200) }
      let successor = try await onOwnThread { try TestKeyPair(.p256) }
      let new = try await place.token(successor, kid: "new")
      let both = try await onOwnThread { [try Self.rsa.get().jwk(kid: "old"), try successor.jwk(kid: "new")] }
      provider.behave(.answer(KeyServer.set(both)))
      for _ in 1...2 { #expect(try await place.status(new) == 200) }
      #expect(try await place.status(old) == 200)
      #expect(provider.askedCount == 2)
      provider.behave(.answer(KeyServer.set([both[1]])))
      #expect(try await place.status(place.unknownToken()) == 401)
      #expect(try await place.status(old) == 401)
      #expect(try await place.status(new) == 200)
    }
  }

  @Test("a rotation is noticed without any unknown key")
  func rotationInTheBackground() async throws {
    try await with({ [try Self.rsa.get().jwk(kid: "old")] }, .quick) { place, provider in
      let old = try await place.token(Self.rsa.get(), kid: "old")
      #expect(try await place.status(old) == 200)
      provider.behave(.answer(KeyServer.set([])))
      try await place.wait(for: "the token to be forgotten") { try await place.status(old) == 401 }
      #expect(try await place.status(place.secretToken()) == 200)
      #expect(!place.log.containing("no key for RS256 or ES256").isEmpty)
    }
  }

  @Test("whoever makes up keys leads to one look, and holds nobody up")
  func storm() async throws {
    var timing = KeyTiming.onDemand
    timing.betweenDemands = .seconds(3)
    try await with(Self.both, timing) { place, provider in
      let right = try await place.token(Self.rsa.get(), kid: "one")
      provider.behave(.silence)
      try await withThrowingTaskGroup(of: Int.self) { group in
        // Refused at once, until three seconds after the first look; the next one waits, and a look begins.
        try await place.wait(for: "the second look") {
          group.addTask { try await place.status(place.unknownToken()) }
          let status = try await place.status(place.secretToken())
          #expect(status == 200)
          return provider.askedCount == 2
        }
        for _ in 1...100 { group.addTask { try await place.status(place.unknownToken()) } }
        // Everybody else is served while they wait.
        for _ in 1...5 {
          #expect(try await place.status(right) == 200)
          #expect(try await place.status(place.secretToken()) == 200)
        }
        provider.release(KeyServer.set(try await onOwnThread { try Self.both() }))
        for try await status in group { #expect(status == 401) }
      }
      #expect(provider.askedCount == 2)
    }
  }

  @Test("a server that does not answer keeps nobody waiting for longer than granted")
  func silence() async throws {
    var timing = KeyTiming.onDemand
    timing.retry = .milliseconds(50)...(.milliseconds(50))
    timing.patience = .milliseconds(300)
    try await with(Self.both, timing) { place, provider in
      provider.behave(.silence)
      let began = ContinuousClock.now
      #expect(try await place.status(place.unknownToken()) == 401)
      #expect(ContinuousClock.now - began < .seconds(5))
      try await place.wait(for: "the failure") { !place.log.containing("It took too long.").isEmpty }
      #expect(try await place.status(place.token(Self.rsa.get(), kid: "one")) == 200)
    }
  }

  /// An answer that is no key set.
  private enum BadAnswer: CaseIterable {
    case serverError, redirect, noContent, empty, page, object, twice, array, many, long, endless

    var response: Response {
      switch self {
      case .serverError: Response(status: 500, body: Array("{\"keys\":[]}".utf8))
      case .redirect: Response(status: 302, headers: [("Location", "https://127.0.0.1:1/")])
      case .noContent: Response(status: 204)
      case .empty: Response(status: 200)
      case .page: Response(status: 200, body: Array("<html>Hello</html>".utf8))
      case .object: Response(status: 200, body: Array("{\"keys\":{}}".utf8))
      case .twice: Response(status: 200, body: Array("{\"keys\":[],\"keys\":[]}".utf8))
      case .array: Response(status: 200, body: Array("[]".utf8))
      case .many: KeyServer.set([String](repeating: "{}", count: 101))
      case .long: Response(status: 200, body: [UInt8](repeating: 0x20, count: 262_145))
      case .endless: Response(status: 200, body: [UInt8](repeating: 0x20, count: 10_000_000))
      }
    }

    /// What the log says of it.
    var cause: String {
      switch self {
      case .serverError: "answered 500"
      case .redirect: "answered 302"
      case .noContent: "answered 204"
      case .empty, .page, .object, .twice, .array: "no JSON object"
      case .many: "more than 100 keys"
      case .long, .endless: "too long"
      }
    }
  }

  @Test("what is no key set changes nothing")
  func badAnswers() async throws {
    try await with(Self.both) { place, provider in
      let right = try await place.token(Self.p256.get(), kid: "two")
      for answer in BadAnswer.allCases {
        let (askedCount, failureCount) = (provider.askedCount, place.log.containing("token keys not found").count)
        provider.behave(.answer(answer.response))
        #expect(try await place.status(place.unknownToken()) == 401)
        #expect(provider.askedCount == askedCount + 1)
        let failures = place.log.containing("token keys not found").dropFirst(failureCount)
        #expect(failures.count == 1)
        #expect(failures.allSatisfy { $0.contains(answer.cause) && $0.contains("\"dropped\":false") }, "\(answer)")
        #expect(try await place.status(right) == 200)
      }
      #expect(try await place.isReady)
    }
  }

  @Test("with a provider that is away it starts, is not ready, and heals; tokens get 503 meanwhile")
  func awayAtFirst() async throws {
    let (port, keys) = try await onOwnThread { (try HTTPSServer.freePort(), try Self.both()) }
    try await KeySetPlace.with(KeyServer.origin(port: port), .quick) { place in
      let right = try await place.token(Self.rsa.get(), kid: "one")
      try await place.wait(for: "a failure") { !place.log.containing("token keys not found").isEmpty }
      let ready = try await place.server.call("GET", "/readyz")
      #expect(ready.status == 503)
      #expect(ready.body.contains("TOLLGATE_JWT_JWKS"))
      let answer = try await place.server.call("GET", Path.balance, token: right)
      #expect(answer.status == 503)
      #expect(answer["Retry-After"] != nil)
      #expect(try await place.status(place.secretToken()) == 200)
      let provider = try await onOwnThread { try KeyServer(.answer(KeyServer.set(keys)), port: port) }
      try await place.wait(for: "the key set") { try await place.isReady }
      #expect(try await place.status(right) == 200)
      try await onOwnThread { provider.stop() }
    }
  }

  @Test("keys are kept while the provider fails, and no longer than granted")
  func retention() async throws {
    var timing = KeyTiming.quick
    timing.retention = .seconds(2)
    try await with(Self.both, timing) { place, provider in
      let right = try await place.token(Self.rsa.get(), kid: "one")
      #expect(try await place.status(right) == 200)
      provider.behave(.answer(Response(status: 503)))
      try await place.wait(for: "a failure") { !place.log.containing("answered 503").isEmpty }
      try await place.wait(for: "the keys to be dropped") { try await place.status(right) == 503 }
      #expect(place.log.containing("\"dropped\":true").count == 1)
      #expect(try await place.status(place.secretToken()) == 200)
      // Who has been ready stays so: a load balancer must not take every server away at the same time.
      #expect(try await place.isReady)
      provider.behave(.answer(KeyServer.set(try await onOwnThread { try Self.both() })))
      try await place.wait(for: "the keys") { try await place.status(right) == 200 }
    }
  }

  @Test("a server whose certificate is not trusted is not believed")
  func wrongCertificate() async throws {
    let provider = try await onOwnThread { try KeyServer(keys: Self.both()) }
    let other = try await onOwnThread { try TestCertificate() }
    try await KeySetPlace.with(provider.origin(trusting: other), .quick) { place in
      try await place.wait(for: "a failure") { !place.log.containing("certificate is not trusted").isEmpty }
      #expect(try await !place.isReady)
    }
    #expect(provider.askedCount == 0)
    try await onOwnThread { provider.stop() }
  }
}
