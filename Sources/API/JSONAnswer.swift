import HTTP
import JSON

/// Answers depend on the moment and on who asks: nobody stores them, nobody guesses their type.
let commonHeaders = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]

/// Says that the answer was given before, under the same idempotency key.
let idempotentReplayed = ("Idempotent-Replayed", "true")

private let headersOfJSON = FixedHeaders([("Content-Type", "application/json")] + commonHeaders)

extension Response {
  /// A JSON object with the members that `write` writes.
  static func json(
    status: Int = 200, isReplay: Bool = false, _ write: (inout JSONWriter) -> Void
  ) -> Response {
    var writer = JSONWriter(reserving: 384)
    writer.beginObject()
    write(&writer)
    writer.endObject()
    return Response(
      status: status, fixedHeaders: headersOfJSON, headers: isReplay ? [idempotentReplayed] : [],
      body: writer.finish())
  }
}
