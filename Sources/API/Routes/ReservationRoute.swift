import Accounts
import HTTP
import JSON
import Tokens

/// `GET /api/v1/reservations/{id}?organizationId`: a reservation as of now.
struct ReservationRoute: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let reservationID: ReservationID = try request.pathIdentifier()
    scopes.resolveInTurn(caller, organizationID: organizationID) { scope in
      switch scope {
      case .failure(let problem): reply.fail(problem)
      case .success(let scope): answer(reservationID, scope, reply)
      }
    }
  }

  private func answer(_ reservationID: ReservationID, _ scope: Scope, _ reply: Reply) {
    context.accounts(of: scope).reservation(
      reservationID, of: scope.organizationID, for: scope.spender
    ) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let report):
        if report.outcome == .forbidden {
          reply.fail(scopes.problemOfStranger(to: scope))
        } else if let reservation = report.reservation {
          reply.send(.json { reservation.write(of: scope.organizationID, to: &$0) })
        } else {
          reply.fail(Problem(undecided: report.outcome, spender: scope.spender) ?? .internalError)
        }
      }
    }
  }
}

extension Reservation {
  fileprivate func write(of organizationID: OrganizationID, to writer: inout JSONWriter) {
    writer.member("reservationId", id)
    writer.member("status", status.rawValue)
    writer.member("organizationId", organizationID)
    writer.member("userId", userID)
    writer.member("tokenType", tokenType)
    writer.member("featureUsed", feature)
    writer.member("units", json: units)
    writer.member("amount", amount)
    writer.member("captured", captured)
    writer.member("transactionId", transactionID)
    writer.member("eventId", eventID)
    writer.member("metadata", json: metadata)
    writer.member("expiresAt", timestamp: expiresAtMicroseconds)
    writer.member("createdAt", timestamp: createdAtMicroseconds)
    writer.member("finishedAt", timestamp: finishedAtMicroseconds)
  }
}
