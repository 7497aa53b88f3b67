import Foundation
import HTTP
import Testbed
import Testing

@Suite struct LimitTests {
  @Test("a request line that never ends is answered 408 and closed")
  func slowRequestLine() async throws {
    let answer = try await withServer {
      $0.headerTimeoutSeconds = 0.1
    } _: {
      try await talk(to: $0, "GET /")
    }
    #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
    #expect(answer.contains("X-Request-Id: "))
  }

  @Test("a header block that never ends is answered 408 and closed")
  func slowHeader() async throws {
    let answer = try await withServer {
      $0.headerTimeoutSeconds = 0.1
    } _: {
      try await talk(to: $0, "GET / HTTP/1.1\r\nHost: a\r\nX-A")
    }
    #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
  }

  @Test("a second request's header that trickles in is answered 408, long before the connection counts as idle")
  func slowSecondHeader() async throws {
    try await withServer {
      $0.headerTimeoutSeconds = 0.2
    } _: { server in
      let port = server.port
      let answer = try await onThread {
        let client = try RawClient(port: port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try client.readAnswer()
        // The peer's silence is what is waited for: 100 ms without an answer, then the first byte.
        client.waitForSilence(milliseconds: 100)
        client.send("G")
        return try client.readToEnd()
      }
      #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
    }
  }

  @Test("a body that stalls is answered 408 and closed, and reaches no handler")
  func slowBody() async throws {
    let answer = try await withServer {
      $0.headerTimeoutSeconds = 0.1
      $0.bodyBytesPerSecondMinimum = 1_000
    } _: {
      try await talk(to: $0, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
    }
    #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
  }

  @Test("a connection without a request is closed when it has idled long enough")
  func idle() async throws {
    let answer = try await withServer {
      $0.idleTimeoutSeconds = 0.1
    } _: {
      try await talk(to: $0, "")
    }
    #expect(answer.isEmpty)
  }

  @Test("a connection that idles after its request is closed")
  func idleAfterRequest() async throws {
    let answer = try await withServer {
      $0.idleTimeoutSeconds = 0.1
    } _: {
      try await talk(to: $0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    }
    #expect(answer.hasPrefix("HTTP/1.1 200 "))
    #expect(!answer.contains("408"))
  }

  @Test("a client that finishes sending together with its request is closed after its answer, not when it has idled")
  func finishedClient() async throws {
    var router = Router()
    router.add("GET", "/") { _, responder in responder.send(Response(status: 200)) }
    try await withServer(router) {
      $0.writeTimeoutSeconds = 0.2
      $0.idleTimeoutSeconds = 600
    } _: { server in
      let port = server.port
      for _ in 0..<20 {
        let answers = try await onThread {
          let client = try RawClient(port: port)
          client.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 3))
          client.finishSending()
          return try client.readToEnd()
        }
        #expect(answers.count(of: "HTTP/1.1 200 ") == 3)
      }
    }
  }

  @Test(
    "a client that finishes in the middle of a request is closed without an answer, long before the timeout",
    arguments: [
      "GET /", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX-A",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ])
  func unfinished(request: String) async throws {
    let answer = try await withServer {
      $0.headerTimeoutSeconds = 600
      $0.writeTimeoutSeconds = 0.2
    } _: { server in
      let port = server.port
      return try await onThread {
        let client = try RawClient(port: port)
        client.send(request)
        client.finishSending()
        return try client.readToEnd()
      }
    }
    #expect(answer.isEmpty)
  }

  @Test("a request that waits for its answer is not closed, however long that takes")
  func applicationTime() async throws {
    let held = Signal<Responder>()
    var router = Router()
    router.add("GET", "/") { _, responder in held.send(responder) }
    try await withServer(router) {
      $0.headerTimeoutSeconds = 0.05
      $0.idleTimeoutSeconds = 0.05
      $0.writeTimeoutSeconds = 0.05
    } _: { server in
      let port = server.port
      async let answer = onThread {
        let client = try RawClient(port: port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return try client.readToEnd()
      }
      let responder = try await held.next()
      // An idle connection's end shows that the timeouts have passed meanwhile.
      _ = try await talk(to: server, "")
      _ = try await talk(to: server, "")
      responder.send(Response(status: 200, body: Array("late".utf8)))
      #expect(try await answer.hasSuffix("late"))
    }
  }

  @Test("a client that does not read its response is cut off")
  func slowReader() async throws {
    let finished = Signal<FinishedRequest>()
    var router = Router()
    router.add("GET", "/") { _, responder in
      responder.send(Response(status: 200, body: [UInt8](repeating: 97, count: 20_000_000)))
    }
    try await withServer(router) {
      $0.writeTimeoutSeconds = 0.2
      $0.observe = { finished.send($0) }
    } _: { server in
      let port = server.port
      let client = try await onThread {
        let client = try RawClient(port: port, receiveBufferBytes: 4_096)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return Held(client)
      }
      #expect(try await finished.next().status == 200)
      #expect(server.inFlightCount == 0)
      let received = try await onThread { try client.use { try $0.readToEnd() } }
      #expect(received.utf8.count < 20_000_000)
    }
  }

  @Test("the last request that a connection may carry closes it")
  func requestsPerConnection() async throws {
    let answers = try await withServer {
      $0.requestsPerConnectionLimit = 3
    } _: {
      try await talk(to: $0, String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 5))
    }
    #expect(answers.count(of: "HTTP/1.1 200 ") == 3, "\(answers)")
    #expect(answers.count(of: "Connection: close") == 1)
  }

  @Test("one address cannot have more connections than it may")
  func connectionsPerAddress() async throws {
    try await withServer {
      $0.maximumConnectionsPerAddress = 2
    } _: { server in
      let port = server.port
      let (statuses, third) = try await onThread {
        let clients = try (0..<2).map { _ in try RawClient(port: port) }
        let statuses = try clients.map { client in
          client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
          return try client.readAnswer().status
        }
        let third = try RawClient(port: port)
        return try withExtendedLifetime(clients) { (statuses, try third.readToEnd()) }
      }
      #expect(statuses == [200, 200])
      #expect(third.isEmpty)
    }
  }

  @Test("connections over the limit wait until one is closed")
  func connections() async throws {
    try await withServer {
      $0.maximumConnections = 2
    } _: { server in
      let port = server.port
      let statuses = try await onThread {
        var clients = try (0..<2).map { _ in try RawClient(port: port) }
        for client in clients {
          client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
          _ = try client.readAnswer()
        }
        let third = try RawClient(port: port)
        third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let isSilent = third.waitForSilence(milliseconds: 100)
        clients.removeAll()
        return (isSilent, try third.readAnswer().status)
      }
      #expect(statuses == (true, 200))
    }
  }
}
