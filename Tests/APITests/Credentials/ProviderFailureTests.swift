import Cluster
import HTTP
import JSON
import Testbed
import Testing
import Vault

@Suite("providers that fail")
struct ProviderFailureTests {
  struct Failure: Sendable, CustomTestStringConvertible {
    let what: String
    let behaviour: OAuthServer.Behaviour
    let code: String
    var retryAfter: String?

    init(_ what: String, _ behaviour: OAuthServer.Behaviour, _ code: String, retryAfter: String? = "2") {
      self.what = what
      self.behaviour = behaviour
      self.code = code
      self.retryAfter = retryAfter
    }

    var testDescription: String { what }
  }

  private static func json(_ status: Int, _ text: String, _ headers: [(String, String)] = []) -> OAuthServer.Behaviour {
    .answer(OAuthServer.json(status, text, headers: headers))
  }

  static let failures: [Failure] = [
    Failure("500", .answer(Response(status: 500)), "provider_unavailable"),
    Failure("503 that says when", json(503, "{}", [("Retry-After", "9")]), "provider_unavailable", retryAfter: "9"),
    Failure("429 that says when", json(429, "{}", [("Retry-After", "7")]), "provider_unavailable", retryAfter: "7"),
    Failure(
      "429 that says something endless", json(429, "{}", [("Retry-After", "99999")]), "provider_unavailable",
      retryAfter: "3600"),
    Failure("429 that says nonsense", json(429, "{}", [("Retry-After", "-1")]), "provider_unavailable"),
    Failure(
      "429 with a date", json(429, "{}", [("Retry-After", "Fri, 01 Jan 2999 00:00:00 GMT")]), "provider_unavailable"),
    Failure("an answer that is endless", json(200, String(repeating: "a", count: 200_000)), "provider_unavailable"),
    Failure("an answer that is no JSON", json(200, "<html>access_token</html>"), "provider_unavailable"),
    Failure("an answer that is a list", json(200, "[]"), "provider_unavailable"),
    Failure("no token", json(200, #"{"token_type":"Bearer","expires_in":3600}"#), "provider_unavailable"),
    Failure("an empty token", json(200, #"{"access_token":"","token_type":"Bearer"}"#), "provider_unavailable"),
    Failure(
      "a refresh token that is too long to be kept",
      json(
        200,
        #"{"access_token":"a","token_type":"Bearer","refresh_token":"\#(String(repeating: "r", count: 8_193))"}"#),
      "provider_unavailable"),
    Failure(
      "a token with a line break", json(200, #"{"access_token":"a\r\nb","token_type":"Bearer"}"#),
      "provider_unavailable"),
    Failure("a token of another type", json(200, #"{"access_token":"a","token_type":"mac"}"#), "provider_unavailable"),
    Failure("a token of no type", json(200, #"{"access_token":"a"}"#), "provider_unavailable"),
    Failure(
      "a redirect inwards", json(302, "{}", [("Location", "https://169.254.169.254/latest")]),
      "provider_misconfigured", retryAfter: nil),
    Failure("invalid_client", json(401, #"{"error":"invalid_client"}"#), "provider_misconfigured", retryAfter: nil),
    Failure("401 and nothing else", .answer(Response(status: 401)), "provider_misconfigured", retryAfter: nil),
    Failure("404", .answer(Response(status: 404)), "provider_misconfigured", retryAfter: nil),
    Failure(
      "unauthorized_client", json(400, #"{"error":"unauthorized_client"}"#), "provider_misconfigured", retryAfter: nil),
    Failure("an error nobody knows", json(400, #"{"error":"canary"}"#), "provider_unavailable"),
    Failure("invalid_grant with 200", json(200, #"{"error":"invalid_grant"}"#), "reconsent_required", retryAfter: nil),
  ]

  @Test(
    "a failure of the provider is told as what it is, without its words, and what is connected stays",
    arguments: ProviderFailureTests.failures)
  func failure(failure: Failure) async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      place.oauth.behave(failure.behaviour)
      let answer = try await place.accessToken()
      #expect(try answer.code == failure.code)
      #expect(answer["Retry-After"] == failure.retryAfter)
      for word in ["canary", "html", "169.254", "invalid_", "unauthorized_"] { #expect(!answer.body.contains(word)) }
      #expect(place.oauth.refreshCount == 1)
      guard failure.code != "reconsent_required" else { return }
      // Who asks next is told to wait, without the provider being asked.
      #expect(try await place.accessToken().code == "provider_unavailable")
      #expect(place.oauth.refreshCount == 1)
      place.oauth.behave(.normal)
      try await place.forget()
      #expect(try await place.accessToken().status == 200)
    }
  }

  @Test("a provider that hangs, one that closes in the middle and one that nobody knows are left in time")
  func unreachable() async throws {
    try await CredentialPlace.with { place in
      var timing = VaultTiming()
      timing.providerSeconds = 1
      try await place.withServer(timing: timing) { server in
        try await place.connect()
        place.oauth.behave(.silence)
        let began = ContinuousClock.now
        #expect(try await place.accessToken(on: server).code == "provider_unavailable")
        #expect(ContinuousClock.now - began < .seconds(10))
        for url in [place.oauth.url("/half"), "https://nowhere.invalid/token", "https://127.0.0.1:1/token"] {
          try await place.configure(["tokenUrl": "\"\(url)\""])
          try await place.forget()
          #expect(try await place.accessToken(on: server).code == "provider_unavailable", "\(url)")
        }
      }
    }
  }

  @Test("a certificate that is not to be trusted is no provider, and sees neither secret")
  func certificate() async throws {
    let certificate = try await onOwnThread { try TestCertificate() }
    let other = try await onOwnThread { try OAuthServer(certificate) }
    try await CredentialPlace.with { place in
      try await place.connect()
      try await place.configure(["tokenUrl": "\"\(other.url("/token"))\""])
      #expect(try await place.accessToken().code == "provider_unavailable")
      #expect(other.forms.isEmpty)
    }
    try await onOwnThread { other.stop() }
  }

  @Test("a provider that leads inwards is not connected to unless an operator allows it, and the log says so")
  func inwards() async throws {
    try await CredentialPlace.with { place in
      try await place.withServer(egress: []) { server in
        try await place.connect()
        let answer = try await place.accessToken(on: server)
        #expect(answer.status == 502)
        #expect(place.oauth.forms.isEmpty)
        let lines = server.log.containing("a provider refuses this service")
        #expect(lines.count == 1 && lines[0].contains(place.provider) && lines[0].contains("not one to connect to"))
      }
    }
  }

  @Test("after five failures in a row, of several organizations, nobody asks the provider for a while")
  func breaker() async throws {
    try await CredentialPlace.with { place in
      let neighbour = CredentialPlace(
        served: place.served, oauth: place.oauth, tenant: try await place.served.makeTenant(), provider: place.provider)
      try await place.connect()
      try await neighbour.connect()
      place.oauth.behave(.answer(Response(status: 500)))
      for turn in 1...5 {
        let asking = turn == 3 ? neighbour : place
        #expect(try await asking.accessToken().code == "provider_unavailable")
        try await asking.forget()
      }
      #expect(place.oauth.refreshCount == 5)
      let answer = try await place.accessToken()
      #expect(try answer.code == "provider_unavailable")
      #expect((1...5).contains(Int(answer["Retry-After"] ?? "") ?? 0))
      let (query, code) = try await place.consent()
      let exchange = try await place.ask(
        "POST", "/exchange", #"{"code":"\#(code)","state":"\#(try #require(query["state"]))"}"#)
      #expect(try exchange.code == "provider_unavailable")
      #expect(place.oauth.forms.count == 5)
      // The state was not used up for that, and other providers are asked.
      let rows = "SELECT count(*) FROM tollgate.credential_authorizations WHERE provider = '\(place.provider)'"
      #expect(try await place.served.text(rows) == "1")
      try await CredentialPlace.with { other in
        try await other.connect()
        #expect(try await other.accessToken().status == 200)
      }
    }
  }

  @Test("an organization whose tokens make the provider fail keeps no other from it")
  func poisonedTokens() async throws {
    try await CredentialPlace.with { place in
      let neighbour = CredentialPlace(
        served: place.served, oauth: place.oauth, tenant: try await place.served.makeTenant(), provider: place.provider)
      try await place.connect()
      try await neighbour.connect()
      place.oauth.behave(.answer(Response(status: 500)))
      for _ in 1...10 {
        #expect(try await place.accessToken().code == "provider_unavailable")
        try await place.forget()
      }
      #expect(place.oauth.refreshCount == 10)
      place.oauth.behave(.normal)
      #expect(try await neighbour.accessToken().status == 200)
    }
  }

  @Test("while sixteen are under way to a provider the next one waits for its turn, and gets its token")
  func turns() async throws {
    try await CredentialPlace.with { place in
      var places: [CredentialPlace] = []
      for _ in 1...17 {
        let tenant = try await place.served.makeTenant()
        let other = CredentialPlace(
          served: place.served, oauth: place.oauth, tenant: tenant, provider: place.provider)
        try await other.connect()
        places.append(other)
      }
      place.oauth.behave(.silence)
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for other in places { group.addTask { try await other.accessToken().status } }
        try await until { place.oauth.waitingCount == 16 }
        place.oauth.behave(.normal)
        place.oauth.release(OAuthServer.json(200, #"{"access_token":"a","token_type":"Bearer","expires_in":600}"#))
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses == Array(repeating: 200, count: 17))
    }
  }

  @Test("an answer whose access token is of no use loses no refresh token that came with it")
  func uselessAccessToken() async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      place.oauth.behave(.changing(["token_type": #""mac""#]))
      #expect(try await place.accessToken().code == "provider_unavailable")
      place.oauth.behave(.normal)
      try await place.forget()
      #expect(try await place.accessToken().status == 200)
      #expect(place.oauth.forms.compactMap { $0["refresh_token"] } == Array(place.oauth.refreshTokens.prefix(2)))
    }
  }
}
