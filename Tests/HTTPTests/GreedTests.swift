import Dispatch
import Foundation
import HTTP
import Testbed
import Testing

@Suite("slow and greedy clients")
struct GreedTests {
  @Test("a header that dribbles in is answered 408 when its time is over, however steadily it comes")
  func dribblingHeader() async throws {
    try await withServer {
      $0.headerTimeoutSeconds = 0.3
      $0.idleTimeoutSeconds = 600
    } _: { server in
      let answer = try await Self.dribble(to: server, "GET / HTTP/1.1\r\nHost: a\r\nX-Long: ", "a")
      #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
    }
  }

  @Test("a body that comes slower than it may is answered 408, however steadily it comes")
  func dribblingBody() async throws {
    try await withServer {
      $0.headerTimeoutSeconds = 0.2
      $0.bodyBytesPerSecondMinimum = 10_000
      $0.idleTimeoutSeconds = 600
    } _: { server in
      let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
      let answer = try await Self.dribble(to: server, head, "a")
      #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
    }
  }

  /// Sends a beginning, and then a little every 20 ms until the server answers; returns all it said.
  private static func dribble(to server: Server, _ beginning: String, _ more: String) async throws -> String {
    let port = server.port
    return try await onThread {
      let client = try RawClient(port: port)
      client.send(beginning)
      while client.waitForSilence(milliseconds: 20) { client.send(more) }
      return try client.readToEnd()
    }
  }

  @Test("of 200 connections each is closed in its time, although a part of them is looked at at a time")
  func manyIdle() async throws {
    try await withServer {
      $0.idleTimeoutSeconds = 0.2
    } _: { server in
      let port = server.port
      let answers = try await onThread {
        let clients = try (0..<200).map { _ in try RawClient(port: port) }
        return try clients.map { try $0.readToEnd() }
      }
      #expect(answers == [String](repeating: "", count: 200))
    }
  }

  @Test("where there is hardly room for others, connections that do nothing have to go, and busy ones stay")
  func crowded() async throws {
    let held = Signal<Responder>()
    var router = echoRouter()
    router.add("GET", "/held") { _, responder in held.send(responder) }
    try await withServer(router) {
      $0.maximumConnections = 8
      $0.idleTimeoutSeconds = 600
    } _: { server in
      let port = server.port
      let busy = try await onThread {
        let client = try RawClient(port: port)
        client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        return Held(client)
      }
      let responder = try await held.next()
      let isClosed = try await onThread {
        let idle = try (0..<7).map { _ in try RawClient(port: port) }
        // None has to wait for the timeout: the first to go make room for the ninth.
        let ninth = try RawClient(port: port)
        ninth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let status = try ninth.readAnswer().status
        return try idle[0].readToEnd().isEmpty && status == 200
      }
      #expect(isClosed)
      responder.send(Response(status: 200, body: Array("still here".utf8)))
      #expect(try await onThread { try busy.use { try $0.readAnswer().body } } == "still here")
    }
  }

  @Test("bodies that are received at the same time have so much room together, and what is beyond is 503")
  func bodies() async throws {
    try await withServer {
      $0.maximumBodyBytes = 150_000
    } _: { server in
      let port = server.port
      let (whileFull, afterwards, whole) = try await onThread {
        let large = try RawClient(port: port)
        large.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n")
        large.send([UInt8](repeating: 97, count: 99_999))
        // Declared, and sent in pieces of unknown number.
        let heads = ["Content-Length: 60000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nEA60\r\n"]
        func send(_ head: String) throws -> String {
          let client = try RawClient(port: port)
          client.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(head)")
          client.send([UInt8](repeating: 98, count: 60_000) + Array("\r\n0\r\n\r\n".utf8))
          return String(try client.readToEnd().prefix(12))
        }
        // Until the large one is all there: who asks before it sends takes no room meanwhile.
        var isFull = false
        while !isFull {
          let client = try RawClient(port: port)
          client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 50002\r\n\r\n")
          isFull = try client.readAnswer().status == 503
        }
        let whileFull = try heads.map(send)
        large.send("a")
        let whole = try large.readToEnd()
        return (whileFull, try heads.map(send), whole)
      }
      #expect(whileFull == ["HTTP/1.1 503", "HTTP/1.1 503"])
      #expect(whole.hasPrefix("HTTP/1.1 200 "))
      #expect(afterwards == ["HTTP/1.1 200", "HTTP/1.1 200"])
    }
  }

