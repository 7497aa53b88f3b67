import Foundation
import HTTP
import Testbed
import Testing

/// A request the server must refuse, closing the connection.
struct BadRequest: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var status: Int
  var bytes: [UInt8]

  init(_ name: String, _ status: Int, _ text: String) {
    testDescription = name
    self.status = status
    bytes = Array(text.utf8)
  }

  /// A GET whose header section is the text after Host.
  static func fields(_ name: String, _ status: Int, _ fields: String) -> BadRequest {
    BadRequest(name, status, "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n")
  }

  /// A GET of a target.
  static func target(_ name: String, _ status: Int, _ target: String) -> BadRequest {
    BadRequest(name, status, "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
  }

  static let framing: [BadRequest] = [
    .fields("a second Content-Length", 400, "Content-Length: 5\r\nContent-Length: 5"),
    .fields("Content-Length with Transfer-Encoding", 400, "Content-Length: 5\r\nTransfer-Encoding: chunked"),
    .fields("Transfer-Encoding with Content-Length", 400, "Transfer-Encoding: chunked\r\nContent-Length: 5"),
    .fields("a second Transfer-Encoding", 400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    .fields("another transfer coding", 501, "Transfer-Encoding: gzip"),
    .fields("a list of transfer codings", 501, "Transfer-Encoding: gzip, chunked"),
    .fields("the coding identity", 501, "Transfer-Encoding: identity"),
    .fields("chunked with a trailing blank", 501, "Transfer-Encoding: chunked "),
    BadRequest("Transfer-Encoding on HTTP/1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    .fields("a signed Content-Length", 400, "Content-Length: +5"),
    .fields("a negative Content-Length", 400, "Content-Length: -5"),
    .fields("a hexadecimal Content-Length", 400, "Content-Length: 0x10"),
    .fields("an empty Content-Length", 400, "Content-Length: "),
    .fields("a list as Content-Length", 400, "Content-Length: 5, 5"),
    .fields("a fraction as Content-Length", 400, "Content-Length: 5.0"),
    .fields("a Content-Length beyond 64 bits", 413, "Content-Length: 99999999999999999999999"),
    .fields("a Content-Length beyond the limit", 413, "Content-Length: 18446744073709551615"),
  ]

  static let fields: [BadRequest] = [
    .fields("a blank before the colon", 400, "Content-Length : 5"),
    .fields("a tab before the colon", 400, "X-A\t: 5"),
    .fields("an empty header name", 400, ": 5"),
    .fields("a header name that is no token", 400, "X(A): 5"),
    .fields("a header name beyond ASCII", 400, "X-Ä: 5"),
    .fields("a line without a colon", 400, "X-A"),
    .fields("a control character in a value", 400, "X-A: a\u{1}b"),
    .fields("a delete character in a value", 400, "X-A: a\u{7F}b"),
    .fields("a lone carriage return in a value", 400, "X-A: a\rb"),
    .fields("a NUL in a value", 400, "X-A: a\0b"),
    .fields("a NUL in a header name", 400, "X-A\0B: a"),
    .fields("a NUL that hides a field's rest", 400, "Content-Length: 0\0Content-Length: 5"),
    .fields("a NUL in the place of a carriage return", 400, "X-A: a\0\nX-B: c"),
    .fields("a colon and a bare line feed", 400, ":\nX-A: b"),
    .fields("a colon and a bare carriage return", 400, ":\rX-A: b"),
    .fields("a colon alone on a line", 400, ":\r\nX-A: b"),
    BadRequest("a colon and a line feed right behind the request line", 400, "GET / HTTP/1.0\r\n:\n"),
    .fields("a folded line", 400, "X-A: b\r\n c"),
    .fields("a folded line that would lengthen the name before", 400, "Content: 5\r\n -Length"),
    .fields("a folded line after a tab", 400, "X-A: b\r\n\tc: d"),
    BadRequest("a folded line right after the request line", 400, "GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n"),
    BadRequest("a bare line feed after the request line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"),
    .fields("a bare line feed after a field", 400, "X-A: b\nX-B: c"),
    BadRequest("a bare line feed at the end", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
    BadRequest("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
    .fields("a second Host", 400, "Host: a"),
    .fields("65 fields", 431, (0..<64).map { "X-\($0): a" }.joined(separator: "\r\n")),
    .fields("a header block of more than 16 KiB", 431, "X-A: " + String(repeating: "a", count: 17_000)),
    .fields("a header block of more than any buffer", 431, "X-A: " + String(repeating: "a", count: 200_000)),
    .fields("thousands of cookies", 431, "Cookie: " + String(repeating: "a;", count: 4_000)),
    .fields("another expectation", 417, "Expect: 200-ok"),
    .fields("a content coding", 415, "Content-Encoding: gzip"),
    .fields("the content coding identity", 415, "Content-Encoding: identity"),
    .fields("a second Authorization", 400, "Authorization: a\r\nauthorization: b"),
    .fields("a second Idempotency-Key", 400, "Idempotency-Key: a\r\nIDEMPOTENCY-KEY: a"),
    .fields("a second Content-Type", 400, "Content-Type: a/b\r\nContent-Type: a/b"),
  ]

  static let lines: [BadRequest] = [
    BadRequest("an unknown method", 501, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadRequest("TRACE", 501, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadRequest("CONNECT", 501, "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadRequest("a method in lower case", 501, "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadRequest("a method that is no token", 400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadRequest("a NUL in the method", 400, "GET\0X / HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadRequest("two blanks after the method", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadRequest("HTTP/1.2", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    BadRequest("HTTP/2.0", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    BadRequest("HTTP/0.9", 505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
    BadRequest("a malformed version", 400, "GET / HTTP/1.1x\r\nHost: a\r\n\r\n"),
    .target("an absolute target", 400, "http://a/"),
    .target("an asterisk as target", 400, "*"),
    .target("an authority as target", 400, "a:80"),
    .target("a target without a slash", 400, "things"),
    .target("a blank in the target", 400, "/a b"),
    .target("a tab in the target", 400, "/a\tb"),
    .target("a control character in the target", 400, "/a\u{1}"),
    .target("a NUL in the target", 400, "/\0a"),
    .target("a NUL in the query", 400, "/?a\0b"),
    .target("a byte beyond ASCII in the target", 400, "/ä"),
    .target("a fragment", 400, "/#a"),
    .target("a target of more than 8 KiB", 414, "/" + String(repeating: "a", count: 9_000)),
    .target("a target of more than any buffer", 414, "/" + String(repeating: "a", count: 200_000)),
    .target("broken percent-encoding in the query", 400, "/?a=%zz"),
    .target("unfinished percent-encoding in the query", 400, "/?a=%4"),
    .target("a query that is no UTF-8", 400, "/?a=%ff"),
    .target("an encoded NUL in the query", 400, "/?a=%00"),
    .target("broken percent-encoding in a parameter", 400, "/things/%4"),
    .target("a parameter that is no UTF-8", 400, "/things/%c3%28"),
  ]
}

@Suite struct GateTests {
  @Test(
    "a malformed request is refused and its connection closed",
    arguments: BadRequest.framing + BadRequest.fields + BadRequest.lines)
  func refusal(_ request: BadRequest) async throws {
    let wasHandled = Signal<String>()
    var router = Router()
    let handler: Handler = { request, responder in
      wasHandled.send(request.path)
      responder.send(Response(status: 299))
    }
    router.add("*", "/", handler: handler)
    router.add("*", "/smuggled", handler: handler)
    router.add("*", "/things/{id}", handler: handler)
    let smuggled = Array("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    let answer = try await withServer(router) { try await talk(to: $0, request.bytes + smuggled) }
    #expect(answer.hasPrefix("HTTP/1.1 \(request.status) "), "\(answer)")
    // Exactly one response: what followed on the connection was not taken for a request.
    #expect(answer.count(of: "HTTP/1.1 ") == 1, "\(answer)")
    #expect(!answer.contains("HTTP/1.1 299"))
  }

  @Test("a refusal by the gate has a request id and says that the connection closes")
  func refusalHeaders() async throws {
    let answer = try await withServer { try await talk(to: $0, "GET / HTTP/1.1\r\nX-Request-Id: abc\r\n\r\n") }
    #expect(answer.contains("X-Request-Id: "))
    #expect(answer.contains("Connection: close"))
    #expect(answer.contains("Host must be there exactly once."))
  }

  @Test("a Content-Length that the library refuses is still refused in our form, to the right one of many clients")
  func refusedByLibrary() async throws {
    try await withServer { server in
      let port = server.port
      let answers = try await onThread {
        let clients = try (0..<10).map { _ in try RawClient(port: port) }
        for client in clients { client.send("GET / HTTP/1.1\r\nHost: a\r\n") }
        // An answer shows that the server has read what came before it.
        let other = try RawClient(port: port)
        other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try other.readAnswer()
        for client in clients[..<5] { client.send("Content-Length: x\r\n\r\n") }
        let refused = try clients[..<5].map { try $0.readToEnd() }
        for client in clients[5...] { client.send("Connection: close\r\n\r\n") }
        return refused + (try clients[5...].map { try $0.readToEnd() })
      }
      #expect(answers[..<5].count { $0.hasPrefix("HTTP/1.1 400 ") && $0.contains("X-Request-Id: ") } == 5)
      #expect(answers[..<5].count { $0.hasSuffix("Content-Length is malformed.") } == 5)
      #expect(answers[5...].count { $0.hasPrefix("HTTP/1.1 200 ") } == 5)
    }
  }

  @Test("a line that would end the header block unseen is refused although it comes byte by byte")
  func endUnseenInPieces() async throws {
    let answer = try await withServer { server in
      let port = server.port
      return try await onThread {
        let client = try RawClient(port: port)
        for byte in "GET / HTTP/1.1\r\nHost: a\r\n:\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".utf8 {
          client.send([byte])
        }
        return try client.readToEnd()
      }
    }
    #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
    #expect(answer.count(of: "HTTP/1.1 ") == 1, "\(answer)")
  }

  @Test("a request behind another that would end its header block unseen is not read")
  func endUnseenBehindAnother() async throws {
    let first = "GET /things/1 HTTP/1.1\r\nHost: a\r\n\r\n"
    let answer = try await withServer {
      try await talk(to: $0, Array("\(first)GET /things/2 HTTP/1.1\r\nHost: a\r\n:\n\(first)".utf8))
    }
    #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
    #expect(answer.contains("Connection: close"))
    #expect(answer.count(of: "HTTP/1.1 ") == 1, "\(answer)")
  }

  @Test("a body with a colon alone on a line is taken, and its connection is closed")
  func colonInBody() async throws {
    let answer = try await withServer {
      try await talk(to: $0, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\n:\n1")
    }
    #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
    #expect(answer.contains("Connection: close"))
    #expect(answer.hasSuffix("\n:\n1"))
  }

  @Test("HTTP/1.0 needs no Host and is answered")
  func version10() async throws {
    let answer = try await withServer { try await talk(to: $0, "GET / HTTP/1.0\r\n\r\n") }
    #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
  }

  @Test("64 fields, empty values, blanks around values and unusual tokens pass")
  func unusualButRight() async throws {
    let fields = (0..<59).map { "X-\($0): a" }.joined(separator: "\r\n")
    let answer = try await withServer {
      try await talk(
        to: $0,
        "GET / HTTP/1.1\r\nHost:a\r\nConnection: close\r\nX-Empty:\r\nX-Blank: \t \r\n!#$%&'*+-.^_`|~: \t b \t\r\n"
          + "\(fields)\r\n\r\n")
    }
    #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
  }

  @Test("a query of thousands of empty parameters does not exhaust the connection's memory")
  func manyParameters() async throws {
    let query = String(repeating: "a&", count: 3_500)
    let answer = try await withServer { try await ask($0, "GET /?\(query)") }
    #expect(answer.status == 200)
    #expect(answer.body.count(of: "a=") == 3500)
  }
}
