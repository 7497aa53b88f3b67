import Network

/// Which web pages of other origins may call, and read the answers: CORS (Fetch Standard, 3.3).
///
/// Origins are compared byte by byte; there is no wildcard. Nothing is said about credentials, since what a browser adds by
/// itself is good for the server's own pages alone: a page of another origin has to send its token.
public struct CrossOrigin: Sendable {
  private let answers: [(origin: [UInt8], fields: FixedHeaders)]
  /// A cache must not give a page the answer that was made for another.
  private let fieldsForOthers = FixedHeaders([("Vary", "Origin")])
  private let requestHeaders: String
  /// How long browsers remember what a preflight said.
  private static let maximumAgeSeconds = 600

  /// nil when one of the origins is none.
  ///
  /// - Parameters:
  ///   - origins: as browsers send them: `https://app.example.com`, with a port where it is not the scheme's own.
  ///   - requestHeaders: the names of fields that pages may send.
  ///   - responseHeaders: the names of fields that pages may read.
  public init?(origins: [String], requestHeaders: [String], responseHeaders: [String]) {
    guard origins.allSatisfy(Self.isOrigin) else { return nil }
    self.requestHeaders = requestHeaders.joined(separator: ", ")
    answers = origins.map { origin in
      (
        Array(origin.utf8),
        FixedHeaders([
          ("Vary", "Origin"), ("Access-Control-Allow-Origin", origin),
          ("Access-Control-Expose-Headers", responseHeaders.joined(separator: ", ")),
        ])
      )
    }
  }

  /// What every answer to a request has to say, whatever it is.
  func fields(for headers: HeaderFields) -> FixedHeaders {
    guard let origin = headers.bytes(of: "origin") else { return fieldsForOthers }
    return answers.first { $0.origin.elementsEqual(origin) }?.fields ?? fieldsForOthers
  }

  /// The answer to a browser that asks before it sends a request; nil when the request is no such question, or comes
  /// from an origin that may not ask.
  func preflight(_ method: String, _ headers: HeaderFields, allow: [String]) -> Response? {
    guard method == "OPTIONS", headers.bytes(of: "access-control-request-method") != nil,
      let origin = headers.bytes(of: "origin"), answers.contains(where: { $0.origin.elementsEqual(origin) })
    else { return nil }
    return Response(
      status: 204,
      headers: [
        ("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers"),
        ("Access-Control-Allow-Methods", allow.joined(separator: ", ")),
        ("Access-Control-Allow-Headers", requestHeaders),
        ("Access-Control-Max-Age", String(Self.maximumAgeSeconds)),
      ])
  }

  /// An origin as browsers serialize it (RFC 6454, 6.2): scheme and host in lower case, no port that the scheme implies,
  /// nothing behind it.
  static func isOrigin(_ text: String) -> Bool {
    let schemes = [("https://", ":443"), ("http://", ":80")]
    guard let (scheme, impliedPort) = schemes.first(where: { text.hasPrefix($0.0) }), !text.hasSuffix(impliedPort)
    else {
      return false
    }
    var host = text.utf8.dropFirst(scheme.utf8.count)
    if let colon = host.lastIndex(of: UInt8(ascii: ":")), !host[colon...].contains(UInt8(ascii: "]")) {
      let digits = Substring(host[host.index(after: colon)...])
      guard let port = UInt16(digits), port > 0, String(port) == digits else { return false }
      host = host[..<colon]
    }
    if host.first == UInt8(ascii: "[") {
      guard host.last == UInt8(ascii: "]") else { return false }
      return NetworkAddress(Substring(host.dropFirst().dropLast()))?.isVersion4 == false
    }
    return !host.isEmpty
      && host.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
          UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}
