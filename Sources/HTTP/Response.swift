/// What a request is answered with.
public struct Response: Sendable {
  /// 200 to 599; anything else is sent as 500.
  public var status: Int
  /// In order, the same name as often as needed. `Content-Length`, `Transfer-Encoding`, `Connection`, `Date` and
  /// `X-Request-Id` are the server's business and are dropped, as is a field whose name is no token or whose value
  /// has a control character in it.
  public var headers: [(String, String)]
  /// Sent before `headers`.
  public var fixedHeaders: FixedHeaders?
  public var body: [UInt8]
  /// Sent in place of `body`.
  public var sharedBody: SharedBody?
  /// Whether the connection is closed once this response is sent.
  public var closesConnection = false
  /// Whether it is sent only `ServerConfiguration.heldAnswerSeconds` later. For refusals of those who ask too often: a
  /// client that waits for its answer before it asks again can then ask only so often, and costs as little.
  public var isHeld = false

  public init(
    status: Int, fixedHeaders: FixedHeaders? = nil, headers: [(String, String)] = [], body: [UInt8] = []
  ) {
    self.status = status
    self.fixedHeaders = fixedHeaders
    self.headers = headers
    self.body = body
  }

  /// The status as it can be sent.
  var sendableStatus: Int { (200...599).contains(status) ? status : 500 }

  /// Whether a field may be sent as the handler gave it.
  static func isSendable(name: String, value: String) -> Bool {
    guard !name.isEmpty, name.utf8.allSatisfy(ByteClass.isToken) else { return false }
    // The library takes no tab, and a value cannot go past a NUL or a line break.
    guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return false }
    return !isServersBusiness(name)
  }

  private static func isServersBusiness(_ name: String) -> Bool {
    switch name.utf8.count {
    case 4: name.lowercased() == "date"
    case 10: name.lowercased() == "connection"
    case 12: name.lowercased() == "x-request-id"
    case 14: name.lowercased() == "content-length"
    case 17: name.lowercased() == "transfer-encoding"
    default: false
    }
  }
}
