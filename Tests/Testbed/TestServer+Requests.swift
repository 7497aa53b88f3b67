import Cluster
public import JSON

extension TestServer {
  /// Sends one request on a connection of its own and reads the answer. The target is path and query, the token is for
  /// `Authorization: Bearer`; a content type of nil leaves the field out, a body of nil that and the body.
  public func send(
    _ method: String, _ target: String, token: String? = nil, headers: [(String, String)] = [],
    contentType: String? = "application/json", body: [UInt8]? = nil
  ) async throws -> RawClient.Answer {
    let bytes = Self.bytes(method, target, token, headers, contentType, body)
    let port = port
    return try await onOwnThread {
      let client = try RawClient(port: port)
      client.send(bytes)
      return try client.readAnswer(toHead: method == "HEAD")
    }
  }

  private static func bytes(
    _ method: String, _ target: String, _ token: String?, _ headers: [(String, String)], _ contentType: String?,
    _ body: [UInt8]?
  ) -> [UInt8] {
    var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    if let token { head += "Authorization: Bearer \(token)\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if let body {
      if let contentType { head += "Content-Type: \(contentType)\r\n" }
      head += "Content-Length: \(body.count)\r\n"
    }
    return Array((head + "\r\n").utf8) + (body ?? [])
  }
}

extension RawClient.Answer {
  /// The body, which has to be JSON.
  public func json() throws -> JSONValue { try parseJSON(Array(body.utf8)) }
}

extension JSONValue {
  /// A member of an object.
  public subscript(_ name: String) -> JSONValue? {
    if case .object(let object) = self { object[name] } else { nil }
  }

  public var string: String? { if case .string(let text) = self { text } else { nil } }
  public var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
  public var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  /// An object's names in order; empty for anything else.
  public var names: [String] { if case .object(let object) = self { object.names } else { [] } }
}
