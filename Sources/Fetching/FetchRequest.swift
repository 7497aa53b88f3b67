public import Network

/// One request to another server, over https unless plain http is allowed by name.
public struct FetchRequest: Sendable {
  /// What is asked of the other server.
  public enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
  }

  public var method = Method.get
  /// `https://…`, without a user name.
  public var url: String
  /// Lets the URL be `http://…` too: for a server beside this program, and nobody else's.
  public var allowsPlainHTTP = false
  /// Fields besides those that every request has. Names and values without control characters.
  public var headers: [(name: String, value: String)] = []
  /// Sent with POST and PUT.
  public var body: [UInt8] = []
  public var limits: FetchLimits
  /// Where connections stay open for the next request; nil: this one has its own, and closes it.
  public var connections: KeptConnections?
  /// A file with certificates, in PEM, that are trusted instead of the system's.
  public var certificateFile: String?
  /// Asked about each address before it is connected to: what a tenant names must not lead inwards. Nil: all may be.
  /// A connection that stayed open was asked about when it was opened.
  public var mayConnect: (@Sendable (NetworkAddress) -> Bool)?

  public init(url: String, limits: FetchLimits) {
    self.url = url
    self.limits = limits
  }
}

/// What an answer may cost. There is no default: who asks knows.
public struct FetchLimits: Sendable {
  /// For finding the address, connecting and the handshake.
  public var connectSeconds: Double
  /// For everything together.
  public var totalSeconds: Double
  /// The longest body. A longer one is an error, as soon as that is known.
  public var bodyByteCount: Int

  public init(connectSeconds: Double, totalSeconds: Double, bodyByteCount: Int) {
    self.connectSeconds = connectSeconds
    self.totalSeconds = totalSeconds
    self.bodyByteCount = bodyByteCount
  }
}

/// What came back, whatever the status. Redirects are not followed: they come back like anything else.
public struct FetchedResponse: Sendable {
  public let status: Int
  /// In the order in which they came, names as they were sent.
  public let headers: [(name: String, value: String)]
  public let body: [UInt8]

  /// The value of the first field of that name, compared without regard to ASCII case.
  public subscript(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}
