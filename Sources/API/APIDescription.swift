import HTTP

/// `openapi.json`, as it is in the repository.
enum APIDescription {
  static let text = embeddedFiles.first { $0.path == "openapi.json" }?.text ?? "{}"

  /// Everybody may ask for it, and read as slowly as a byte at a time.
  static let response: Response = {
    var response = Response(
      status: 200, headers: [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")])
    response.sharedBody = SharedBody(Array(text.utf8))
    return response
  }()
}
