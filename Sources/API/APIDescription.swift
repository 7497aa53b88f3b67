import HTTP

/// `openapi.json`, as it is in the repository.
enum APIDescription {
  static let text = embeddedFiles.first { $0.path == "openapi.json" }?.text ?? "{}"

  static let response = Response(
    status: 200, headers: [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")],
    body: Array(text.utf8))
}
