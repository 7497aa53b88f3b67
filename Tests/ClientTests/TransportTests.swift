import Cluster
import HTTP
import Postgres
import Testbed
import Testing
import TollgateClient

@Suite("the way to Tollgate")
struct TransportTests {
  @Test("a lost answer is asked for again under the same key, and the charge is made once")
  func lostAnswer() async throws {
    let spender = try await Spender(.shared())
    let relay = try await onOwnThread { [served = spender.served] in try Relay(to: Int(served.server.port)) }
    defer { relay.close() }
    let client = Spender.client(of: spender.tenant, port: relay.port)
    for lost in [1, 2] {
      for _ in 0..<lost { relay.swallowNextAnswer() }
      _ = try await client.deduct("generate_goal")
      let held = try await client.reserve("generate_insight")
      relay.swallowNextAnswer()
      #expect(try await client.capture(held.id).captured == 1)
    }
    try await spender.expectMovements(
      "deduction -3, reservation 0, capture -1, deduction -3, reservation 0, capture -1")
    #expect(try await spender.charges() == "4")
    #expect(try await spender.served.violations() == [])
  }

  @Test("without time for another attempt a lost answer is an error, and its key tells later what happened")
  func deadline() async throws {
    let spender = try await Spender(.shared())
    let relay = try await onOwnThread { [served = spender.served] in try Relay(to: Int(served.server.port)) }
    defer { relay.close() }
    let client = Spender.client(of: spender.tenant, port: relay.port) { $0.retries.deadlineSeconds = 0 }
    relay.swallowNextAnswer()
    let lost = await failure { try await client.deduct("generate_goal", idempotencyKey: "k") }
    guard case .notReached = lost else { return #expect(Bool(false), "\(String(describing: lost))") }
    #expect(try await client.deduct("generate_goal", idempotencyKey: "k").balanceAfter == 17)
    #expect(try await spender.charges() == "1")
  }

  @Test("while PostgreSQL is away a call waits and is answered when it is back")
  func unavailable() async throws {
    try await ServedDatabase.with { served in
      let spender = try await Spender(served)
      _ = try await spender.client.deduct("generate_goal")
      let name = served.database.name
      try await Self.administer("ALTER DATABASE \(name) ALLOW_CONNECTIONS false")
      try await Self.administer(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = '\(name)' AND usename = 'tollgate_server'
        """)
      let impatient = Spender.client(of: spender.tenant, port: Int(served.server.port)) {
        $0.retries.deadlineSeconds = 0
      }
      let refused = await failure { try await impatient.deduct("generate_goal") }
      guard case .unavailable(let problem) = refused else {
        return #expect(Bool(false), "\(String(describing: refused))")
      }
      #expect(problem.status == 503)
      #expect(problem.retryAfterSeconds != nil)
      async let patient = spender.client.deduct("generate_goal")
      // What the patient one was told once, at least.
      let deadline = ContinuousClock.now + .seconds(30)
      while served.server.log.containing("no answer from PostgreSQL").count < 2, ContinuousClock.now < deadline {
        await Task.yield()
      }
      try await Self.administer("ALTER DATABASE \(name) ALLOW_CONNECTIONS true")
      #expect(try await patient.balanceAfter == 14)
      #expect(try await served.violations() == [])
    }
  }

  private static func administer(_ sql: String) async throws {
    try await onOwnThread {
      var connection = try Connection(ConnectionSettings(try TestCluster.shared.get().url(database: "postgres")))
      try connection.script(sql)
    }
  }

  @Test("nobody there is an error once the deadline has come")
  func nobody() async throws {
    let spender = try await Spender(.shared())
    let free = try await onOwnThread { try HTTPSServer.freePort() }
    let client = Spender.client(of: spender.tenant, port: Int(free)) { $0.retries.deadlineSeconds = 0.5 }
    let began = ContinuousClock.now
    guard case .notReached = await failure(of: { try await client.deduct("generate_goal") }) else {
      return #expect(Bool(false))
    }
    #expect(ContinuousClock.now - began < .seconds(10))
  }

  @Test("over https with a certificate that is trusted, and not with another")
  func https() async throws {
    let spender = try await Spender(.shared())
    let certificate = try await onOwnThread { try TestCertificate() }
    let tls = try await onOwnThread { [port = spender.served.server.port] in
      try HTTPSServer(certificate, forwardingTo: port)
    }
    var configuration = spender.client.configuration
    configuration.url = "https://localhost:\(tls.port)/"
    configuration.certificateFile = certificate.authorityFile
    let client = TollgateClient(configuration)
    #expect(try await client.deduct("generate_goal").balanceAfter == 17)
    configuration.certificateFile = nil
    let distrustful = TollgateClient(configuration)
    let refused = await failure { try await distrustful.deduct("generate_goal") }
    guard case .invalidRequest = refused else { return #expect(Bool(false), "\(String(describing: refused))") }
    try await onOwnThread { tls.stop() }
    #expect(try await spender.charges() == "1")
  }

  @Test("plain http leads to this machine only, unless it is allowed elsewhere")
  func plain() async throws {
    // An address of documentation (RFC 5737): nobody is there, and nobody is asked.
    var configuration = ClientConfiguration(url: "http://192.0.2.1:9", credential: "x")
    configuration.retries.deadlineSeconds = 0
    configuration.requestSeconds = 0.3
    let careful = TollgateClient(configuration)
    guard case .invalidRequest(let reason) = await failure(of: { try await careful.actions() }) else {
      return #expect(Bool(false))
    }
    #expect(reason.contains("https://"))
    configuration.allowsPlainHTTPElsewhere = true
    let careless = TollgateClient(configuration)
    guard case .notReached = await failure(of: { try await careless.actions() }) else { return #expect(Bool(false)) }
  }

  @Test("a URL that is neither https:// nor http:// leads nowhere, whatever libcurl takes it for")
  func spellings() async throws {
    let spender = try await Spender(.shared())
    let relay = try await onOwnThread { [served = spender.served] in try Relay(to: Int(served.server.port)) }
    defer { relay.close() }
    let place = "127.0.0.1:\(relay.port)"
    for url in [place, "http:/\(place)", "http:\(place)", "//\(place)", "ftp://\(place)", " http://\(place)", ""] {
      var configuration = ClientConfiguration(url: url, credential: spender.tenant.token)
      configuration.retries.deadlineSeconds = 0
      let client = TollgateClient(configuration)
      let failed = await failure { try await client.actions() }
      guard case .invalidRequest = failed else { return #expect(Bool(false), "\(url): \(String(describing: failed))") }
    }
    #expect(relay.connectionCount == 0)
  }

  @Test("one connection serves calls that follow each other, and a new one those after it was closed")
  func kept() async throws {
    let spender = try await Spender(.shared())
    let relay = try await onOwnThread { [served = spender.served] in try Relay(to: Int(served.server.port)) }
    defer { relay.close() }
    let client = Spender.client(of: spender.tenant, port: relay.port)
    for _ in 0..<5 { _ = try await client.actions() }
    #expect(relay.connectionCount == 1)
    relay.swallowNextAnswer()
    _ = try await client.deduct("generate_goal")
    #expect(relay.connectionCount == 2)
    // Who asks is a field of each request, not of the connection.
    let other = try await spender.served.makeTenant()
    var configuration = client.configuration
    configuration.organizationID = nil
    let anybody = TollgateClient(configuration)
    let first = try await anybody.deduct("generate_goal")
    let second = try await anybody.authorized(by: other.token).deduct("generate_goal")
    #expect(relay.connectionCount == 3)
    #expect(first.organizationID.description == spender.tenant.organizationID)
    #expect(second.organizationID.description == other.organizationID)
    #expect(try await spender.charges() == "2")
  }

  @Test("what is no answer of Tollgate's is an error, and not taken for one")
  func foreign() async throws {
    var router = Router()
    router.add("*", "/api/v1/actions") { _, responder in
      responder.send(Response(status: 200, body: Array("<html>".utf8)))
    }
    router.add("*", "/api/v1/tokens/balance") { _, responder in responder.send(Response(status: 418)) }
    let server = try Server(ServerConfiguration(port: 0), router: router)
    try server.start()
    let client = TollgateClient(ClientConfiguration(url: "http://127.0.0.1:\(server.port)", credential: "x"))
    let unreadable = await failure { try await client.actions() }
    let rejected = await failure { try await client.balances() }
    try await onOwnThread { server.stop(deadlineSeconds: 5) }
    guard case .unreadableAnswer = unreadable else { return #expect(Bool(false), "\(String(describing: unreadable))") }
    guard case .rejected(let problem) = rejected else { return #expect(Bool(false), "\(String(describing: rejected))") }
    #expect(problem.code == "http_418")
  }
}
