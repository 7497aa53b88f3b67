import Crypto
import JSON
import Testbed
import Testing

@testable import API

@Suite("authentication by API key")
struct KeyAuthenticationTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  /// The same id with another secret and a right checksum.
  private static func forged(_ text: String) throws -> String {
    let body = Array(text.utf8.prefix(31)) + (try Base62.random(digitCount: 40))
    return String(decoding: body + Base62.encode(UInt128(crc32(body[...])), digitCount: 6), as: UTF8.self)
  }

  @Test("unknown, wrong, malformed, revoked, replaced and expired keys get the same 401 on every route")
  func unauthorized() async throws {
    let known = try await server.makeKey(of: tenant.organizationID, "read", "spend")
    let neverUsed = try await server.makeKey(of: tenant.organizationID, "read", "spend")
    #expect(try await server.status(of: known) == 200)
    var keys = [try APIKeyText.make().text, try Self.forged(known.text), try Self.forged(neverUsed.text)]
    keys += [String(known.text.dropLast()), known.text + "a", known.text.uppercased(), "tg_live_", "tg_", "tg_test_x"]
    keys.append(String(known.text.dropLast(6)) + "000000")
    let service = try server.tokens.service()
    for change in ["revoke", "rotate", "expire", "revoke unused"] {
      let key = try await server.makeKey(of: tenant.organizationID, "read", "spend")
      if change != "revoke unused" { #expect(try await server.status(of: key) == 200) }
      switch change {
      case "rotate":
        _ = try await server.call(
          "POST", Path.keys + "/\(key.id)/rotate", token: service, body: #"{"graceSeconds":0}"#)
      case "expire":
        try await served.script("UPDATE tollgate.api_keys SET expires_at = now() WHERE key_id = '\(key.id)'")
        #expect(try await server.time(until: 401, of: key, atMost: .seconds(15)) != nil)
      default: _ = try await server.call("DELETE", Path.keys + "/\(key.id)", token: service)
      }
      keys.append(key.text)
    }
    for (method, path) in [
      ("POST", Path.checkBalance), ("GET", Path.stats), ("POST", Path.deduct), ("GET", Path.balance),
      ("GET", Path.keys),
    ] {
      var bodies: Set<String> = []
      for key in keys {
        let answer = try await server.call(method, path, token: key, headers: [("X-Request-Id", "the-same")])
        #expect(answer.status == 401, "\(path) \(key.prefix(31))")
        #expect(answer["WWW-Authenticate"] == "Bearer")
        bodies.insert(answer.body)
      }
      // No token at all, and one that is no key.
      for token in [nil, "a.b.c"] {
        let headers = [("X-Request-Id", "the-same")]
        bodies.insert(try await server.call(method, path, token: token, headers: headers).body)
      }
      #expect(bodies.count == 1, "\(path)")
    }
    #expect(try await server.status(of: known) == 200)
  }

  @Test("a key that expires is refused from that moment on, without anybody saying so")
  func expiry() async throws {
    let key = try await server.makeKey(of: tenant.organizationID, "read", expiresAt: "2999-01-01T00:00:00Z")
    // By the database's clock: two seconds from now.
    try await served.script(
      "UPDATE tollgate.api_keys SET expires_at = now() + interval '2 seconds' WHERE key_id = '\(key.id)'")
    let set = ContinuousClock.now
    var sent = set
    // What was read of it counts to its end, and not for 5 seconds.
    while try await server.status(of: key) == 200 {
      try #require(sent - set <= .seconds(2))
      sent = .now
    }
    #expect(try await server.status(of: key) == 401)
  }

  @Test("a key's last use is noted")
  func lastUse() async throws {
    let key = try await server.makeKey(of: tenant.organizationID, "read")
    let noted = "SELECT last_used_at FROM tollgate.api_keys WHERE key_id = '\(key.id)'"
    _ = try await server.call("GET", Path.balance, token: Self.forged(key.text))
    #expect(try await served.text(noted) == nil)
    #expect(try await server.status(of: key) == 200)
    let deadline = ContinuousClock.now + .seconds(20)
    while try await served.text(noted) == nil, ContinuousClock.now < deadline {}
    #expect(try await served.text(noted) != nil)
  }

  @Test("many requests with one key at once are all answered")
  func storm() async throws {
    let key = try await server.makeKey(of: tenant.organizationID, "read")
    let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<60 {
        let text = number.isMultiple(of: 3) ? try Self.forged(key.text) : key.text
        group.addTask { [server] in try await server.call("GET", Path.balance, token: text).status }
      }
      return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
    }
    #expect(statuses == [200: 40, 401: 20])
  }
}
