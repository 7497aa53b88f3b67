import HTTP
import JSON
import Tokens

/// `POST /api/v1/tokens/refund`: gives a charge back, or a part of it.
struct RefundRequest: MovementRequest {
  let origin: MovementOrigin
  let transactionID: TransactionID
  let amount: Int64?
  let reason: String?

  var operation: Movement.Operation { .refund(of: transactionID, amount: amount, reason: reason) }

  init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    origin = try MovementOrigin(request, &body)
    do throws(ReadingError) {
      transactionID = try body.identifier("transactionId")
      reason = try body.optionalString("reason", maximumBytes: 255)
    } catch {
      throw Problem(error)
    }
    amount = try body.optionalAmount("amount")
    try body.end()
  }

  func response(_ settled: SettledMovement) -> Response? {
    guard let amount = settled.details.amount, let total = settled.details.refundedTotal else { return nil }
    return .json(isReplay: settled.isReplay) { writer in
      writer.member("refundId", settled.numbers.transactionID)
      writer.member("transactionId", transactionID)
      writer.member("organizationId", settled.movement.organizationID)
      writer.member("tokenType", settled.numbers.tokenType)
      writer.member("amount", amount)
      writer.member("refundedTotal", total)
      writer.member("balanceBefore", settled.numbers.balanceBefore)
      writer.member("balanceAfter", settled.numbers.balanceAfter)
      writer.member("state", settled.numbers.state.rawValue)
      writer.member("createdAt", timestamp: settled.numbers.createdAtMicroseconds)
    }
  }
}
