import Postgres
import Tokens

/// How a batch of one kind of request is sent, and how its answers are read.
///
/// Two steps, because they fail differently: what could not be sent did not happen, what cannot be read did.
struct BatchStatement<Request: BatchRequest, Answer: Sendable>: Sendable {
  /// The most requests in one batch.
  var largestBatch = BatchSize.range.upperBound
  /// How the requests that an answer is about came out; nil where that is not counted.
  var outcomes: (@Sendable (Answer) -> [Outcome])?
  /// Sends the requests in one transaction.
  var send: @Sendable ([Request], inout Connection) throws(PostgresError) -> Rows
  /// Reads as many answers as there were requests, in their order.
  var read: @Sendable (borrowing Rows, _ requests: [Request]) throws(PostgresError) -> [Answer]
}
