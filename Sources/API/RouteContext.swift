import Accounts
import HTTP
import Log
import Settlement

/// What routes work with.
struct RouteContext: Sendable {
  let settlement: Settlement
  let accounts: Accounts
  let authenticator: CallerAuthenticator
  let directory: MembershipDirectory
  let clock: WallClock
  let log: Logger
}

/// Sends the answer to one request, and logs what went wrong on our side.
struct Reply: Sendable {
  let requestID: String
  let responder: Responder
  let errorMember: ErrorMember
  let log: Logger

  func send(_ response: Response) { responder.send(response) }

  func fail(_ problem: Problem) {
    responder.send(problem.response(requestID: requestID, errorMember: errorMember))
  }

  /// Runs the part of a route that may refuse at once.
  func attempt(_ body: () throws(Problem) -> Void) {
    do { try body() } catch { fail(error) }
  }

  /// A request that PostgreSQL gave no answer to.
  func fail(reading error: any Error) {
    report("reading failed", "\(error)")
    fail(Problem(reading: error))
  }

  func fail(_ failure: SettlementFailure) {
    report("settlement failed", "\(failure)")
    fail(Problem(failure))
  }

  /// `cause` is a bland description: kind and SQLSTATE, never what the server said.
  private func report(_ message: String, _ cause: String) {
    log.error(message, ["requestId": .string(requestID), "cause": .string(cause)])
  }
}
