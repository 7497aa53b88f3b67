import Network

/// One request and what became of it, from its request line to its last byte sent.
///
/// The library holds one reference as its context for the request, released in its completion callback; responders
/// and queued answers hold others, so that an answer that comes too late finds an exchange that is finished, not freed
/// memory.
///
/// Unchecked because every stored property is read and written on the event loop's thread only. Other threads do no
/// more than carry the reference, and ask whether the client is there; `isInsideHandler` and `immediateAnswer` are touched by `AnswerQueue` after it has
/// made sure that it runs on that thread.
final class Exchange: @unchecked Sendable {
  enum Stage {
    /// The request line has arrived.
    case headers
    /// A response was queued before the body was read; the connection closes after it.
    case refused
    /// The header block has passed the gate.
    case body
    /// The handler has the request; the connection will be suspended, or is.
    case waiting
    /// A response was queued.
    case answered
    /// The library has let go of the request.
    case finished
  }

  let connection: ConnectionState
  /// The request target as it was sent, until the header block was looked at, and where its bytes were.
  var target: [UInt8]
  let targetAddress: UInt

  var stage = Stage.headers
  var isSuspended = false
  var isInsideHandler = false
  var immediateAnswer: Answer?

  /// Set with the gate passed, and counted as in flight until finished.
  var isCounted = false
  var id = ""
  var method = "-"
  var path = "-"
  /// The pattern of its route, once there is one.
  var route: String?
  var trace: TraceContext?
  var query: [QueryParameter] = []
  var headers = HeaderFields()
  /// The client, where the peer is a trusted proxy and told of another.
  var forwardedFor: NetworkAddress?
  /// What the answer has to say to browsers.
  var crossOrigin: FixedHeaders?
  var body: [UInt8] = []
  /// Set when the body's end is where its chunks say, which the library reads leniently.
  var isChunked = false
  /// Received of the body, and counted by the event loop until finished.
  var countedBodyBytes = 0
  var destination: Destination?
  var startedAt = Instant(nanoseconds: 0)
  /// Of the response, 0 as long as there is none.
  var status = 0

  /// What happens once the body is there.
  enum Destination {
    case route(Router.Route, parameters: [String: String])
    case refusal(Refusal)
    /// A browser's question whether it may send a request.
    case preflight(Response)

    var bodyLimitBytes: Int {
      switch self {
      case .route(let route, _): route.bodyLimitBytes
      case .refusal, .preflight: 65_536
      }
    }
  }

  /// The client's address in numbers, without the port.
  var remoteAddress: String { forwardedFor?.description ?? connection.remoteAddress }

  init(connection: ConnectionState, target: [UInt8], targetAddress: UInt) {
    self.connection = connection
    self.target = target
    self.targetAddress = targetAddress
  }
}
