import HTTP

/// The cookie that keeps somebody signed in to the dashboard: the token itself, out of reach of scripts.
///
/// `__Host-` has browsers refuse one that is not `Secure`, names a domain or comes from another host, so that nobody else
/// can put one in its place (RFC 6265bis, section 4.1.3.2). There is no session on the server that could be fixed, and
/// every server with the same keys knows it.
enum SessionCookie {
  static let name = "__Host-tollgate"
  /// Browsers keep no cookie whose name and value have more than 4096 bytes together.
  static let tokenLimitBytes = 4_000

  /// The field `Set-Cookie` that signs in, for so many seconds.
  static func set(_ token: String, seconds: Int64) -> (String, String) {
    ("Set-Cookie", "\(name)=\(token); \(attributes); Max-Age=\(max(seconds, 0))")
  }

  /// The field `Set-Cookie` that signs out.
  static let delete = ("Set-Cookie", "\(name)=; \(attributes); Max-Age=0")

  private static let attributes = "Path=/; Secure; HttpOnly; SameSite=Strict"

  /// The token in a request's cookie; nil without one, and where there are two: nobody knows which is meant.
  static func token(in request: Request) -> ArraySlice<UInt8>? {
    var found: [String.UTF8View.SubSequence] = []
    for field in request.headers.values(of: "cookie") {
      for pair in field.utf8.split(separator: UInt8(ascii: ";")) {
        let pair = pair.drop { $0 == UInt8(ascii: " ") }
        guard let sign = pair.firstIndex(of: UInt8(ascii: "=")), pair[..<sign].elementsEqual(name.utf8) else {
          continue
        }
        found.append(pair[pair.index(after: sign)...])
      }
    }
    return found.count == 1 ? Array(found[0])[...] : nil
  }
}
