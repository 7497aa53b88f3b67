import Tokens

/// A request that waits, and whom to tell.
struct Pending<Request: BatchRequest, Answer: Sendable>: Sendable {
  let request: Request
  /// Milliseconds of the lane's clock. Later than this it is not sent any more.
  let deadline: Int64
  let complete: @Sendable (Result<Answer, ServiceFailure>) -> Void
}

/// Requests that are sent together.
struct Batch<Request: BatchRequest, Answer: Sendable>: Sendable {
  var items: [Pending<Request, Answer>]
  /// How often it has been sent before.
  var failures = 0
  /// Whether the database may have settled it already, because a connection was lost.
  var mayBeSettled = false
}
