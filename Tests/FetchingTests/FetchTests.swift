import Cluster
import Fetching
import HTTP
import Locking
import Network
import Testbed
import Testing

@Suite("fetching over https")
struct FetchTests {
  /// One for all: making it takes long.
  private static let certificate = Result { try TestCertificate() }

  /// What a server was asked.
  private final class Asked: Sendable {
    let requests = Mutex<[Request]>([])
  }

  /// Lends the address of a server that gives this answer.
  private func with(
    _ response: Response, _ body: @escaping @Sendable (FetchRequest, Asked) throws -> Void
  ) async throws {
    try await onOwnThread {
      let certificate = try Self.certificate.get()
      let asked = Asked()
      let server = try HTTPSServer(certificate) { request, responder in
        asked.requests.withLock { $0.append(request) }
        responder.send(response)
      }
      defer { server.stop() }
      try body(Self.request(server.url), asked)
    }
  }

  private static func request(_ url: String) throws -> FetchRequest {
    var request = FetchRequest(
      url: url, limits: FetchLimits(connectSeconds: 10, totalSeconds: 20, bodyByteCount: 1_000))
    request.certificateFile = try certificate.get().authorityFile
    return request
  }

  @Test("status, fields and body come back as they were sent")
  func answer() async throws {
    let sent = Response(
      status: 418, headers: [("X-One", "  a b "), ("x-two", "2")], body: Array("short and stout".utf8))
    try await with(sent) { request, asked throws in
      let answer = try fetch(request)
      #expect(answer.status == 418)
      #expect(answer.body == Array("short and stout".utf8))
      #expect(answer["x-one"] == "a b")
      #expect(answer["X-TWO"] == "2")
      #expect(answer["X-Three"] == nil)
      let arrived = asked.requests.withLock { $0 }
      #expect(arrived.map(\.method) == ["GET"])
      #expect(arrived[0].headers["user-agent"] == "tollgate")
      #expect(arrived[0].headers["authorization"] == nil)
      #expect(arrived[0].headers["cookie"] == nil)
    }
  }

  @Test(
    "a body arrives with its fields, also an empty one",
    arguments: ["", "{\"a\":1}", String(repeating: "x", count: 9_000)])
  func bodies(body: String) async throws {
    try await with(Response(status: 204)) { request, asked throws in
      var request = request
      request.method = .post
      request.headers = [("Content-Type", "application/json"), ("X-Empty", "")]
      request.body = Array(body.utf8)
      #expect(try fetch(request).status == 204)
      let arrived = try #require(asked.requests.withLock { $0.first })
      #expect(arrived.method == "POST")
      #expect(arrived.body == Array(body.utf8))
      #expect(arrived.headers["content-type"] == "application/json")
      #expect(arrived.headers["expect"] == nil)
      request.method = .put
      request.headers = []
      #expect(try fetch(request).status == 204)
      request.method = .delete
      #expect(try fetch(request).status == 204)
      #expect(asked.requests.withLock { $0.map(\.method) } == ["POST", "PUT", "DELETE"])
      #expect(asked.requests.withLock { $0[1].headers["content-type"] } == nil)
    }
  }

  @Test("a redirect comes back and is not followed")
  func redirect() async throws {
    let elsewhere = Response(status: 302, headers: [("Location", "https://127.0.0.1:1/")])
    try await with(elsewhere) { request, asked throws in
      #expect(try fetch(request).status == 302)
      #expect(asked.requests.withLock { $0.count } == 1)
    }
  }

  @Test("a body as long as granted is read, a longer one is refused", arguments: [1_000, 1_001, 10_000_000])
  func length(byteCount: Int) async throws {
    try await with(Response(status: 200, body: [UInt8](repeating: 0x61, count: byteCount))) { request, _ throws in
      if byteCount == 1_000 {
        #expect(try fetch(request).body.count == 1_000)
      } else {
        #expect(throws: FetchError.tooLong) { try fetch(request) }
      }
    }
  }

  @Test("a server that does not answer is left when the time is over")
  func slow() async throws {
    let kept = Mutex<[Responder]>([])
    try await onOwnThread {
      let server = try HTTPSServer(Self.certificate.get()) { _, responder in kept.withLock { $0.append(responder) } }
      defer { server.stop() }
      var request = try Self.request(server.url)
      request.limits.totalSeconds = 0.2
      let began = ContinuousClock.now
      #expect(throws: FetchError.tooSlow) { try fetch(request) }
      #expect(ContinuousClock.now - began < .seconds(10))
      for responder in kept.withLock({ $0 }) { responder.send(Response(status: 200)) }
    }
  }

