import API
import Cluster
import JSON
import Postgres
import Schema
import Testbed
import Testing

/// What clients are told when something is wrong on the server's side. Each test has a server of its own.
@Suite("failures")
struct FailureTests {
  @Test("a defect is 500 without internals, in the answer and in the log, and ends with its cause")
  func defect() async throws {
    try await ServedDatabase.with { served in
      let tenant = try await served.makeTenant()
      let server = served.server
      let functions = [
        ("settle", "uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[]"),
        ("check_balances", "uuid[], uuid[], boolean[], text[], bigint[], jsonb[]"),
        ("read_balances", "uuid[], uuid[], boolean[]"), ("organization_of", "uuid"),
      ]
      for (name, types) in functions {
        try await served.script("ALTER FUNCTION tollgate.\(name)(\(types)) RENAME TO \(name)_away")
      }
      let secret = #"{"featureUsed":"generate_goal","metadata":{"card":"4111111111111111"}}"#
      let named = #"{"organizationId":"\#(tenant.organizationID)","# + secret.dropFirst()
      let answers = [
        try await server.call("POST", Path.checkBalance, token: tenant.token, body: tenant.asking("generate_goal")),
        try await server.call(
          "POST", Path.checkBalance, token: tenant.token, body: tenant.asking("generate_goal", "deduct")),
        try await server.call(
          "GET", Path.stats + "?organizationId=\(tenant.organizationID)", token: tenant.token),
        try await server.call("POST", Path.deduct, token: tenant.token, body: secret),
        try await server.call("POST", Path.deduct, token: tenant.token, body: named),
        try await server.call("GET", Path.balance, token: tenant.token),
      ]
      for answer in answers {
        let id = try #require(answer["X-Request-Id"])
        let isApp = answer.body.contains(#""error":"Internal server error""#)
        let error = isApp ? "Internal server error" : "internal_error"
        #expect(answer.status == 500)
        #expect(
          answer.body == #"{"type":"urn:tollgate:problem:internal_error","title":"Internal error","status":500,"#
            + #""detail":"Internal server error","code":"internal_error","error":"\#(error)","requestId":"\#(id)"}"#)
        #expect(server.log.containing(id).contains { $0.contains("42883") && $0.contains(#""level":"error""#) })
      }
      for word in ["SELECT", "settle", "tollgate.", "function", "4111111111111111"] {
        #expect(server.log.containing(word) == [])
      }
      for (name, types) in functions {
        try await served.script("ALTER FUNCTION tollgate.\(name)_away(\(types)) RENAME TO \(name)")
      }
      let healed = try await server.call("POST", Path.deduct, token: tenant.token, body: secret)
      #expect(try healed.json()["balanceAfter"]?.integer == 17)
      #expect(try await served.violations() == [])
    }
  }

  @Test("readyz is 503 while the schema is older than the server, and says what to do")
  func schemaLevel() async throws {
    try await ServedDatabase.with { served in
      #expect(try await served.server.call("GET", "/readyz").status == 200)
      try await served.script(
        "DELETE FROM tollgate.schema_migrations WHERE version = \(EmbeddedSchema.latestVersion)")
      let answer = try await Self.notReady(served.server)
      #expect(try answer.json()["detail"]?.string?.contains("tollgate migrate up") == true)
      #expect(try answer.json()["retryAfterSeconds"]?.integer == answer["Retry-After"].flatMap { Int64($0) })
      #expect(try await served.server.call("GET", "/livez").status == 200)
    }
  }

  @Test("readyz is 200 at a database that is newer, and 503 at one that nobody has migrated")
  func otherSchemas() async throws {
    try await ServedDatabase.with { served in
      try await served.script(
        """
        INSERT INTO tollgate.schema_migrations SELECT (next).* FROM (
          SELECT jsonb_populate_record(latest, jsonb_build_object('version', version + 1)) AS next
          FROM tollgate.schema_migrations AS latest ORDER BY version DESC LIMIT 1) AS made
        """)
      #expect(try await served.server.call("GET", "/readyz").status == 200)
      try await served.script("ALTER FUNCTION tollgate.schema_level() RENAME TO schema_level_away")
      let answer = try await Self.notReady(served.server)
      #expect(try answer.json()["detail"]?.string?.contains("tollgate migrate up") == true)
    }
  }

  /// Asks until readyz says 503. What the database said is told for a second.
  private static func notReady(_ server: TestServer) async throws -> RawClient.Answer {
    let changed = ContinuousClock.now
    var sent = changed
    var answer = try await server.call("GET", "/readyz")
    while answer.status == 200 {
      try #require(sent - changed <= .seconds(1))
      sent = .now
      answer = try await server.call("GET", "/readyz")
    }
    #expect(answer.status == 503)
    return answer
  }

  @Test("readyz is 503 while draining, and requests are still answered")
  func draining() async throws {
    try await ServedDatabase.with { served in
      let tenant = try await served.makeTenant()
      served.server.application.isDraining.set()
      let answer = try await served.server.call("GET", "/readyz")
      #expect(answer.status == 503)
      #expect(answer["Retry-After"] == "1")
      #expect(try answer.json()["code"]?.string == "unavailable")
      #expect(try await served.server.call("GET", "/livez").status == 200)
      let spent = try await served.server.call(
        "POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_goal"}"#)
      #expect(spent.status == 200)
    }
  }

  @Test("without its database the server answers 503 with Retry-After, and heals by itself")
  func databaseAway() async throws {
    let own = try await onOwnThread { try OwnDatabase() }
    let server = own.server
    let token = try server.tokens.service()
    let body = #"{"organizationId":"\#(own.organizationID)","featureUsed":"generate_goal"}"#
    let key = [("Idempotency-Key", "k")]
    let before = try await server.call("POST", Path.deduct, token: token, headers: key, body: body)
    #expect(before.status == 200)
    #expect(try await server.call("GET", "/readyz").status == 200)

    try await onOwnThread { own.cluster.cluster.stopImmediately() }
    _ = try await Self.notReady(server)
    for (method, target, body) in [
      ("POST", Path.deduct, body), ("POST", Path.checkBalance, body), ("GET", "/readyz", nil),
      ("GET", Path.stats + "?organizationId=\(own.organizationID)", nil),
      ("GET", Path.balance + "?organizationId=\(own.organizationID)", nil),
    ] {
      for _ in 0..<2 {
        let answer = try await server.call(method, target, token: token, body: body)
        #expect(answer.status == 503, "\(target)")
        #expect(["unavailable", "outcome_unknown"].contains(try answer.json()["code"]?.string))
        #expect(try answer.json()["retryAfterSeconds"]?.integer == answer["Retry-After"].flatMap { Int64($0) })
        #expect(answer.body.contains("127.0.0.1") == false)
      }
    }
    #expect(try await server.call("GET", "/livez").status == 200)

    try await onOwnThread { try own.cluster.cluster.start() }
    try await onOwnThread { try own.waitUntilReady() }
    // One connection being back does not mean that all are: each lane finds out by itself.
    let again = try await onOwnThread { try own.deductUntilAnswered(body, key: "k", token: token) }
    #expect(again["Idempotent-Replayed"] == "true")
    #expect(again.body == before.body)
    let violated = try await onOwnThread {
      try Auditor(settings: own.administrator).run().filter { !$0.holds }.map(\.name)
    }
    #expect(violated == [])
    try await onOwnThread { own.end() }
  }
}

/// A cluster that a test may stop, with a migrated database and a server.
private final class OwnDatabase: Sendable {
  let cluster: TestCluster
  let server: TestServer
  let organizationID: String

