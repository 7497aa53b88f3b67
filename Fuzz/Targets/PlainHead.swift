/// The request line and header fields of a request, read in the plainest way that RFC 9112 allows: lines, split.
///
/// It shares nothing with the server's reading. What the server takes for a request has to be one here too, and the same.
struct PlainHead {
  let method: String
  let target: [UInt8]
  let fields: [(name: [UInt8], value: [UInt8])]

  private static let carriageReturn = UInt8(ascii: "\r")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let end: [UInt8] = [carriageReturn, lineFeed, carriageReturn, lineFeed]

  /// Everything up to the first empty line behind the request line, which is added where there is none.
  ///
  /// Without what a server may pass over before a request: empty lines (RFC 9112, section 2.2).
  static func cut(_ bytes: [UInt8]) -> [UInt8] {
    var rest = bytes.drop(while: isLineEnd)
    rest += end
    return rest.firstRange(of: end).map { Array(rest[..<$0.upperBound]) } ?? []
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == carriageReturn || byte == lineFeed }

  /// Nil for what is no head of a request with which a server may go on.
  init?(_ bytes: [UInt8]) {
    let text = bytes.dropLast(Self.end.count)
    let lines = text.split(separator: [Self.carriageReturn, Self.lineFeed], omittingEmptySubsequences: false)
    let breaks: Set<UInt8> = [0, Self.carriageReturn, Self.lineFeed]
    guard let first = lines.first, lines.allSatisfy({ breaks.isDisjoint(with: $0) }) else { return nil }
    let words = first.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count == 3, words[1].first == UInt8(ascii: "/"),
      words[1].allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") })
    else { return nil }
    method = String(decoding: words[0], as: UTF8.self)
    target = Array(words[1])
    guard ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(method) else { return nil }
    var fields: [(name: [UInt8], value: [UInt8])] = []
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      let name = Array(line[..<colon])
      // Blanks there are no part of the value (RFC 9110, 5.5). libmicrohttpd takes them for one of the length, and a length
      // that two could read differently is better refused.
      if Self.isBlank(line.last), Self.lowercased(name) == "content-length" { return nil }
      fields.append((name, Self.trimmed(line[(colon + 1)...])))
    }
    self.fields = fields
    let version = String(decoding: words[2], as: UTF8.self)
    guard ["HTTP/1.1", "HTTP/1.0"].contains(version), areWellFormed, areUnambiguous(isVersion11: version == "HTTP/1.1")
    else { return nil }
  }

  private static func isBlank(_ byte: UInt8?) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func lowercased(_ name: [UInt8]) -> String { String(decoding: name, as: UTF8.self).lowercased() }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    Array(bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }

  private var areWellFormed: Bool {
    let tokens = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    return fields.allSatisfy { field in
      !field.name.isEmpty && tokens.isSuperset(of: field.name)
        && field.value.allSatisfy { $0 == 0x09 || $0 >= 0x20 && $0 != 0x7F }
    }
  }

  private func areUnambiguous(isVersion11: Bool) -> Bool {
    let lengths = values(of: "content-length")
    let codings = values(of: "transfer-encoding")
    let hosts = values(of: "host").count
    return lengths.count + codings.count <= 1 && (hosts == 1 || hosts == 0 && !isVersion11)
      && lengths.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
      && codings.allSatisfy { isVersion11 && $0.lowercased() == "chunked" }
      && ["authorization", "idempotency-key", "content-type"].allSatisfy { values(of: $0).count <= 1 }
      && values(of: "content-encoding").isEmpty
      && values(of: "expect").allSatisfy { $0.lowercased() == "100-continue" }
  }

  private func values(of name: String) -> [String] {
    fields.filter { Self.lowercased($0.name) == name }
      .map { String(decoding: $0.value, as: UTF8.self) }
  }

  /// Whether a body follows.
  var hasBody: Bool {
    !values(of: "transfer-encoding").isEmpty || values(of: "content-length").contains { $0.contains { $0 != "0" } }
  }
}
