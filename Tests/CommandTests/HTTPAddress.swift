import Cluster
import Foundation
import Testbed

/// Where a running program serves.
struct HTTPAddress: Sendable {
  let port: UInt16

  struct Unreadable: Error { let text: String }

  /// Reads `http://127.0.0.1:PORT`.
  init(url: String) throws {
    guard let port = URL(string: url)?.port.flatMap(UInt16.init(exactly:)) else { throw Unreadable(text: url) }
    self.port = port
  }

  init(port: UInt16) { self.port = port }

  /// Sends one request on a connection of its own and reads the answer.
  func send(_ method: String, _ target: String, token: String? = nil, key: String? = nil, body: String? = nil)
    async throws -> RawClient.Answer
  {
    let text = Self.request(method, target, token: token, key: key, body: body)
    return try await onOwnThread { [port] in
      let client = try RawClient(port: port)
      client.send(text)
      return try client.readAnswer()
    }
  }

  /// The bytes of a request. `expects` leaves the body for later, when 100 has come.
  static func request(
    _ method: String, _ target: String, token: String?, key: String? = nil, body: String?, expects: Bool = false
  ) -> String {
    var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
    if let token { text += "Authorization: Bearer \(token)\r\n" }
    if let key { text += "Idempotency-Key: \(key)\r\n" }
    if let body { text += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
    if expects { text += "Expect: 100-continue\r\n" }
    return text + "\r\n" + (expects ? "" : body ?? "")
  }
}
