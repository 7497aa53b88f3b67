import HTTP
import JSON
import Tokens

/// `POST /api/v1/reservations`: holds tokens for work that is not done yet.
struct ReserveRequest: MovementRequest {
  /// How long tokens may be held before somebody has to ask for more time.
  static let ttlRangeSeconds: ClosedRange<Int64> = 1...86_400
  static let defaultTTLSeconds: Int64 = 300

  let origin: MovementOrigin
  let reservable: Movement.Reservable
  let ttlSeconds: Int64

  var operation: Movement.Operation { .reserve(reservable, ttlSeconds: ttlSeconds) }

  init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    origin = try MovementOrigin(request, &body)
    let feature: String?
    let tokenType: String?
    do throws(ReadingError) {
      ttlSeconds = try body.optionalInteger("ttlSeconds", in: Self.ttlRangeSeconds) ?? Self.defaultTTLSeconds
      feature = try body.optionalString("featureUsed", maximumBytes: 255)
      tokenType = try body.optionalString("tokenType", maximumBytes: 255)
    } catch {
      throw Problem(error)
    }
    switch (feature, tokenType) {
    case (let feature?, nil):
      let (units, dimensions) = try body.units()
      reservable = .feature(feature, units: units, dimensions: dimensions)
    case (nil, let tokenType?): reservable = .tokens(tokenType: tokenType, amount: try body.amount("amount"))
    default: throw Problem(.invalidRequest, "A reservation is for featureUsed and units, or for tokenType and amount.")
    }
    try body.end()
  }

  func response(_ settled: SettledMovement) -> Response? {
    let id = ReservationID(bits: settled.numbers.transactionID.bits)
    return settled.reservationResponse(id, status: .open, httpStatus: 201) { writer in
      guard case .feature(let feature, let units, let dimensions) = reservable else { return }
      writer.member("featureUsed", feature)
      writer.member("units", units: units, dimensions)
    }
  }
}

extension SettledMovement {
  /// What creating, extending and releasing a reservation answer; nil without an amount or an end where there is one.
  func reservationResponse(
    _ id: ReservationID, status: Reservation.Status, httpStatus: Int = 200,
    _ writeMore: (inout JSONWriter) -> Void = { _ in }
  ) -> Response? {
    guard let amount = details.amount, let expiresAt = details.expiresAtMicroseconds else { return nil }
    return .json(status: httpStatus, isReplay: isReplay) { writer in
      writer.member("reservationId", id)
      writer.member("status", status.rawValue)
      writer.member("organizationId", movement.organizationID)
      writer.member("tokenType", numbers.tokenType)
      writeMore(&writer)
      writer.member("amount", amount)
      writer.member("expiresAt", timestamp: expiresAt)
      writeBalance(to: &writer)
    }
  }

  /// How the balance stands after it.
  func writeBalance(to writer: inout JSONWriter) {
    writer.member("balance", numbers.balanceAfter)
    writer.member("reserved", reserved)
    writer.member("available", numbers.available)
    writer.member("state", numbers.state.rawValue)
  }
}
