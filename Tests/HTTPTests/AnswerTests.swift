import Dispatch
import HTTP
import Locking
import Testbed
import Testing

import struct Synchronization.Atomic

@Suite struct AnswerTests {
  @Test("64 connections with 200 requests each, answered from four threads, all get their own answers")
  func manyThreads() async throws {
    let workers = (0..<4).map { DispatchQueue(label: "worker \($0)") }
    let counter = Atomic<Int>(0)
    var router = Router()
    router.add("GET", "/{connection}/{request}") { request, responder in
      let next = counter.add(1, ordering: .relaxed).newValue
      workers[next % 4].async {
        responder.send(Response(status: 200, body: Array(request.path.utf8)))
      }
    }
    let wrong = try await withServer(router) { server in
      let port = server.port
      return try await withThrowingTaskGroup(of: Int.self) { group in
        for connection in 0..<64 {
          group.addTask {
            try await onThread {
              let client = try RawClient(port: port)
              return try (0..<200).count { request in
                client.send("GET /\(connection)/\(request) HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.readAnswer().body != "/\(connection)/\(request)"
              }
            }
          }
        }
        return try await group.reduce(0, +)
      }
    }
    #expect(wrong == 0)
    #expect(counter.load(ordering: .relaxed) == 64 * 200)
  }

  @Test("a handler may answer before it returns")
  func immediate() async throws {
    var router = Router()
    router.add("GET", "/") { request, responder in responder.send(Response(status: 200, body: Array("now".utf8))) }
    try await withServer(router) { server in
      let port = server.port
      let bodies = try await onThread {
        let client = try RawClient(port: port)
        client.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 100))
        return try (0..<100).map { _ in try client.readAnswer().body }
      }
      #expect(bodies == [String](repeating: "now", count: 100))
    }
  }

  @Test("a responder dropped without an answer answers 500", arguments: [true, false])
  func dropped(insideHandler: Bool) async throws {
    var router = Router()
    router.add("GET", "/") { _, responder in
      guard !insideHandler else { return }
      DispatchQueue.global().async { withExtendedLifetime(responder) {} }
    }
    try await withServer(router) { server in
      let answer = try await ask(server, "GET /")
      #expect(answer.status == 500)
      #expect(answer.body == "The request could not be answered.")
    }
  }

  @Test("a second answer is ignored")
  func second() async throws {
    var router = Router()
    router.add("GET", "/") { _, responder in
      DispatchQueue.global().async {
        responder.send(Response(status: 201))
        responder.send(Response(status: 202))
      }
    }
    try await withServer(router) { server in
      let port = server.port
      let statuses = try await onThread {
        let client = try RawClient(port: port)
        return try (0..<20).map { _ in
          client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
          return try client.readAnswer().status
        }
      }
      #expect(statuses == [Int](repeating: 201, count: 20))
    }
  }

  @Test("a status that cannot be sent is sent as 500", arguments: [0, 99, 101, 600, -1])
  func impossibleStatus(_ status: Int) async throws {
    var router = Router()
    router.add("GET", "/") { _, responder in responder.send(Response(status: status)) }
    let answer = try await withServer(router) { try await ask($0, "GET /") }
    #expect(answer.status == 500)
  }

  @Test("a client that is gone before its answer breaks nothing and leaves nothing")
  func clientGone() async throws {
    let held = Signal<Responder>()
    let finished = Signal<Int>()
    var router = echoRouter()
    router.add("GET", "/held") { _, responder in held.send(responder) }
    try await withServer(router) {
      $0.observe = { finished.send($0.status) }
    } _: { server in
      let port = server.port
      for _ in 0..<10 {
        let client = try await onThread {
          let client = try RawClient(port: port)
          client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
          return Held(client)
        }
        let responder = try await held.next()
        #expect(server.inFlightCount == 1)
        client.use { $0.reset() }
        responder.send(Response(status: 200, body: [UInt8](repeating: 97, count: 100_000)))
        _ = try await finished.next()
        #expect(server.inFlightCount == 0)
      }
      #expect(try await ask(server, "GET /").status == 200)
    }
  }

  @Test("a shared body is sent whole to each, and kept until the last one has it")
  func sharedBody() async throws {
    let text = String(repeating: "0123456789", count: 50_000)
    let body = Mutex<SharedBody?>(SharedBody(Array(text.utf8)))
    var router = Router()
    router.add("GET", "/") { _, responder in
      var response = Response(status: 200)
      response.sharedBody = body.withLock { $0 }
      responder.send(response)
    }
    router.add("DELETE", "/") { _, responder in
      body.withLock { $0 = nil }
      responder.send(Response(status: 204))
    }
    try await withServer(router) { server in
      let port = server.port
      let bodies = try await onThread {
        let clients = try (0..<3).map { _ in try RawClient(port: port, receiveBufferBytes: 4_096) }
        for client in clients { client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        // All have begun to get theirs when nobody but the library has it any more.
        for client in clients { client.waitForSilence(milliseconds: 10_000) }
        let last = try RawClient(port: port)
        last.send("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try last.readAnswer()
        return try clients.map { try $0.readAnswer().body }
      }
      #expect(bodies == [text, text, text])
    }
  }

  @Test("a client that has finished sending still gets its answer")
  func halfClosed() async throws {
    let held = Signal<Responder>()
    var router = Router()
    router.add("GET", "/") { _, responder in held.send(responder) }
    try await withServer(router) { server in
      let port = server.port
      async let answer = onThread {
        let client = try RawClient(port: port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.finishSending()
        return try client.readToEnd()
      }
      try await held.next().send(Response(status: 200, body: Array("late".utf8)))
      #expect(try await answer.hasSuffix("late"))
    }
  }
}

/// Carries a client from the thread that made it to the one that ends it.
final class Held: Sendable {
  private let client: Mutex<RawClient>

  init(_ client: sending RawClient) { self.client = Mutex(client) }

  func use<Value: Sendable>(_ body: (RawClient) throws -> Value) rethrows -> Value {
    try client.withLock { try body($0) }
  }
}
