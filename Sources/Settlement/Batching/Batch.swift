import Tokens

/// A request that waits, and whom to tell. Goes from the queue into a batch, and from there perhaps into its halves: one
/// object, so that a large request is not copied each time.
final class Pending<Request: BatchRequest, Answer: Sendable>: Sendable {
  let request: Request
  /// Milliseconds of the lane's clock. Later than this it is not sent any more.
  let deadline: Int64
  let complete: @Sendable (Result<Answer, ServiceFailure>) -> Void

  init(request: Request, deadline: Int64, complete: @escaping @Sendable (Result<Answer, ServiceFailure>) -> Void) {
    self.request = request
    self.deadline = deadline
    self.complete = complete
  }
}

/// Requests that are sent together.
struct Batch<Request: BatchRequest, Answer: Sendable>: Sendable {
  var items: [Pending<Request, Answer>]
  /// How often it has been sent before.
  var failures = 0
  /// Whether the database may have settled it already, because a connection was lost.
  var mayBeSettled = false
}
