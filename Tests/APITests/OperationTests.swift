import JSON
import Schema
import Testbed
import Testing

@Suite("operations, and requests that no route takes")
struct OperationTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  @Test("livez and readyz need no token")
  func healthy() async throws {
    let live = try await server.call("GET", "/livez")
    #expect(live.status == 200)
    #expect(live.body == #"{"status":"ok"}"#)
    let ready = try await server.call("GET", "/readyz")
    #expect(ready.status == 200)
    #expect(ready.body == #"{"status":"ok","schemaVersion":\#(EmbeddedSchema.latestVersion)}"#)
  }

  @Test("HEAD is answered as GET, without the body", arguments: ["/livez", "/readyz", "/openapi.json"])
  func head(path: String) async throws {
    let get = try await server.send("GET", path)
    let head = try await server.send("HEAD", path)
    #expect(head.status == 200)
    #expect(head["Content-Length"] == get["Content-Length"])
    #expect(head["Content-Type"] == get["Content-Type"])
  }

  @Test(
    "an unknown path is 404, with and without a token",
    arguments: [
      "/", "/api", "/api/v1/tokens", "/api/v1/tokens/deduct/", "/API/v1/tokens/deduct", "/api/v1/tokens//deduct",
      "/api/v1/tokens/%64educt", "/api/v1/tokens/../tokens/deduct", "/openapi.yaml",
    ])
  func notFound(path: String) async throws {
    for token in [nil, try server.tokens.service()] {
      let answer = try await server.call("POST", path, token: token, body: "{}")
      #expect(answer.status == 404)
      #expect(try answer.json()["code"]?.string == "not_found")
    }
  }

  @Test(
    "another method is 405, and Allow names those there are",
    arguments: [
      ("GET", Path.checkBalance, "POST"), ("GET", Path.deduct, "POST"), ("PUT", Path.deduct, "POST"),
      ("DELETE", Path.checkBalance, "POST"), ("OPTIONS", Path.deduct, "POST"), ("POST", Path.stats, "GET, HEAD"),
      ("PATCH", Path.balance, "GET, HEAD"), ("POST", "/livez", "GET, HEAD"),
    ])
  func methodNotAllowed(method: String, path: String, allow: String) async throws {
    let answer = try await server.call(method, path)
    #expect(answer.status == 405)
    #expect(answer["Allow"] == allow)
    #expect(try answer.json()["code"]?.string == "method_not_allowed")
  }

  @Test(
    "a request id of the client's comes back, in the header and in problems",
    arguments: ["a", "A-1_b.c", String(repeating: "r", count: 128)])
  func requestID(id: String) async throws {
    let headers = [("X-Request-Id", id)]
    for path in ["/livez", "/nowhere", Path.stats] {
      let answer = try await server.call("GET", path, headers: headers)
      #expect(answer["X-Request-Id"] == id)
      if answer.status != 200 { #expect(try answer.json()["requestId"]?.string == id) }
    }
    #expect(await server.log.first(containing: #""requestId":"\#(id)""#) != nil)
  }

  @Test(
    "a request id that is not sane is replaced",
    arguments: ["", "a b", "a/b", "<a>", "é", String(repeating: "r", count: 129)])
  func replacedID(id: String) async throws {
    let first = try await server.call("GET", Path.stats, headers: [("X-Request-Id", id)])
    let second = try await server.call("GET", Path.stats, headers: [("X-Request-Id", id)])
    let made = try #require(first["X-Request-Id"])
    #expect(made != id)
    #expect(made.wholeMatch(of: /[0-9a-f-]{16,64}/) != nil)
    #expect(try first.json()["requestId"]?.string == made)
    #expect(second["X-Request-Id"] != made)
  }

  @Test("nobody stores answers or guesses their type")
  func headers() async throws {
    for path in ["/livez", Path.stats] {
      let answer = try await server.call("GET", path)
      #expect(answer["Cache-Control"] == "no-store")
      #expect(answer["X-Content-Type-Options"] == "nosniff")
    }
  }
}
