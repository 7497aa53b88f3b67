import HTTP
import JSON
import Tokens

/// `POST /api/v1/reservations/{id}/capture`: charges what was held, or another amount.
struct CaptureRequest: MovementRequest {
  let origin: MovementOrigin
  let reservationID: ReservationID
  let amount: Int64?

  var operation: Movement.Operation { .capture(reservationID, amount: amount) }

  init(_ request: Request) throws(Problem) {
    reservationID = try request.pathIdentifier()
    var body = try RequestBody.optionalObject(of: request)
    origin = try MovementOrigin(request, &body)
    // What was held for may have cost nothing in the end.
    amount = try body.optionalAmount("amount", in: 0...TokenAmount.range.upperBound)
    try body.end()
  }

  func response(_ settled: SettledMovement) -> Response? {
    guard let captured = settled.details.captured, let released = settled.details.released else { return nil }
    return .json(isReplay: settled.isReplay) { writer in
      writer.member("reservationId", reservationID)
      writer.member("status", Reservation.Status.captured.rawValue)
      writer.member("organizationId", settled.movement.organizationID)
      writer.member("tokenType", settled.numbers.tokenType)
      writer.member("transactionId", settled.numbers.transactionID)
      writer.member("captured", captured)
      writer.member("released", released)
      settled.writeBalance(to: &writer)
      writer.member("createdAt", timestamp: settled.numbers.createdAtMicroseconds)
    }
  }
}

/// `POST /api/v1/reservations/{id}/release`: lets go what was held.
struct ReleaseRequest: MovementRequest {
  let origin: MovementOrigin
  let reservationID: ReservationID

  var operation: Movement.Operation { .release(reservationID) }

  init(_ request: Request) throws(Problem) {
    reservationID = try request.pathIdentifier()
    var body = try RequestBody.optionalObject(of: request)
    origin = try MovementOrigin(request, &body)
    try body.end()
  }

  func response(_ settled: SettledMovement) -> Response? {
    guard let released = settled.details.released else { return nil }
    return .json(isReplay: settled.isReplay) { writer in
      writer.member("reservationId", reservationID)
      writer.member("status", Reservation.Status.released.rawValue)
      writer.member("organizationId", settled.movement.organizationID)
      writer.member("tokenType", settled.numbers.tokenType)
      writer.member("released", released)
      settled.writeBalance(to: &writer)
    }
  }
}

/// `POST /api/v1/reservations/{id}/extend`: holds for so many seconds from now on.
struct ExtendRequest: MovementRequest {
  let origin: MovementOrigin
  let reservationID: ReservationID
  let ttlSeconds: Int64

  var operation: Movement.Operation { .extend(reservationID, ttlSeconds: ttlSeconds) }

  init(_ request: Request) throws(Problem) {
    reservationID = try request.pathIdentifier()
    var body = try RequestBody.object(of: request)
    origin = try MovementOrigin(request, &body)
    do { ttlSeconds = try body.integer("ttlSeconds", in: ReserveRequest.ttlRangeSeconds) } catch {
      throw Problem(error)
    }
    try body.end()
  }

  func response(_ settled: SettledMovement) -> Response? {
    settled.reservationResponse(reservationID, status: .open)
  }
}
