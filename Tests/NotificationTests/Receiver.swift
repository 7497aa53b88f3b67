import Foundation
import Glibc
import HTTP
import Locking
import Testbed

/// A receiver of webhooks behind real https.
final class Receiver: Sendable {
  struct Received: Sendable {
    let path: String
    let headers: [String: String]
    let body: [UInt8]

    var id: String { headers["webhook-id"] ?? "" }
    var type: String? { text.firstMatch(of: /"type":"([a-z._]+)"/).map { String($0.output.1) } }
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  /// Decides by the path and how many came there before; nil keeps who asks waiting.
  typealias Behaviour = @Sendable (_ path: String, _ earlier: Int) -> Response?

  private final class Kept: Sendable {
    let received = Mutex<[Received]>([])
    let waiting = Mutex<[Responder]>([])
  }

  static let certificate = Result { try TestCertificate() }
  let port: UInt16
  private let server: HTTPSServer
  private let kept: Kept

  /// Blocks until it accepts connections.
  init(
    port: UInt16? = nil, paths: [String] = ["/hook"],
    _ behaviour: @escaping Behaviour = { _, _ in Response(status: 204) }
  ) throws {
    let kept = Kept()
    self.kept = kept
    server = try HTTPSServer(Self.certificate.get(), port: port, paths: paths) { request, responder in
      let fields = request.headers.all.map { ($0.name.lowercased(), $0.value) }
      let received = Received(
        path: request.path, headers: Dictionary(fields) { first, _ in first }, body: request.body)
      let earlier = kept.received.withLock { all in
        all.append(received)
        return all.filter { $0.path == received.path }.count - 1
      }
      guard let response = behaviour(request.path, earlier) else {
        return kept.waiting.withLock { $0.append(responder) }
      }
      responder.send(response)
    }
    self.port = server.port
  }

  func url(_ path: String = "/hook") -> String { "https://127.0.0.1:\(port)\(path)" }

  func received(at path: String = "/hook") -> [Received] {
    kept.received.withLock { $0.filter { $0.path == path } }
  }

  /// Blocks.
  func stop() {
    for responder in kept.waiting.withLock({ $0 }) { responder.send(Response(status: 503)) }
    server.stop()
  }
}

/// Blocks until the condition holds, or for twenty seconds; tells which.
func comesTrue(_ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = ContinuousClock.now + .seconds(20)
  while ContinuousClock.now < deadline {
    if try condition() { return true }
    poll(nil, 0, 10)
  }
  return false
}
