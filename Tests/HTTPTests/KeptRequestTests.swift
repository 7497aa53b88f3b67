import HTTP
import Locking
import Testbed
import Testing

@Suite("Kept requests")
struct KeptRequestTests {
  @Test("a request that its handler keeps stays as it came, whatever comes after it")
  func kept() async throws {
    let kept = Mutex<[Request]>([])
    var router = Router()
    router.add("POST", "/keep") { request, responder in
      kept.withLock { $0.append(request) }
      responder.send(Response(status: 200))
    }
    router.add("POST", "/pass") { _, responder in responder.send(Response(status: 200)) }
    try await withServer(router) { server in
      let port = server.port
      let status = try await onThread {
        // One client's header block and body come in pieces, with many of another's requests in between.
        let (slow, quick) = (try RawClient(port: port), try RawClient(port: port))
        let characters = Array(Self.text(100))
        for piece in [characters[..<30], characters[30..<70], characters[70...]] {
          slow.send(String(piece))
          for number in 0..<12 {
            quick.send(Self.text(number))
            _ = try quick.readAnswer()
          }
        }
        return try slow.readAnswer().status
      }
      #expect(status == 200)
    }
    let requests = kept.withLock { $0 }
    #expect(requests.count == 3 * 8 + 1)
    for request in requests {
      let number = try #require(request.queryValue("n").flatMap { Int($0) })
      #expect(request.headers.all.map(\.value) == ["h\(number)", "\(number)", "\(Self.body(number).utf8.count)"])
      #expect(request.headers.all.map(\.name) == ["Host", "X-Number", "Content-Length"])
      #expect(request.body == Array(Self.body(number).utf8))
    }
  }

  private static func text(_ number: Int) -> String {
    "POST \(number % 3 == 0 ? "/pass" : "/keep")?n=\(number) HTTP/1.1\r\nHost: h\(number)\r\nX-Number: \(number)\r\n"
      + "Content-Length: \(body(number).utf8.count)\r\n\r\n\(body(number))"
  }

  private static func body(_ number: Int) -> String {
    String(repeating: "\(number % 10)", count: 1 + number * 37 % 500)
  }
}