  var administrator: ConnectionSettings { ConnectionSettings(cluster.url(database: "postgres")) }

  init() throws {
    cluster = try TestCluster()
    let settings = ConnectionSettings(cluster.url(database: "postgres"))
    _ = try Migrator(settings: settings).up()
    var connection = try Connection(settings)
    let password = "\(UInt64.random(in: 0...UInt64.max))"
    try connection.script("ALTER ROLE tollgate_server PASSWORD '\(password)'")
    organizationID = try connection.query("SELECT tollgate.create_organization('Test', 'pro')").string(0, 0)
    server = try TestServer(
      ConnectionSettings(cluster.cluster.url(user: "tollgate_server", password: password, database: "postgres")))
  }

  /// Asks until readyz says 200. Attempts to connect are up to five seconds apart.
  func waitUntilReady() throws {
    try repeatUntil(200, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
  }

  func deductUntilAnswered(_ body: String, key: String, token: String) throws -> RawClient.Answer {
    try repeatUntil(
      200,
      "POST \(Path.deduct) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\nIdempotency-Key: \(key)\r\n"
        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }

  @discardableResult
  private func repeatUntil(_ status: Int, _ request: String) throws -> RawClient.Answer {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      let client = try RawClient(port: server.port)
      client.send(request)
      let answer = try client.readAnswer()
      if answer.status == status || ContinuousClock.now > deadline {
        #expect(answer.status == status)
        return answer
      }
      client.waitForSilence(milliseconds: 50)
    }
  }

  func end() {
    server.stop()
    cluster.cluster.remove()
  }
}
