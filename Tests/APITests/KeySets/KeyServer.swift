import API
import HTTP
import Locking
import Testbed

/// An identity provider's key set, behind real https.
final class KeyServer: Sendable {
  enum Behaviour: Sendable {
    case answer(Response)
    /// Requests are kept waiting until `release`.
    case silence
  }

  private final class Kept: Sendable {
    struct State {
      var behaviour: Behaviour
      var askedCount = 0
      var waiting: [Responder] = []
    }
    let state: Mutex<State>

    init(_ behaviour: Behaviour) { state = Mutex(State(behaviour: behaviour)) }

    func receive(_ responder: Responder) {
      let response = state.withLock { state -> Response? in
        state.askedCount += 1
        if case .answer(let response) = state.behaviour { return response }
        state.waiting.append(responder)
        return nil
      }
      if let response { responder.send(response) }
    }
  }

  /// One for all: making it takes long.
  static let certificate = Result { try TestCertificate() }

  private let server: HTTPSServer
  private let kept: Kept

  /// Blocks until it accepts connections.
  init(_ behaviour: Behaviour, port: UInt16? = nil) throws {
    let kept = Kept(behaviour)
    self.kept = kept
    server = try HTTPSServer(Self.certificate.get(), port: port) { _, responder in kept.receive(responder) }
  }

  convenience init(keys: [String]) throws { try self.init(.answer(Self.set(keys))) }

  /// An answer with these keys.
  static func set(_ keys: [String], headers: [(String, String)] = []) -> Response {
    let fields = [("Content-Type", "application/json")] + headers
    return Response(status: 200, headers: fields, body: Array(text(keys).utf8))
  }

  static func text(_ keys: [String]) -> String { "{\"keys\":[\(keys.joined(separator: ","))]}" }

  /// Where it is, for somebody who trusts its authority, or another one.
  func origin(trusting other: TestCertificate? = nil) throws -> KeyOrigin {
    try Self.origin(port: server.port, trusting: other)
  }

  static func origin(port: UInt16, trusting other: TestCertificate? = nil) throws -> KeyOrigin {
    .url("https://127.0.0.1:\(port)/keys", certificateFile: try (other ?? certificate.get()).authorityFile)
  }

  func behave(_ behaviour: Behaviour) { kept.state.withLock { $0.behaviour = behaviour } }

  /// How often it was asked.
  var askedCount: Int { kept.state.withLock { $0.askedCount } }

  /// Answers those who wait.
  func release(_ response: Response) {
    let waiting = kept.state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    for responder in waiting { responder.send(response) }
  }

  /// Ends it. Blocks.
  func stop() {
    release(Response(status: 503))
    server.stop()
  }
}
