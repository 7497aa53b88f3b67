import HTTP

/// What a request may do with the dashboard's cookie in place of a bearer token.
///
/// The cookie is for the dashboard's own page: it reads, and does what administrators do. Spending, checks, the guard and
/// connecting to providers want a bearer as ever, so that a cookie which comes along by itself moves nobody's tokens.
enum SessionUse: Sendable {
  /// The cookie is not looked at.
  case none
  /// The request changes nothing.
  case reading
  /// The request changes something.
  case changing

  init(_ requirement: Requirement, method: String) {
    switch requirement {
    case .read, .admin: self = method == "GET" || method == "HEAD" ? .reading : .changing
    case .spend, .readOrSpend, .connect: self = .none
    }
  }
}

/// Who sent a request, by what the browser says of it and no page can make up.
enum RequestSource {
  /// The field that the dashboard's page adds to what it sends. A page of another origin cannot: browsers ask first, and
  /// the answer to that names other fields.
  static let pageField = "X-Tollgate-Dashboard"

  /// Whether the request comes from a page of the very origin that it goes to.
  ///
  /// `Sec-Fetch-Site` is the browser's word (Fetch Metadata): browsers that do not say it cannot use the dashboard.
  /// `Origin`, which comes with everything but plain reading, has to name the host that was asked.
  static func isOwnPage(_ request: Request) -> Bool {
    guard request.headers.values(of: "sec-fetch-site") == ["same-origin"] else { return false }
    let origins = request.headers.values(of: "origin")
    guard let origin = origins.first else { return true }
    guard origins.count == 1, let host = request.headers["host"]?.lowercased() else { return false }
    return ["https://", "http://"].contains { origin.utf8.elementsEqual(($0 + host).utf8) }
  }

  /// Whether the dashboard's page meant to send it: nothing that a form, a link or an image sends has the field.
  static func isMeant(_ request: Request) -> Bool { request.headers[pageField] != nil }
}
