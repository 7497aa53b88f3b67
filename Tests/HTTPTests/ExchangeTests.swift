import Dispatch
import HTTP
import Synchronization
import Testbed
import Testing

@Suite struct ExchangeTests {
  @Test("a request reaches its handler with path, query, parameters and body")
  func request() async throws {
    try await withServer { server in
      let answer = try await ask(server, "DELETE /things/a%2Fb?x=1&y=a+b%26&z", body: "body")
      #expect(answer.status == 200)
      #expect(answer.body == "DELETE /things/a%2Fb [x=1,y=a b&,z=] [id=a/b] body")
      #expect(answer["Content-Type"] == "text/plain")
    }
  }

  @Test("headers are found without regard to case and kept in order")
  func headers() async throws {
    let seen = Signal<HeaderFields>()
    var router = Router()
    router.add("GET", "/") { request, responder in
      seen.send(request.headers)
      responder.send(Response(status: 204))
    }
    try await withServer(router) { server in
      let answer = try await ask(server, "GET /", headers: "X-Two:  b c \t\r\nx-one: 1\r\nX-ONE: 2\r\n")
      #expect(answer.status == 204)
      let headers = try await seen.next()
      #expect(headers["x-two"] == "b c")
      #expect(headers["X-One"] == "1")
      #expect(headers.values(of: "X-One") == ["1", "2"])
      #expect(headers["X-Three"] == nil)
      #expect(headers.all.map(\.name) == ["Host", "Connection", "X-Two", "x-one", "X-ONE"])
    }
  }

