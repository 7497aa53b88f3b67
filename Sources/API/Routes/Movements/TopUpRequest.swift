import HTTP
import JSON
import Tokens

/// `POST /api/v1/tokens/top-up`: adds bought tokens. For whoever took the money: a trusted server.
struct TopUpRequest: MovementRequest {
  static let requirement = Requirement.admin

  let origin: MovementOrigin
  let topUp: Movement.TopUp

  var operation: Movement.Operation { .topUp(topUp) }

  init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    origin = try MovementOrigin(request, &body)
    let amount = try body.amount("amount")
    do throws(ReadingError) {
      let tokenType = try body.string("tokenType", maximumBytes: 255)
      let paymentID = try body.string("paymentId", maximumBytes: 255)
      guard !paymentID.isEmpty else {
        throw ReadingError(member: "paymentId", problem: .outOfRange, bounds: "1 to 255 bytes long")
      }
      topUp = Movement.TopUp(
        tokenType: tokenType, amount: amount, paymentID: paymentID,
        expiresAtMicroseconds: try body.optionalTime("expiresAt"))
    } catch {
      throw Problem(error)
    }
    try body.end()
  }

  func response(_ settled: SettledMovement) -> Response? {
    guard let amount = settled.details.amount, let expiresAt = settled.details.expiresAtMicroseconds else { return nil }
    return .json(status: 201, isReplay: settled.isReplay) { writer in
      writer.member("topUpId", settled.numbers.transactionID)
      writer.member("organizationId", settled.movement.organizationID)
      writer.member("tokenType", settled.numbers.tokenType)
      writer.member("amount", amount)
      writer.member("paymentId", topUp.paymentID)
      writer.member("expiresAt", timestamp: expiresAt)
      writer.member("balanceBefore", settled.numbers.balanceBefore)
      writer.member("balanceAfter", settled.numbers.balanceAfter)
      writer.member("createdAt", timestamp: settled.numbers.createdAtMicroseconds)
    }
  }
}
