/// A request that is over, for access logs and metrics.
public struct FinishedRequest: Sendable {
  public let id: String
  /// `-` when the request was refused before its method was read.
  public let method: String
  /// As it was sent, without the query, or `-`.
  public let path: String
  /// The pattern of its route, of which there are few; nil where no route took it.
  public let route: String?
  public let status: Int
  /// From the end of the header block to the last byte handed to the kernel.
  public let durationMicroseconds: Int64
  /// Of the client: where the peer is a trusted proxy, of the one that it speaks for.
  public let remoteAddress: String
  /// The trace that it belongs to, if it says so.
  public let trace: TraceContext?
}

/// Where a server listens and what it puts up with. Every limit is enforced by the server itself.
public struct ServerConfiguration: Sendable {
  /// A numeric IPv4 or IPv6 address.
  public var host: String
  /// 0 takes any free port.
  public var port: UInt16
  /// Beyond this, connections wait in the kernel's backlog. From seven eighths of it on, connections that have been idle
  /// for a second are closed.
  public var maximumConnections = 12_000
  /// Beyond this, a new connection of that address is closed at once; nil is no limit. The addresses that share the
  /// first 64 bits in IPv6 are one. Trusted proxies have no limit.
  public var maximumConnectionsPerAddress: Int?
  /// File descriptors that are left to the rest of the process: there are never so many connections that it has fewer.
  public var descriptorsForOthers = 128
  /// Whose `X-Forwarded-For` is believed.
  public var trustedProxies = TrustedProxies()
  /// Pages of which origins may read answers; nil: of none, and nothing is said about it.
  public var crossOrigin: CrossOrigin?
  /// Request line and header fields together, with all line ends.
  public var headerBlockLimitBytes = 16_384
  public var headerCountLimit = 64
  /// What has been received of all bodies whose requests are not answered yet. Beyond it, a body is refused.
  public var maximumBodyBytes = 134_217_728
  /// From a request's first byte to the end of its header block, and on top of `bodyBytesPerSecondMinimum` for its
  /// body.
  public var headerTimeoutSeconds: Double = 10
  /// A body that comes slower than this, averaged, is refused.
  public var bodyBytesPerSecondMinimum = 1_024
  /// For the whole of a response.
  public var writeTimeoutSeconds: Double = 10
  /// Without a request under way.
  public var idleTimeoutSeconds: Double = 60
  /// The last of these is answered with `Connection: close`.
  public var requestsPerConnectionLimit = 1_000
  /// How long an answer is kept back that `Response.isHeld`; up to four times as long when there are many of them.
  public var heldAnswerSeconds: Double = 0.25
  /// Gives a refusal its body and headers; called on the event loop's thread, so it must not block.
  /// The status of what it returns is replaced by the refusal's, and `Allow` is added where it belongs.
  public var refusalResponse: @Sendable (_ refusal: Refusal, _ requestId: String) -> Response = { refusal, _ in
    Response(
      status: refusal.status, headers: [("Content-Type", "text/plain; charset=utf-8")],
      body: Array(refusal.reason.utf8))
  }
  /// Called once a finished request, on the event loop's thread, so it must not block. nil: nobody wants to know.
  public var observe: (@Sendable (FinishedRequest) -> Void)?

  public init(host: String = "127.0.0.1", port: UInt16 = 8080) {
    self.host = host
    self.port = port
  }
}
