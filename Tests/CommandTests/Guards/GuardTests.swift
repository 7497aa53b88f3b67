import Cluster
import JSON
import Testbed
import Testing

/// Guards behind real proxies, with the configurations of docs/guards.md.
@Suite("Guards behind proxies")
struct GuardTests {
  /// A server, a proxy and a service behind it.
  private struct Place: Sendable {
    let served: ServedDatabase
    let service: GuardedService
    let proxy: GuardingProxy

    func send(
      _ token: String?, method: String = "GET", headers: [(String, String)] = [], body: String = ""
    ) async throws -> RawClient.Answer {
      var head = "\(method) /surprise-me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
      if let token { head += "Authorization: Bearer \(token)\r\n" }
      for (name, value) in headers { head += "\(name): \(value)\r\n" }
      if !body.isEmpty { head += "Content-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\n" }
      return try await onOwnThread { [proxy, head] in
        let client = try RawClient(port: proxy.port)
        client.send(head + "\r\n" + body)
        return try client.readAnswer()
      }
    }

    func balance(of tenant: Tenant) async throws -> String? {
      try await served.text(
        """
        SELECT balance FROM public.ai_tokens
        WHERE token_type = 'api_budget' AND organization_id = '\(tenant.organizationID)'
        """)
    }

    func uses(of tenant: Tenant) async throws -> String? {
      try await served.text(
        "SELECT count(*) FROM public.ai_token_usage_log WHERE organization_id = '\(tenant.organizationID)'")
    }
  }

  private func with(_ kind: ProxyKind, _ body: (Place) async throws -> Void) async throws {
    try await ServedDatabase.with { served in
      let place = try await onOwnThread {
        let service = try GuardedService()
        let proxy = try GuardingProxy(kind, tollgate: served.server.port, service: service.port)
        return Place(served: served, service: service, proxy: proxy)
      }
      let result: Result<Void, any Error>
      do { result = .success(try await body(place)) } catch { result = .failure(error) }
      try await onOwnThread {
        place.proxy.stop()
        place.service.stop()
      }
      try result.get()
      #expect(try await served.violations() == [])
    }
  }

  @Test("what can be paid for comes through and is charged, with its body and method", arguments: ProxyKind.allCases)
  func passes(kind: ProxyKind) async throws {
    try await with(kind) { place in
      let tenant = try await place.served.makeTenant(apiBudget: 250)
      let first = try await place.send(tenant.token)
      #expect(first.status == 200)
      #expect(first.body == "surprise")
      let second = try await place.send(tenant.token, method: "POST", body: "please")
      #expect(second.status == 200)
      #expect(place.service.arrivals.map(\.method) == ["GET", "POST"])
      #expect(place.service.arrivals.map(\.body) == ["", "please"])
      #expect(try await place.balance(of: tenant) == "150")
      let ids = try await place.served.text(
        """
        SELECT string_agg(event_id, ' ' ORDER BY sequence) FROM public.ai_token_usage_log
        WHERE organization_id = '\(tenant.organizationID)'
        """)
      #expect(ids == place.service.arrivals.map(\.requestID).joined(separator: " "))
    }
  }

  @Test(
    "what cannot be paid for is 429 with the body that clients know, and never arrives", arguments: ProxyKind.allCases)
  func refused(kind: ProxyKind) async throws {
    try await with(kind) { place in
      let tenant = try await place.served.makeTenant(apiBudget: 15)
      let answer = try await place.send(tenant.token, method: "POST", body: "please")
      #expect(answer.status == 429)
      #expect(answer["Content-Type"] == "application/json")
      #expect(
        answer.body.hasPrefix(
          #"{"detail":{"message":"Insufficient tokens: 15 available, 50 required","current_balance":15,"#
            + #""required_tokens":50,"endpoint":"surprise_me","deficit":35,"#))
      #expect(place.service.arrivals == [])
      #expect(try await place.balance(of: tenant) == "15")
      #expect(
        try await place.served.text(
          """
          SELECT string_agg(reason || ' ' || feature_used || ' ' || required, '; ') FROM tollgate.ledger
          WHERE status = 'refused' AND organization_id = '\(tenant.organizationID)'
          """) == "insufficient_tokens surprise_me 50")
    }
  }

  @Test("who waits is told for how long, and a suspended organization is 403", arguments: ProxyKind.allCases)
  func otherRefusals(kind: ProxyKind) async throws {
    try await with(kind) { place in
      let tenant = try await place.served.makeTenant(apiBudget: 250)
      try await place.served.script(
        "UPDATE tollgate.limits SET is_enabled = true, maximum = 1 WHERE limit_name = 'requests_per_minute'")
      #expect(try await place.send(tenant.token).status == 200)
      let limited = try await place.send(tenant.token)
      #expect(limited.status == 429)
      #expect(limited["Retry-After"].flatMap { Int($0) }.map((1...60).contains) == true)
      #expect(try limited.json()["detail"]?["limit"]?.string == "requests_per_minute")
      try await place.served.script("UPDATE public.organizations SET status = 'suspended'")
      #expect(try await place.send(tenant.token).status == 403)
      #expect(place.service.arrivals.count == 1)
    }
  }

  @Test("who is not known is 401, and nothing arrives", arguments: ProxyKind.allCases)
  func unknown(kind: ProxyKind) async throws {
    try await with(kind) { place in
      for token in [nil, "garbage"] {
        let answer = try await place.send(token)
        #expect(answer.status == 401)
        #expect(answer["WWW-Authenticate"] == "Bearer")
      }
      #expect(place.service.arrivals == [])
    }
  }

  @Test(
    "each request is charged once, whatever ids its client sends, and no token is spent twice",
    arguments: ProxyKind.allCases)
  func once(kind: ProxyKind) async throws {
    try await with(kind) { place in
      let tenant = try await place.served.makeTenant(apiBudget: 525)
      let own = [("X-Request-Id", "mine"), ("Idempotency-Key", "mine")]
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 1...24 { group.addTask { try await place.send(tenant.token, headers: own).status } }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses.filter { $0 == 200 }.count == 10)
      #expect(statuses.filter { $0 == 429 }.count == 14)
      #expect(place.service.arrivals.count == 10)
      #expect(Set(place.service.arrivals.map(\.requestID)).count == 10)
      #expect(try await place.uses(of: tenant) == "10")
      #expect(try await place.balance(of: tenant) == "25")
    }
  }

  @Test("nothing passes while nobody can be asked", arguments: ProxyKind.allCases)
  func unreachable(kind: ProxyKind) async throws {
    let (proxy, service) = try await onOwnThread {
      let service = try GuardedService()
      return (try GuardingProxy(kind, tollgate: GuardingProxy.freePort(), service: service.port), service)
    }
    let answer = try await onOwnThread {
      let client = try RawClient(port: proxy.port)
      client.send("GET /surprise-me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      return try client.readAnswer()
    }
    #expect(answer.status == (kind == .nginx ? 500 : 502))
    #expect(service.arrivals == [])
    try await onOwnThread {
      proxy.stop()
      service.stop()
    }
  }
}
