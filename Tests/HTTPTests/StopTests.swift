import HTTP
import Testbed
import Testing

@Suite struct StopTests {
  /// A router whose handler holds on to its responders.
  private func holdingRouter(_ held: Signal<Responder>) -> Router {
    var router = echoRouter()
    router.add("GET", "/held") { _, responder in held.send(responder) }
    return router
  }

  @Test("stopping answers what was accepted, and nobody else comes in")
  func answersAccepted() async throws {
    let held = Signal<Responder>()
    let server = try Server(ServerConfiguration(port: 0), router: holdingRouter(held))
    try server.start()
    let port = server.port
    async let answers = onThread {
      let clients = try (0..<10).map { _ in try RawClient(port: port) }
      for client in clients { client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n") }
      return try clients.map { try $0.readToEnd() }
    }
    var responders: [Responder] = []
    for _ in 0..<10 { responders.append(try await held.next()) }
    #expect(server.inFlightCount == 10)
    async let stopped: Void = onThread { server.stop(deadlineSeconds: 20) }
    // The listening socket closes while the ten are still waiting.
    let isRefused = try await onThread {
      while let client = try? RawClient(port: port) { _ = client.waitForSilence(milliseconds: 5) }
      return true
    }
    #expect(isRefused)
    #expect(server.inFlightCount == 10)
    for responder in responders { responder.send(Response(status: 200, body: Array("answered".utf8))) }
    try await stopped
    let texts = try await answers
    #expect(texts.count { $0.hasPrefix("HTTP/1.1 200 ") && $0.hasSuffix("answered") } == 10)
    #expect(texts.count { $0.contains("Connection: close") } == 10)
    #expect(server.inFlightCount == 0)
  }

  @Test("at the deadline, what is unanswered gets 503, and an answer after that breaks nothing")
  func deadline() async throws {
    let held = Signal<Responder>()
    let server = try Server(ServerConfiguration(port: 0), router: holdingRouter(held))
    try server.start()
    let port = server.port
    async let answer = onThread {
      let client = try RawClient(port: port)
      client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
      return try client.readToEnd()
    }
    let responder = try await held.next()
    try await onThread { server.stop(deadlineSeconds: 0.05) }
    #expect(try await answer.hasPrefix("HTTP/1.1 503 "))
    #expect(server.inFlightCount == 0)
    responder.send(Response(status: 200))
  }

  @Test("while draining, requests are answered and their connections closed")
  func draining() async throws {
    try await withServer { server in
      server.beginDraining()
      let answer = try await talk(to: server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
      #expect(answer.contains("Connection: close"))
      // Still accepting.
      #expect(try await ask(server, "GET /").status == 200)
    }
  }

  @Test("a request whose body is still coming when the server stops is answered")
  func bodyUnderWay() async throws {
    var configuration = ServerConfiguration(port: 0)
    // On a busy machine it takes a while until nobody is accepted any more.
    configuration.headerTimeoutSeconds = 120
    let server = try Server(configuration, router: echoRouter())
    try server.start()
    let port = server.port
    let client = try await onThread {
      let client = try RawClient(port: port)
      client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
      _ = try client.readAnswer()
      client.send("ab")
      return Held(client)
    }
    async let stopped: Void = onThread { server.stop(deadlineSeconds: 120) }
    let body = try await onThread {
      while let other = try? RawClient(port: port) { _ = other.waitForSilence(milliseconds: 5) }
      return try client.use { client in
        client.send("cd")
        return try client.readAnswer().body
      }
    }
    #expect(body == "POST / [] [] abcd")
    try await stopped
  }

  @Test("idle connections do not hold up a stop")
  func idleConnections() async throws {
    let server = try Server(ServerConfiguration(port: 0), router: echoRouter())
    try server.start()
    let port = server.port
    let client = try await onThread {
      let client = try RawClient(port: port)
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      _ = try client.readAnswer()
      return Held(client)
    }
    let began = ContinuousClock.now
    try await onThread { server.stop(deadlineSeconds: 60) }
    #expect(ContinuousClock.now - began < .seconds(30))
    #expect(try await onThread { try client.use { try $0.readToEnd() } }.isEmpty)
    // A second stop returns at once.
    server.stop(deadlineSeconds: 60)
  }

  @Test("a server that is let go without a stop closes its connections")
  func letGo() async throws {
    let text = try await onThread {
      func connected() throws -> RawClient {
        let server = try Server(ServerConfiguration(port: 0), router: echoRouter())
        try server.start()
        return try RawClient(port: server.port)
      }
      return try connected().readToEnd()
    }
    #expect(text.isEmpty)
  }
}
