import HTTP

extension Problem {
  /// What the HTTP layer refused before a route saw it.
  init(_ refusal: Refusal) {
    let code: ProblemCode =
      switch refusal {
      case .badRequest: .invalidRequest
      case .notFound: .notFound
      case .methodNotAllowed: .methodNotAllowed
      case .timeout: .requestTimeout
      case .payloadTooLarge: .payloadTooLarge
      case .uriTooLong: .uriTooLong
      case .unsupportedContentCoding: .unsupportedMediaType
      case .expectationFailed: .expectationFailed
      case .headerFieldsTooLarge: .headerFieldsTooLarge
      case .internalError: .internalError
      case .methodNotImplemented, .unsupportedTransferCoding: .notImplemented
      case .overloaded: .overloaded
      case .unanswered: .outcomeUnknown
      case .versionNotSupported: .versionNotSupported
      }
    self.init(code, refusal.reason, retryAfterSeconds: code.status == 503 ? 1 : nil)
  }
}
