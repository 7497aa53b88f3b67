import Testbed
import Testing

@testable import HTTP

@Suite("pages of other origins")
struct CrossOriginTests {
  private static func server<Value: Sendable>(_ body: (Server) async throws -> Value) async throws -> Value {
    let policy = try #require(
      CrossOrigin(
        origins: ["https://app.example.com", "http://localhost:3000"], requestHeaders: ["Authorization"],
        responseHeaders: ["X-Request-Id"]))
    return try await withServer(configure: { $0.crossOrigin = policy }, body)
  }

  @Test("a named origin may read every answer, refusals too, and no other origin any")
  func answers() async throws {
    try await Self.server { server in
      for line in ["GET /", "POST /", "GET /nothing", "PUT /", "GET /?%"] {
        let allowed = try await ask(server, line, headers: "Origin: https://app.example.com\r\n")
        #expect(allowed["Access-Control-Allow-Origin"] == "https://app.example.com")
        #expect(allowed["Access-Control-Allow-Credentials"] == nil)
        for origin in ["https://evil.example", "https://app.example.com.evil.example", "null", "*", ""] {
          let refused = try await ask(server, line, headers: "Origin: \(origin)\r\n")
          #expect(refused["Access-Control-Allow-Origin"] == nil)
          #expect(refused.status == allowed.status)
        }
      }
      #expect(try await ask(server, "GET /", headers: "Origin: http://localhost:3000\r\n")["Vary"] == "Origin")
      #expect(try await ask(server, "GET /")["Vary"] == "Origin")
    }
  }

  @Test("a preflight is answered without a handler, with the methods of the path")
  func preflight() async throws {
    try await Self.server { server in
      let question = "Origin: https://app.example.com\r\nAccess-Control-Request-Method: DELETE\r\n"
      let answer = try await ask(server, "OPTIONS /things/1", headers: question)
      #expect(answer.status == 204)
      #expect(answer.body.isEmpty)
      #expect(answer["Access-Control-Allow-Origin"] == "https://app.example.com")
      #expect(answer["Access-Control-Allow-Methods"] == "DELETE, GET, HEAD")
      #expect(answer["Access-Control-Allow-Headers"] == "Authorization")
      #expect(answer["Access-Control-Max-Age"] == "600")
      #expect(answer["Access-Control-Allow-Credentials"] == nil)
      #expect(answer.headers.filter { $0.name == "Vary" }.map(\.value).joined().contains("Origin"))
    }
  }

  @Test("what is no preflight, or a stranger's, is treated as any other request")
  func noPreflight() async throws {
    try await Self.server { server in
      let method = "Access-Control-Request-Method: GET\r\n"
      for headers in ["Origin: https://app.example.com\r\n", method, "Origin: https://evil.example\r\n\(method)"] {
        let answer = try await ask(server, "OPTIONS /", headers: headers)
        #expect(answer.status == 405)
        #expect(answer["Access-Control-Allow-Methods"] == nil)
      }
      let question = "Origin: https://app.example.com\r\n\(method)"
      #expect(try await ask(server, "OPTIONS /nothing", headers: question).status == 404)
      // A route for any method decides for itself.
      #expect(try await ask(server, "OPTIONS /any/x", headers: question).status == 200)
    }
  }

  @Test("without named origins nothing is said about it")
  func off() async throws {
    try await withServer { server in
      let question = "Origin: https://app.example.com\r\nAccess-Control-Request-Method: GET\r\n"
      let answer = try await ask(server, "OPTIONS /", headers: question)
      #expect(answer.status == 405)
      let names = try await ask(server, "GET /", headers: question).headers.map { $0.name.lowercased() }
      #expect(!names.contains("vary") && !names.contains { $0.hasPrefix("access-control") })
    }
  }

  @Test(
    "an origin is written as browsers send it",
    arguments: [
      "https://app.example.com", "http://localhost:3000", "https://[2001:db8::1]:8443", "https://[::1]",
      "http://192.0.2.1", "https://a-b.example:65535", "http://a:443",
    ])
  func origins(_ text: String) { #expect(CrossOrigin.isOrigin(text)) }

  @Test(
    "anything else is no origin",
    arguments: [
      "", "*", "null", "app.example.com", "https://", "https://*", "https://*.example.com", "https://App.example.com",
      "HTTPS://app.example.com", "https://app.example.com/", "https://app.example.com/a", "https://app.example.com:443",
      "http://app.example.com:80", "https://app.example.com:", "https://app.example.com:0", "https://a:99999",
      "https://a:+1", "https://a:01", "https://user@a", "https://a b", "https://a,https://b", "ftp://a", "https://[::1",
      "https://[1.2.3.4]", "https://a?b", "https://a#b", "https://é.example",
    ])
  func noOrigins(_ text: String) { #expect(!CrossOrigin.isOrigin(text)) }
}