  @Test("of an answer that nobody reads the kernel takes a part, and whoever reads it later gets all of it")
  func unreadAnswer() async throws {
    var router = Router()
    let body = [UInt8](repeating: UInt8(ascii: "a"), count: 3_000_000)
    router.add("GET", "/") { _, responder in responder.send(Response(status: 200, body: body)) }
    try await withServer(router) {
      $0.writeTimeoutSeconds = 600
    } _: { server in
      let port = server.port
      let (taken, received) = try await onThread {
        let client = try RawClient(port: port, receiveBufferBytes: 2048)
        client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        // Others are answered meanwhile, by which time the kernel has taken what it takes.
        let other = try RawClient(port: port)
        var taken = 0
        for _ in 0..<100 {
          other.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
          _ = try other.readAnswer()
          taken = max(taken, try Self.unacknowledgedBytes(localPort: port))
        }
        return (taken, try client.readToEnd().utf8.count)
      }
      #expect(taken > 0)
      #expect(taken <= 262_144)
      #expect(received > body.count)
    }
  }

  /// What the kernel holds to be sent from this port, and what was sent and is not acknowledged.
  private static func unacknowledgedBytes(localPort: UInt16) throws -> Int {
    let hexadecimal = String(localPort, radix: 16, uppercase: true)
    let suffix = ":" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
    // Line by line: Foundation reads such a file once, and gets its first page.
    let table = try #require(fopen("/proc/net/tcp", "r"))
    var line: UnsafeMutablePointer<CChar>?
    defer {
      free(line)
      fclose(table)
    }
    var (capacity, bytes) = (0, 0)
    while getline(&line, &capacity, table) > 0, let row = line {
      let columns = String(cString: row).split(separator: " ")
      // The second is the local address, the fourth the state (01: established), the fifth both queues.
      guard columns.count > 4, columns[1].hasSuffix(suffix), columns[3] == "01" else { continue }
      bytes += Int(columns[4].prefix { $0 != ":" }, radix: 16) ?? 0
    }
    return bytes
  }

  @Test("an answer that is held comes later, and others meanwhile")
  func held() async throws {
    var router = echoRouter()
    router.add("GET", "/at-once") { _, responder in responder.send(Self.heldResponse) }
    router.add("GET", "/later") { _, responder in
      DispatchQueue.global().async { responder.send(Self.heldResponse) }
    }
    try await withServer(router) {
      $0.heldAnswerSeconds = 0.3
    } _: { server in
      let port = server.port
      for path in ["/at-once", "/later"] {
        let (isSilent, other, answer) = try await onThread {
          let client = try RawClient(port: port)
          client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
          let quick = try RawClient(port: port)
          quick.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
          let other = try quick.readAnswer().status
          return (client.waitForSilence(milliseconds: 100), other, try client.readAnswer().status)
        }
        #expect(isSilent)
        #expect(other == 200)
        #expect(answer == 429)
      }
    }
  }

  private static var heldResponse: Response {
    var response = Response(status: 429)
    response.isHeld = true
    return response
  }

  @Test("a server that stops gives the answers that it held")
  func heldAtTheEnd() async throws {
    var router = Router()
    let asked = Signal<Void>()
    router.add("GET", "/") { _, responder in
      asked.send(())
      responder.send(Self.heldResponse)
    }
    var configuration = ServerConfiguration(port: 0)
    configuration.heldAnswerSeconds = 600
    let server = try Server(configuration, router: router)
    try server.start()
    let port = server.port
    async let answer = onThread {
      let client = try RawClient(port: port)
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      return try client.readToEnd()
    }
    try await asked.next()
    try await onThread { server.stop(deadlineSeconds: 20) }
    #expect(try await answer.hasPrefix("HTTP/1.1 429 "))
    #expect(server.inFlightCount == 0)
  }
}
