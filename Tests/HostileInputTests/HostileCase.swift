/// One hostile input: what is sent, and what has to come back.
struct HostileCase: Sendable, CustomStringConvertible {
  /// Who sends it: whose token the request carries.
  enum Sender: String {
    case user, other, service, nobody
  }

  /// What is sent; every text is a template for `Vocabulary`.
  enum Message {
    /// Bytes as they are.
    case raw(String)
    /// A request with framing as it should be, so that only its contents are hostile.
    case framed(method: String, target: String, sender: Sender, fields: [String], body: String?)
  }

  let name: String
  /// File and line, for whoever looks it up.
  let place: String
  let message: Message
  /// One for each answer, in order; none when the connection has to end without an answer.
  let expectations: [Expectation]

  var description: String { "\(place): \(name)" }

  /// Whether the answers have no bodies.
  var isHead: Bool { requestLine.hasPrefix("HEAD ") }

  /// Method and target.
  var requestLine: String {
    switch message {
    case .raw(let text): String(text.prefix { $0 != "\r\n" && $0 != "<" })
    case .framed(let method, let target, _, _, _): "\(method) \(target)"
    }
  }

  /// The request's bytes.
  func bytes(_ vocabulary: Vocabulary) throws -> [UInt8] {
    switch message {
    case .raw(let text): return try vocabulary.bytes(of: text)
    case .framed(let method, let target, let sender, let fields, let body):
      let lacksType = fields.contains("no Content-Type")
      let namesType = fields.contains { $0.lowercased().hasPrefix("content-type:") }
      var head = try vocabulary.bytes(of: "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n")
      if sender != .nobody { head += try vocabulary.bytes(of: "Authorization: Bearer <<\(sender) token>>\r\n") }
      let content = try body.map { try vocabulary.bytes(of: $0) }
      let vocabulary = try vocabulary.signing(content ?? [], where: fields.contains { $0.contains("<<stripe ") })
      for field in fields where field != "no Content-Type" {
        head += try vocabulary.bytes(of: field) + Array("\r\n".utf8)
      }
      guard let content else { return head + Array("\r\n".utf8) }
      if !lacksType, !namesType { head += Array("Content-Type: application/json\r\n".utf8) }
      return head + Array("Content-Length: \(content.count)\r\n\r\n".utf8) + content
    }
  }
}

/// What an answer has to be.
struct Expectation: Sendable {
  let status: Int
  /// The problem's `code`; nil where there is no problem, or its body is not shown.
  var code: String?
  /// Whether libmicrohttpd answers by itself, before there is a request to speak of: without a problem and a request id.
  var isLibrarys = false
  /// Whether the server has to end the connection.
  var closes = false
  /// Tokens that the sender's organization has less than before.
  var spends: Int64 = 0
  /// Tokens that its reservations hold more than before.
  var holds: Int64 = 0
  /// Templates of what the body has to contain.
  var texts: [String] = []
}
