import Accounts
import HTTP
import Log
import Settlement
import Tokens

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

  /// A request that is refused. One that PostgreSQL gave no answer to is logged.
  func fail(_ problem: Problem) {
    // An overload refuses many at once; a line for each would make it worse.
    if let cause = problem.cause, cause != .overloaded {
      log.error("no answer from PostgreSQL", ["requestId": .string(requestID), "cause": .string("\(cause)")])
    }
    responder.send(problem.response(requestID: requestID, errorMember: errorMember))
  }

  /// Runs the part of a route that may refuse at once.
  func attempt(_ body: () throws(Problem) -> Void) {
    do { try body() } catch { fail(error) }
  }

  /// A request that PostgreSQL gave no answer to.
  func fail(_ failure: ServiceFailure) { fail(Problem(failure)) }
}
