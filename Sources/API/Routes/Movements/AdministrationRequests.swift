import HTTP
import JSON
import Tokens

/// `POST /api/v1/admin/organizations/{id}/adjust`: corrects a balance, by tokens or to a figure.
struct AdjustRequest: MovementRequest {
  static let requirement = Requirement.admin
  private static let range = -TokenAmount.range.upperBound...TokenAmount.range.upperBound

  let origin: MovementOrigin
  let tokenType: String
  let adjustment: Movement.Adjustment
  let reason: String?

  var operation: Movement.Operation { .adjust(tokenType: tokenType, adjustment, reason: reason) }

  init(_ request: Request) throws(Problem) {
    origin = try MovementOrigin(request, organizationID: request.pathIdentifier())
    var body = try RequestBody.object(of: request)
    do throws(ReadingError) {
      tokenType = try body.string("tokenType", maximumBytes: 255)
      reason = try body.optionalString("reason", maximumBytes: 255)
    } catch {
      throw Problem(error)
    }
    switch (try body.optionalAmount("amount", in: Self.range), try body.optionalAmount("balance", in: Self.range)) {
    case (let amount?, nil): adjustment = .amount(amount)
    case (nil, let balance?): adjustment = .balance(balance)
    default: throw Problem(.invalidRequest, "Either amount or balance must be given, and not both.")
    }
    try body.end()
  }

  func response(_ settled: SettledMovement) -> Response? { settled.correctionResponse }
}

/// `POST /api/v1/admin/organizations/{id}/reset`: begins a balance's period anew, before its reset is due.
struct ResetRequest: MovementRequest {
  static let requirement = Requirement.admin

  let origin: MovementOrigin
  let tokenType: String

  var operation: Movement.Operation { .reset(tokenType: tokenType) }

  init(_ request: Request) throws(Problem) {
    origin = try MovementOrigin(request, organizationID: request.pathIdentifier())
    var body = try RequestBody.object(of: request)
    do { tokenType = try body.string("tokenType", maximumBytes: 255) } catch { throw Problem(error) }
    try body.end()
  }

  func response(_ settled: SettledMovement) -> Response? { settled.correctionResponse }
}

extension SettledMovement {
  /// What an administrator's change answers.
  fileprivate var correctionResponse: Response {
    .json(isReplay: isReplay) { writer in
      writer.member("transactionId", numbers.transactionID)
      writer.member("organizationId", movement.organizationID)
      writer.member("tokenType", numbers.tokenType)
      writer.member("amount", numbers.balanceAfter - numbers.balanceBefore)
      writer.member("balanceBefore", numbers.balanceBefore)
      writer.member("balanceAfter", numbers.balanceAfter)
      writer.member("available", numbers.available)
      writer.member("state", numbers.state.rawValue)
      writer.member("createdAt", timestamp: numbers.createdAtMicroseconds)
    }
  }
}
