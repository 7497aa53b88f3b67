/// Why the server answered by itself, without a handler. `ServerConfiguration.refusalResponse` gives it a body.
public enum Refusal: Sendable, Equatable {
  /// The request breaks the protocol; the text says how, in words that are safe to show.
  case badRequest(String)
  /// No route has this path.
  case notFound
  /// The path has routes, for these methods only.
  case methodNotAllowed(allow: [String])
  /// The request line, its headers or its body did not arrive in time.
  case timeout
  /// The body is longer than the route allows.
  case payloadTooLarge
  /// The request target takes more than half of what the header block may have.
  case uriTooLong
  /// A content coding: bodies are taken as they are.
  case unsupportedContentCoding
  /// An `Expect` other than `100-continue`.
  case expectationFailed
  /// The header block is too long, or has too many fields.
  case headerFieldsTooLarge
  /// No answer was given for a request.
  case internalError
  /// A method this server does not know at all.
  case methodNotImplemented
  /// A transfer coding other than `chunked`.
  case unsupportedTransferCoding
  /// Bodies that are being received take all the room there is for them.
  case overloaded
  /// The server stopped before the request was answered. It was accepted, and may have been carried out.
  case unanswered
  /// A version other than HTTP/1.0 and HTTP/1.1.
  case versionNotSupported

  /// The status code (RFC 9110, 15; 431 is RFC 6585, 5).
  public var status: Int {
    switch self {
    case .badRequest: 400
    case .notFound: 404
    case .methodNotAllowed: 405
    case .timeout: 408
    case .payloadTooLarge: 413
    case .uriTooLong: 414
    case .unsupportedContentCoding: 415
    case .expectationFailed: 417
    case .headerFieldsTooLarge: 431
    case .internalError: 500
    case .methodNotImplemented, .unsupportedTransferCoding: 501
    case .overloaded, .unanswered: 503
    case .versionNotSupported: 505
    }
  }

  /// One English sentence that is safe to show to the client.
  public var reason: String {
    switch self {
    case .badRequest(let reason): reason
    case .notFound: "There is nothing at this path."
    case .methodNotAllowed(let allow): "This path answers \(allow.joined(separator: ", ")) only."
    case .timeout: "The request did not arrive in time."
    case .payloadTooLarge: "The body is too long."
    case .uriTooLong: "The request target is too long."
    case .unsupportedContentCoding: "The body must not have a content coding."
    case .expectationFailed: "Only the expectation 100-continue can be met."
    case .headerFieldsTooLarge: "The header fields are too long or too many."
    case .internalError: "The request could not be answered."
    case .methodNotImplemented: "This method is not known."
    case .unsupportedTransferCoding: "The only transfer coding is chunked."
    case .overloaded: "Too much is being received at once. Try again."
    case .unanswered: "The server stopped before the request was answered."
    case .versionNotSupported: "The only versions are HTTP/1.0 and HTTP/1.1."
    }
  }
}