  @Test("a certificate of an unknown authority, and one for another name, are not trusted")
  func certificates() async throws {
    let other = try await onOwnThread { try TestCertificate(names: "DNS:elsewhere.example") }
    try await with(Response(status: 200)) { request, asked throws in
      var request = request
      request.certificateFile = other.authorityFile
      #expect(throws: FetchError.untrusted) { try fetch(request) }
      // Without a file the system's are trusted, and this one is none of them.
      request.certificateFile = nil
      #expect(throws: FetchError.untrusted) { try fetch(request) }
      request.certificateFile = other.authorityFile + "-absent"
      #expect(throws: FetchError.untrusted) { try fetch(request) }
      #expect(asked.requests.withLock { $0.count } == 0)
    }
    try await onOwnThread {
      let server = try HTTPSServer(other) { _, responder in responder.send(Response(status: 200)) }
      defer { server.stop() }
      var request = try Self.request(server.url)
      request.certificateFile = other.authorityFile
      #expect(throws: FetchError.untrusted) { try fetch(request) }
    }
  }

  @Test(
    "anything but https, and a URL with a user name, is refused before anybody is asked",
    arguments: [
      "http://127.0.0.1:1/", "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "", "https://",
      "https://user:secret@127.0.0.1/", "https://user@127.0.0.1/", "dict://127.0.0.1/", "://",
      "https://127.0.0.1:99999/",
    ])
  func urls(url: String) async throws {
    try await onOwnThread {
      let request = try Self.request(url)
      #expect(throws: FetchError.invalidRequest) { try fetch(request) }
    }
  }

  @Test("plain http is asked only where the request allows it, and nothing else is with it")
  func plain() async throws {
    try await onOwnThread {
      var router = Router()
      router.add("*", "/keys") { _, responder in responder.send(Response(status: 200, body: Array("plain".utf8))) }
      let server = try Server(ServerConfiguration(port: 0), router: router)
      try server.start()
      defer { server.stop(deadlineSeconds: 5) }
      var request = try Self.request("http://127.0.0.1:\(server.port)/keys")
      #expect(throws: FetchError.invalidRequest) { try fetch(request) }
      request.allowsPlainHTTP = true
      #expect(try fetch(request).body == Array("plain".utf8))
      for url in ["ftp://127.0.0.1/", "file:///etc/passwd", "http://user@127.0.0.1:\(server.port)/keys"] {
        request.url = url
        #expect(throws: FetchError.invalidRequest) { try fetch(request) }
      }
    }
  }

  @Test("a kept connection forgets the request before: its fields, its body and whom it trusted")
  func kept() async throws {
    try await with(Response(status: 200)) { request, asked throws in
      var request = request
      request.connections = KeptConnections(limit: 1)
      request.method = .post
      request.headers = [("Authorization", "Bearer secret"), ("Content-Type", "text/plain")]
      request.body = Array("body".utf8)
      #expect(try fetch(request).status == 200)
      request.method = .get
      request.headers = []
      request.body = []
      #expect(try fetch(request).status == 200)
      let last = try #require(asked.requests.withLock { $0.last })
      #expect(last.method == "GET")
      #expect(last.body == [])
      #expect(last.headers["authorization"] == nil)
      request.certificateFile = nil
      #expect(throws: FetchError.untrusted) { try fetch(request) }
      #expect(asked.requests.withLock { $0.count } == 2)
    }
  }

  @Test(
    "a field with a line break in it is refused",
    arguments: [("X", "a\r\nY: b"), ("X\r\nY", "b"), ("X:Y", "b"), ("", "b")])
  func fields(name: String, value: String) async throws {
    try await with(Response(status: 200)) { request, asked throws in
      var request = request
      request.headers = [(name, value)]
      #expect(throws: FetchError.invalidRequest) { try fetch(request) }
      #expect(asked.requests.withLock { $0.count } == 0)
    }
  }

  @Test("nobody there, and somebody who speaks no TLS, is no connection")
  func nobody() async throws {
    try await onOwnThread {
      let free = try HTTPSServer.freePort()
      #expect(throws: FetchError.notConnected) { try fetch(Self.request("https://127.0.0.1:\(free)/")) }
      let plain = try Server(ServerConfiguration(port: 0), router: Router())
      try plain.start()
      defer { plain.stop(deadlineSeconds: 5) }
      #expect(throws: FetchError.notConnected) { try fetch(Self.request("https://127.0.0.1:\(plain.port)/")) }
      #expect(throws: FetchError.unknownHost) { try fetch(Self.request("https://nowhere.invalid/")) }
    }
  }

  @Test("each address is asked about before it is connected to, and a refused one is not")
  func addresses() async throws {
    try await with(Response(status: 200)) { request, asked throws in
      let seen = Mutex<[NetworkAddress]>([])
      var request = request
      request.mayConnect = { address in
        seen.withLock { $0.append(address) }
        return false
      }
      #expect(throws: FetchError.addressRefused) { try fetch(request) }
      #expect(seen.withLock { $0 } == [NetworkAddress("127.0.0.1")])
      // A name leads to several addresses, and is judged by them.
      request.url = request.url.replacing("127.0.0.1", with: "localhost")
      #expect(throws: FetchError.addressRefused) { try fetch(request) }
      #expect(seen.withLock { $0.allSatisfy(\.isLoopback) })
      #expect(asked.requests.withLock { $0.count } == 0)
      request.mayConnect = { $0 == NetworkAddress("127.0.0.1") }
      #expect(try fetch(request).status == 200)
    }
  }
}
