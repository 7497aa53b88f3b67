import Cluster
import Dispatch
import Glibc
import HTTP
import JSON
import Postgres
import Testbed
import Testing
import Vault

@Suite("access tokens")
struct RefreshTests {
  @Test("100 workers over two servers ask for one expired access token: one of them refreshes, and all get the new one")
  func oneRefresh() async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      #expect(try await place.accessToken().status == 200)
      try await place.expire()
      let before = place.oauth.refreshCount
      try await place.withServer { second in
        let servers = [place.served.server, second]
        let counter = Array(0..<100)
        let answers = try await withThrowingTaskGroup(of: RawClient.Answer.self) { group in
          for number in counter { group.addTask { try await place.accessToken(on: servers[number % 2]) } }
          return try await group.reduce(into: [RawClient.Answer]()) { $0.append($1) }
        }
        #expect(answers.map(\.status) == counter.map { _ in 200 })
        let tokens = Set(try answers.compactMap { try $0.json()["accessToken"]?.string })
        #expect(tokens == [try #require(place.oauth.accessTokens.last)])
        #expect(place.oauth.refreshCount == before + 1)
      }
      #expect(try await place.served.violations() == [])
    }
  }

  @Test("an access token is handed out until a minute before its end, or a tenth of its life where that is less")
  func margin() async throws {
    try await CredentialPlace.with { place in
      for (life, margin) in [(3600, 60.0), (100, 10)] {
        place.oauth.live(seconds: life)
        try await place.connect()
        let answer = try await place.accessToken()
        #expect(answer.status == 200)
        let seconds = try #require(
          try await place.column(
            "extract(epoch FROM access_token_expires_at - access_token_fresh_until) || ' ' || extract(epoch FROM access_token_expires_at - refreshed_at)"
          ))
        let numbers = seconds.split(separator: " ").compactMap { Double($0) }
        #expect(numbers.count == 2 && abs(numbers[0] - margin) < 0.01)
        // Counted from when the provider was asked.
        #expect(numbers[1] <= Double(life) && numbers[1] > Double(life) - 10)
        let count = place.oauth.refreshCount
        #expect(try await place.accessToken().body == answer.body)
        #expect(place.oauth.refreshCount == count)
        try await place.expire()
        #expect(try await place.accessToken().json()["accessToken"] != answer.json()["accessToken"])
        #expect(place.oauth.refreshCount == count + 1)
      }
    }
  }

  @Test("a refresh token that is replaced at each use is stored each time, and never used twice")
  func rotation() async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      for _ in 1...6 {
        #expect(try await place.accessToken().status == 200)
        try await place.expire()
      }
      let used = place.oauth.forms.compactMap { $0["refresh_token"] }
      #expect(used.count == 6 && Set(used).count == 6)
      #expect(used == Array(place.oauth.refreshTokens.prefix(6)))
      // One that is not replaced stays.
      place.oauth.rotate(false)
      #expect(try await place.accessToken().status == 200)
      try await place.expire()
      #expect(try await place.accessToken().status == 200)
      #expect(
        place.oauth.forms.suffix(2).map { $0["refresh_token"] } == [
          place.oauth.refreshTokens.last, place.oauth.refreshTokens.last,
        ])
    }
  }

  @Test("nothing is handed out before it is stored: while somebody has the row locked, the provider's answer waits")
  func storedFirst() async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      place.oauth.behave(.silence)
      let answer = Task { try await place.accessToken() }
      try await until { place.oauth.waitingCount == 1 }
      let lock = HeldRow(place)
      await lock.take()
      place.oauth.release(
        OAuthServer.json(
          200,
          #"{"access_token":"new-access","refresh_token":"new-refresh","token_type":"bearer","expires_in":"600"}"#))
      let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%store_refreshed%'"
      let deadline = ContinuousClock.now + .seconds(20)
      while try await place.served.text(waiting) == "0", ContinuousClock.now < deadline {}
      #expect(try await place.column("refreshed_at") == nil)
      lock.release()
      let got = try await answer.value
      #expect(got.status == 200)
      #expect(try got.json()["accessToken"]?.string == "new-access")
      place.oauth.behave(.normal)
      try await place.expire()
      // The provider does not know it, which shows that it was used.
      #expect(try await place.accessToken().status == 409)
      #expect(place.oauth.forms.last?["refresh_token"] == "new-refresh")
    }
  }

  @Test("invalid_grant is 409, and the provider is not asked again until somebody has connected anew")
  func reconsent() async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      place.oauth.forgetEverybody()
      for _ in 1...3 {
        let answer = try await place.accessToken()
        #expect(answer.status == 409)
        #expect(try answer.code == "reconsent_required")
      }
      #expect(place.oauth.refreshCount == 1)
      #expect(try await place.ask("GET").json()["state"]?.string == "reconsent_required")
      try await place.connect()
      #expect(try await place.ask("GET").json()["state"]?.string == "connected")
      #expect(try await place.accessToken().status == 200)
      #expect(try await place.served.violations() == [])
    }
  }

  @Test("a server that died with the lease is waited for until that ends, and then another one refreshes")
  func deadServer() async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      try await place.change("lease_id = gen_random_uuid(), lease_ends_at = now() + interval '1500 milliseconds'")
      let began = ContinuousClock.now
      let answer = try await place.accessToken()
      #expect(answer.status == 200)
      #expect(ContinuousClock.now - began > .milliseconds(1000))
      #expect(place.oauth.refreshCount == 1)
      // One that lasts longer than anybody waits.
      try await place.expire()
      try await place.change("lease_id = gen_random_uuid(), lease_ends_at = now() + interval '1 hour'")
      var timing = VaultTiming()
      timing.patienceSeconds = 0.3
      try await place.withServer(timing: timing) { server in
        let answer = try await place.accessToken(on: server)
        #expect(answer.status == 503)
        #expect(try answer.code == "provider_unavailable")
        #expect(answer["Retry-After"] == "1")
      }
      #expect(place.oauth.refreshCount == 1)
    }
  }

  @Test(
    "a server that died after the provider had replaced the token: the old one is tried again, and a provider that takes it no more wants consent"
  )
  func lostAnswer() async throws {
    try await CredentialPlace.with { place in
      // A provider that gives a second chance.
      place.oauth.rotate(false)
      try await place.connect()
      place.oauth.behave(.workAndAnswer(Response(status: 502)))
      #expect(try await place.accessToken().status == 503)
      place.oauth.behave(.normal)
      try await place.forget()
      #expect(try await place.accessToken().status == 200)
      // One that does not.
      place.oauth.rotate(true)
      try await place.connect()
      place.oauth.behave(.workAndAnswer(Response(status: 502)))
      #expect(try await place.accessToken().status == 503)
      place.oauth.behave(.normal)
      try await place.forget()
      #expect(try await place.accessToken().code == "reconsent_required")
      #expect(try await place.served.violations() == [])
    }
  }

  @Test(
    "a server that is stopped in order stores what a provider is about to give, though nobody waits for it any more")
  func stopped() async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      place.oauth.behave(.silence)
      try await place.withServer { server in
        let (port, path, token) = (server.port, place.path, place.tenant.token)
        try await onOwnThread {
          let client = try RawClient(port: port)
          client.send("POST \(path)/access-token HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n\r\n")
          let deadline = ContinuousClock.now + .seconds(20)
          while place.oauth.waitingCount == 0, ContinuousClock.now < deadline { poll(nil, 0, 5) }
          client.reset()
        }
        let stop = Task { try await onOwnThread { server.stop() } }
        place.oauth.release(
          OAuthServer.json(
            200, #"{"access_token":"late","refresh_token":"later","token_type":"Bearer","expires_in":600}"#))
        try await stop.value
      }
      place.oauth.behave(.normal)
      #expect(try await place.accessToken().json()["accessToken"]?.string == "late")
      #expect(place.oauth.refreshCount == 1)
    }
  }

  @Test("a refresh token that comes for a credential that was deleted meanwhile is revoked, too")
  func deletedMeanwhile() async throws {
    try await CredentialPlace.with { place in
      let token = try await place.connect()
      place.oauth.behave(.silence)
      let answer = Task { try await place.accessToken() }
      try await until { place.oauth.waitingCount == 1 }
      #expect(try await place.ask("DELETE").status == 200)
      place.oauth.behave(.normal)
      place.oauth.release(
        OAuthServer.json(200, #"{"access_token":"a","refresh_token":"late","token_type":"Bearer","expires_in":600}"#))
      #expect(try await answer.value.status == 404)
      try await until { place.oauth.revoked == [token, "late"] }
    }
  }

  @Test("whoever connects anew while a refresh is under way has the last word")
  func connectedMeanwhile() async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      place.oauth.behave(.silence)
      let answer = Task { try await place.accessToken() }
      try await until { place.oauth.waitingCount == 1 }
      let token = try await place.connect()
      place.oauth.behave(.normal)
      place.oauth.release(
        OAuthServer.json(200, #"{"access_token":"old","refresh_token":"old","token_type":"Bearer","expires_in":600}"#))
      let got = try await answer.value
      #expect(got.status == 200)
      #expect(try got.json()["accessToken"]?.string == place.oauth.accessTokens.last)
      #expect(place.oauth.forms.last?["refresh_token"] == token)
    }
  }

  @Test(
    "a life that is left out, nonsense or endless is believed for no longer than makes sense",
    arguments: [
      (nil, 300), ("0", 0), ("-5", 0), ("1e3", 300), ("true", 300), (#""soon""#, 300), (#""+5""#, 300),
      (#""3600""#, 3600), ("99999999999", 86_400), (#""99999999999999999999""#, 300), ("null", 300), ("50", 50),
    ] as [(String?, Int)])
  func lives(value: String?, seconds: Int) async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      place.oauth.behave(.changing(["expires_in": value]))
      #expect(try await place.accessToken().status == 200)
      let life = try #require(
        try await place.column("extract(epoch FROM access_token_expires_at - refreshed_at)").flatMap { Double($0) })
      #expect(life <= Double(seconds) && life > Double(seconds) - 10)
    }
  }
}

/// A credential's row, locked by somebody.
private final class HeldRow: Sendable {
  private let lane: Lanes
  private let row: String
  private let isReleased = DispatchSemaphore(value: 0)

  init(_ place: CredentialPlace) {
    lane = Lanes(name: "lock", settings: place.served.database.settings, count: 1)
    row = "organization_id = '\(place.tenant.organizationID)' AND provider = '\(place.provider)'"
  }

  /// Returns once it is locked.
  func take() async {
    await withCheckedContinuation { continuation in
      lane.submit({ [row, isReleased] connection in
        try connection.transaction { connection in
          _ = try connection.query(Statement("SELECT FROM tollgate.credentials WHERE \(row) FOR UPDATE"))
          continuation.resume()
          isReleased.wait()
        }
      }) { _ in }
    }
  }

  func release() { isReleased.signal() }
}

/// Waits, and gives up after a while, with the test.
func until(sourceLocation: SourceLocation = #_sourceLocation, _ condition: @Sendable () throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(20)
  while try !condition() {
    guard ContinuousClock.now < deadline else {
      Issue.record("it did not happen", sourceLocation: sourceLocation)
      return
    }
    await Task.yield()
  }
}