  @Test("a connection is kept alive and answers request after request")
  func keepAlive() async throws {
    try await withServer { server in
      let port = server.port
      let bodies = try await onThread {
        let client = try RawClient(port: port)
        return try (0..<50).map { number in
          client.send("GET /things/\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
          return try client.readAnswer().body
        }
      }
      #expect(bodies == (0..<50).map { "GET /things/\($0) [] [id=\($0)] " })
    }
  }

  @Test("pipelined requests are answered in their order")
  func pipelining() async throws {
    try await withServer { server in
      let requests = (0..<20).map { number in
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\(10 + number)"
      }
      let port = server.port
      let bodies = try await onThread {
        let client = try RawClient(port: port)
        client.send(requests.joined())
        return try (0..<20).map { _ in try client.readAnswer().body }
      }
      #expect(bodies == (0..<20).map { "POST / [] [] \(10 + $0)" })
    }
  }

  @Test("a chunked body arrives whole, whatever its pieces")
  func chunked() async throws {
    try await withServer { server in
      let port = server.port
      let body = try await onThread {
        let client = try RawClient(port: port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n")
        for piece in ["4\r\nWiki\r\n", "5;x=y\r\npedia\r\nA", "\r\n0123456789\r\n", "0\r\nX-Trailer: a\r\n\r\n"] {
          client.send(piece)
        }
        return try client.readAnswer().body
      }
      #expect(body == "POST / [] [] Wikipedia0123456789")
    }
  }

  @Test(
    "malformed chunks close the connection and reach no handler", arguments: ["x\r\n", "0x5\r\nabcde\r\n", "-1\r\n"])
  func malformedChunk(_ chunk: String) async throws {
    let answer = try await withServer {
      try await talk(to: $0, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)")
    }
    #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
  }

  @Test("a body in many packets arrives whole, and so does a long response")
  func longBody() async throws {
    let text = String(repeating: "0123456789", count: 90_000)
    let answer = try await withServer { try await ask($0, "POST /", body: text) }
    #expect(answer.body == "POST / [] [] \(text)")
  }

  @Test("a declared body over the route's limit is refused with 413 before it is sent")
  func declaredTooLong() async throws {
    let answer = try await withServer {
      try await talk(to: $0, "POST /small HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n")
    }
    #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer)")
    #expect(answer.contains("Connection: close"))
  }

  @Test("a client that sends a body over the limit all the same can read the 413")
  func tooLongAndSent() async throws {
    try await withServer { server in
      let port = server.port
      let answer = try await onThread {
        let client = try RawClient(port: port)
        client.send("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        client.send([UInt8](repeating: 97, count: 1_000_000))
        return try client.readToEnd()
      }
      #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer)")
    }
  }

  @Test("a chunked body is refused with 413 as soon as it is over the limit")
  func chunkedTooLong() async throws {
    // There is no end to this body: the answer must come without one.
    let chunk = "32\r\n\(String(repeating: "a", count: 50))\r\n"
    let answer = try await withServer {
      try await talk(
        to: $0, "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)\(chunk)\(chunk)")
    }
    #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer)")
    #expect(answer.contains("X-Request-Id: "))
  }

  @Test("a body exactly as long as the limit passes")
  func exactlyTheLimit() async throws {
    let text = String(repeating: "a", count: 100)
    let answer = try await withServer { try await ask($0, "POST /small", body: text) }
    #expect(answer.body == "POST /small [] [] \(text)")
  }

  @Test("a client that expects 100 Continue gets it, and then its answer")
  func expectContinue() async throws {
    try await withServer { server in
      let port = server.port
      let answers = try await onThread {
        let client = try RawClient(port: port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        let first = try client.readAnswer()
        client.send("ab")
        return [first, try client.readAnswer()]
      }
      #expect(answers.map(\.status) == [100, 200])
      #expect(answers.last?.body == "POST / [] [] ab")
    }
  }

  @Test("HEAD is answered like GET, without the body")
  func head() async throws {
    try await withServer { server in
      let head = try await talk(to: server, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(head.hasPrefix("HTTP/1.1 200 "))
      #expect(head.contains("Content-Length: 13\r\n"))
      #expect(head.hasSuffix("\r\n\r\n"))
    }
  }

  @Test("an unknown path is 404, a known one with another method 405 with Allow, and both keep the connection")
  func noRoute() async throws {
    try await withServer { server in
      let port = server.port
      let answers = try await onThread {
        let client = try RawClient(port: port)
        let lines = [
          "GET /nothing", "POST /things/1", "PUT /", "GET /things/", "DELETE /things/all", "GET /things/all",
        ]
        return try lines.map { line in
          client.send("\(line) HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
          return try client.readAnswer()
        }
      }
      #expect(answers.map(\.status) == [404, 405, 405, 404, 200, 200])
      #expect(answers[1]["Allow"] == "DELETE, GET, HEAD")
      #expect(answers[2]["Allow"] == "GET, HEAD, POST")
      #expect(answers[4].body.hasPrefix("DELETE /things/all [] [id=all]"))
      #expect(answers[5].body.hasPrefix("GET /things/all [] []"))
    }
  }

  @Test("a route for any method takes every method", arguments: ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
  func anyMethod(_ method: String) async throws {
    let answer = try await withServer { try await ask($0, "\(method) /any/x") }
    #expect(answer.body == "\(method) /any/x [] [name=x] ")
  }

  @Test("a sane request id is kept, any other replaced by a unique one")
  func requestId() async throws {
    try await withServer { server in
      let kept = try await ask(server, "GET /", headers: "X-Request-Id: aB9._-\r\n")
      #expect(kept["X-Request-Id"] == "aB9._-")
      var ids: Set<String> = []
      for insane in ["a b", "a\"b", "", String(repeating: "a", count: 129)] {
        let answer = try await ask(server, "GET /", headers: "X-Request-Id: \(insane)\r\n")
        let id = try #require(answer["X-Request-Id"])
        #expect(id != insane && !id.isEmpty)
        ids.insert(id)
      }
      #expect(ids.count == 4)
    }
  }

  @Test("a response header that could break the response is dropped")
  func responseHeaders() async throws {
    var router = Router()
    router.add("GET", "/") { _, responder in
      responder.send(
        Response(
          status: 200,
          headers: [
            ("X-Good", "1"), ("X-Split", "a\r\nX-Evil: b"), ("X-Nul", "a\0b"), ("X Bad", "c"), ("Content-Length", "99"),
            ("Transfer-Encoding", "chunked"), ("X-Request-Id", "mine"), ("X-Good", "2"),
          ], body: Array("ok".utf8)))
    }
    try await withServer(router) { server in
      let answer = try await ask(server, "GET /")
      #expect(answer.headers.filter { $0.name == "X-Good" }.map(\.value) == ["1", "2"])
      #expect(answer.body == "ok")
      let names = Set(answer.headers.map(\.name))
      #expect(names == ["Date", "Connection", "X-Good", "Content-Length", "X-Request-Id"])
      #expect(answer["X-Request-Id"] != "mine")
    }
  }

  @Test("fixed headers come before a response's own, and under the same rules")
  func fixedHeaders() async throws {
    let fixed = FixedHeaders([
      ("X-First", "1"), ("X-Split", "a\r\nX-Evil: b"), ("Date", "never"), ("X-Second", "two words"),
    ])
    var router = Router()
    router.add("GET", "/") { _, responder in
      responder.send(Response(status: 200, fixedHeaders: fixed, headers: [("X-Own", "3")]))
    }
    try await withServer(router) { server in
      let answer = try await ask(server, "GET /")
      #expect(answer.headers.filter { $0.name.hasPrefix("X-") }.map(\.value).dropLast() == ["1", "two words", "3"])
      #expect(answer["Date"] != "never")
    }
  }

  @Test("of routes whose paths are as long as each other each answers its own, in its own method and case")
  func routesOfEqualLength() async throws {
    var router = Router()
    for (method, path) in [("GET", "/abc"), ("POST", "/abc"), ("GET", "/abd"), ("GET", "/{any}")] {
      router.add(method, path) { _, responder in
        responder.send(Response(status: 200, body: Array("\(method) \(path)".utf8)))
      }
    }
    try await withServer(router) { server in
      for (asked, answering) in [
        ("GET /abc", "GET /abc"), ("POST /abc", "POST /abc"), ("GET /abd", "GET /abd"), ("GET /abe", "GET /{any}"),
        ("GET /ABC", "GET /{any}"), ("GET /%61bc", "GET /{any}"), ("GET /abc?x", "GET /abc"),
      ] {
        let answer = try await ask(server, asked)
        #expect(answer.body == answering)
      }
      let (ofNoMethod, nowhere) = (try await ask(server, "PUT /abc"), try await ask(server, "GET /abc/"))
      #expect(ofNoMethod.status == 405)
      #expect(nowhere.status == 404)
    }
  }

  @Test("IPv6 is served, and the peer's address is numeric")
  func version6() async throws {
    let address = Signal<String>()
    var router = Router()
    router.add("GET", "/") { request, responder in
      address.send(request.remoteAddress)
      responder.send(Response(status: 204))
    }
    try await withServer(router) {
      $0.host = "::1"
    } _: { server in
      let port = server.port
      let status = try await onThread {
        let client = try RawClient(port: port, version6: true)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return try client.readAnswer().status
      }
      #expect(status == 204)
      #expect(try await address.next() == "::1")
    }
  }

  @Test("a port in use and a host that is no address are errors")
  func cannotListen() async throws {
    try await withServer { server in
      let second = try Server(ServerConfiguration(port: server.port), router: Router())
      #expect(throws: ServerError.self) { try second.start() }
      let named = try Server(ServerConfiguration(host: "localhost", port: 0), router: Router())
      #expect(throws: ServerError.configuration("localhost is no numeric address")) { try named.start() }
      #expect(throws: ServerError.alreadyStarted) { try server.start() }
    }
  }

  @Test("every finished request is observed once, refusals included")
  func observation() async throws {
    let lines = Signal<FinishedRequest>()
    try await withServer {
      $0.observe = { lines.send($0) }
    } _: { server in
      _ = try await ask(server, "GET /things/1?q=2", headers: "X-Request-Id: first\r\n")
      let first = try await lines.next()
      #expect((first.id, first.method, first.path, first.status) == ("first", "GET", "/things/1", 200))
      #expect(first.remoteAddress == "127.0.0.1")
      #expect(first.durationMicroseconds >= 0)
      _ = try await ask(server, "PUT /")
      let second = try await lines.next()
      #expect((second.method, second.path, second.status) == ("PUT", "/", 405))
      _ = try await talk(to: server, "GET * HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await lines.next().status == 400)
      _ = try await talk(to: server, "GET / HTTP/1.1\r\nno colon\r\n\r\n")
      #expect(try await lines.next().status == 400)
    }
  }
}
