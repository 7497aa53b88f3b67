import HTTP
import Network
import Testbed
import Testing

@Suite("clients behind proxies")
struct ForwardedTests {
  /// Answers with the client's address.
  private static var router: Router {
    var router = Router()
    router.add("GET", "/") { request, responder in
      responder.send(
        Response(
          status: 200, body: Array("\(request.remoteAddress) \(request.clientAddress?.description ?? "")".utf8)))
    }
    return router
  }

  @Test("a trusted proxy is believed, in requests and in logs")
  func trusted() async throws {
    let seen = Signal<FinishedRequest>()
    try await withServer(Self.router) {
      $0.trustedProxies = TrustedProxies([AddressRange("127.0.0.0/8")].compactMap { $0 })
      $0.observe = { seen.send($0) }
    } _: { server in
      let header = "X-Forwarded-For: 1.2.3.4\r\nx-forwarded-for: 5.6.7.8, 2001:db8::7\r\n"
      let answer = try await ask(server, "GET /", headers: header)
      #expect(answer.body == "2001:db8::7 2001:db8::7")
      #expect(try await seen.next().remoteAddress == "2001:db8::7")
      #expect(try await ask(server, "GET /").body == "127.0.0.1 127.0.0.1")
      #expect(try await seen.next().remoteAddress == "127.0.0.1")
    }
  }

  @Test("nobody else is believed")
  func untrusted() async throws {
    try await withServer(Self.router) {
      $0.trustedProxies = TrustedProxies([AddressRange("10.0.0.0/8")].compactMap { $0 })
    } _: { server in
      let answer = try await ask(server, "GET /", headers: "X-Forwarded-For: 10.0.0.1\r\n")
      #expect(answer.body == "127.0.0.1 127.0.0.1")
    }
  }

  @Test("a trusted proxy may have as many connections as it wants")
  func connections() async throws {
    try await withServer(Self.router) {
      $0.maximumConnectionsPerAddress = 1
      $0.trustedProxies = TrustedProxies([AddressRange("127.0.0.1")].compactMap { $0 })
    } _: { server in
      let port = server.port
      let statuses = try await onThread {
        let clients = try (0..<5).map { _ in try RawClient(port: port) }
        return try clients.map { client in
          client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
          return try client.readAnswer().status
        }
      }
      #expect(statuses == [200, 200, 200, 200, 200])
    }
  }

  @Test("an address whose connections are closed may have new ones")
  func countedDown() async throws {
    try await withServer(Self.router) {
      $0.maximumConnectionsPerAddress = 1
    } _: { server in
      for _ in 0..<20 {
        // The last connection's end takes a moment: until then a new one is closed at once.
        let port = server.port
        let status = try await onThread {
          while true {
            let client = try RawClient(port: port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let answer = try client.readToEnd()
            if !answer.isEmpty { return answer.prefix(12) }
          }
        }
        #expect(status == "HTTP/1.1 200")
      }
    }
  }
}
