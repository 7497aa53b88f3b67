import Crypto
import HTTP

/// The files of `dashboard/`, as they are in the repository, ready to be sent.
///
/// The page names its module, style sheet and icon by what is in them (`?v=…`), so that browsers keep these for good and
/// still never mix those of two versions.
struct DashboardFiles: Sendable {
  /// A file as it is sent.
  struct File: Sendable {
    let body: SharedBody
    /// Of the content: 24 characters of Base64url.
    let version: String
    let headers: FixedHeaders
    let headersForGood: FixedHeaders
    /// Of the answer that a copy is the present one.
    let headersOfKnown: FixedHeaders

    /// The validator of RFC 9110, section 8.8.3.
    var entityTag: String { "\"\(version)\"" }
  }

  let page: File
  private let assets: [String: File]

  init() {
    let texts = embeddedFiles.filter { $0.path.hasPrefix(Self.folder) }
      .map { (name: String($0.path.dropFirst(Self.folder.count)), text: $0.text) }
    var page = texts.first { $0.name == Self.pageName }?.text ?? ""
    var assets: [String: File] = [:]
    for (name, text) in texts where name != Self.pageName {
      let file = File(text, type: Self.type(of: name))
      assets[name] = file
      page = page.replacing("\"\(Self.path)\(name)\"", with: "\"\(Self.path)\(name)?v=\(file.version)\"")
    }
    self.assets = assets
    self.page = File(page, type: "text/html; charset=utf-8")
  }

  /// The file of that name, which the page loads.
  func asset(_ name: String) -> File? { assets[name] }

  private static let folder = "dashboard/"
  private static let path = "/dashboard/files/"
  private static let pageName = "index.html"

  private static func type(of name: String) -> String {
    if name.hasSuffix(".js") { return "text/javascript; charset=utf-8" }
    return name.hasSuffix(".css") ? "text/css; charset=utf-8" : "image/svg+xml"
  }
}

extension DashboardFiles.File {
  fileprivate init(_ text: String, type: String) {
    let bytes = Array(text.utf8)
    body = SharedBody(bytes)
    let version = encodeBase64URL(Array(sha256(bytes).prefix(18)))
    self.version = version
    let tag = ("ETag", "\"\(version)\"")
    let isAskedAgain = ("Cache-Control", "no-cache")
    headers = FixedHeaders([("Content-Type", type), tag, isAskedAgain] + Self.policies)
    headersForGood = FixedHeaders(
      [("Content-Type", type), tag, ("Cache-Control", "public, max-age=31536000, immutable")] + Self.policies)
    headersOfKnown = FixedHeaders([tag, isAskedAgain] + Self.policies)
  }

  /// What the page may do: ask this very server, and nothing else. Nothing in it is ever read as markup or code.
  private static let policies = [
    (
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
  ]
}
