public import Network

/// One parameter of a query string, decoded.
public struct QueryParameter: Sendable, Equatable {
  public let name: String
  /// Empty when the parameter was sent without `=`.
  public let value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// One complete request: its body has arrived and everything in it has passed the gate.
public struct Request: Sendable {
  /// The client's `X-Request-Id` when it is 1 to 128 of `[A-Za-z0-9._-]`, else one that was generated.
  public let id: String
  /// GET, HEAD, POST, PUT, DELETE, PATCH or OPTIONS.
  public let method: String
  /// The path as it was sent, percent-encoded, without the query. It begins with `/`.
  public let path: String
  /// The query's parameters in order, percent-decoded, `+` read as a space.
  public let query: [QueryParameter]
  public let headers: HeaderFields
  /// The body without its framing, at most as long as the route's limit.
  public let body: [UInt8]
  /// The client's address in numbers, without the port: the peer's, or where that is a trusted proxy, of the one that it
  /// speaks for.
  public let remoteAddress: String
  /// The same to be counted by; nil without a server.
  public let clientAddress: NetworkAddress?
  /// The trace that it belongs to, if it says so.
  public let trace: TraceContext?
  /// The values of the `{names}` in the route's pattern, percent-decoded.
  public internal(set) var parameters: [String: String]

  /// A request put together by hand, for calling a handler without a server.
  public init(
    id: String, method: String, path: String, query: [QueryParameter] = [], headers: HeaderFields = HeaderFields(),
    body: [UInt8] = [], remoteAddress: String = "127.0.0.1", clientAddress: NetworkAddress? = nil,
    trace: TraceContext? = nil, parameters: [String: String] = [:]
  ) {
    self.id = id
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.remoteAddress = remoteAddress
    self.clientAddress = clientAddress
    self.trace = trace
    self.parameters = parameters
  }

  /// The value of the first query parameter of that name, or nil.
  public func queryValue(_ name: String) -> String? {
    query.first { $0.name == name }?.value
  }
}
