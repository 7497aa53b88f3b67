import HTTP
import Locking
import Testbed

/// What a guard protects: it answers everything, and keeps what came through.
final class GuardedService: Sendable {
  struct Arrival: Sendable, Equatable {
    let method: String
    let path: String
    let body: String
    let requestID: String
  }

  private let kept: Kept
  private let server: Server

  private final class Kept: Sendable {
    let arrivals = Mutex<[Arrival]>([])
  }

  init() throws {
    let kept = Kept()
    var router = Router()
    router.add("*", "/surprise-me") { request, responder in
      let arrival = Arrival(
        method: request.method, path: request.path, body: String(decoding: request.body, as: UTF8.self),
        requestID: request.id)
      kept.arrivals.withLock { $0.append(arrival) }
      responder.send(Response(status: 200, headers: [("Content-Type", "text/plain")], body: Array("surprise".utf8)))
    }
    self.kept = kept
    server = try Server(ServerConfiguration(port: 0), router: router)
    try server.start()
  }

  var port: UInt16 { server.port }

  /// What came through so far.
  var arrivals: [Arrival] { kept.arrivals.withLock { $0 } }

  /// Blocks until what was accepted is answered.
  func stop() { server.stop(deadlineSeconds: 10) }
}
