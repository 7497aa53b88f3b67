public import HTTP

extension CrossOrigin {
  /// With the fields that Tollgate takes and gives. nil when one of the origins is none.
  public init?(tollgateOrigins origins: [String]) {
    self.init(
      origins: origins, requestHeaders: ["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"],
      responseHeaders: [
        "Idempotent-Replayed", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id", "X-Tollgate-Balance",
        "X-Tollgate-Required",
      ])
  }
}
