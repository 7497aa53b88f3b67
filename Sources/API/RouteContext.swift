import Accounts
import Crypto
import Decisions
import HTTP
import Log
import Settlement
import Tokens

/// What routes work with. A class, because it is carried along with every request.
final class RouteContext: Sendable {
  let settlement: Settlement
  let accounts: Accounts
  let decisions: Decisions
  /// Who asks, and whether not too often.
  let admission: Admission
  let directory: MembershipDirectory
  let log: Logger
  private let clock: WallClock
  private let random = RandomNumbers()

  init(
    settlement: Settlement, accounts: Accounts, decisions: Decisions, admission: Admission,
    directory: MembershipDirectory, clock: WallClock, log: Logger
  ) {
    self.settlement = settlement
    self.accounts = accounts
    self.decisions = decisions
    self.admission = admission
    self.directory = directory
    self.clock = clock
    self.log = log
  }

  /// `accounts` for what somebody asks about an organization, in the turn that the scope says.
  func accounts(of scope: Scope) -> Accounts { accounts.inTurn(of: scope.party) }

  /// `accounts` for what is about no organization, in the turn of the caller's own.
  func accounts(
    for caller: Caller, completion: @escaping @Sendable (Result<Accounts, Problem>) -> Void
  ) {
    switch caller.reach {
    case .membership(let userID):
      directory.home(of: userID) { [accounts] home in
        completion(
          home.mapError(Problem.init).map { accounts.inTurn(of: $0.map(Party.organization) ?? .user(userID)) })
      }
    case .own(let organizationID): completion(.success(accounts.inTurn(of: .organization(organizationID))))
    case .any: completion(.success(accounts))
    }
  }

  /// An id that sorts behind those made before.
  func newTransactionID() -> TransactionID {
    .timeOrdered(milliseconds: UInt64(clamping: clock.milliseconds), random: random.pair())
  }
}

/// Sends the answer to one request, and logs what went wrong on our side.
struct Reply: Sendable {
  private let requestID: String
  private let trace: TraceContext?
  private let responder: Responder
  private let errorMember: ErrorMember
  private let context: RouteContext
  /// What every answer says besides.
  private var fields: [(String, String)] = []

  init(to request: Request, _ responder: Responder, errorMember: ErrorMember, _ context: RouteContext) {
    requestID = request.id
    trace = request.trace
    self.responder = responder
    self.errorMember = errorMember
    self.context = context
  }

  /// The same with more to say in the header.
  func adding(_ fields: [(String, String)]) -> Reply {
    guard !fields.isEmpty else { return self }
    var reply = self
    reply.fields += fields
    return reply
  }

  /// Whether the client still waits for the answer.
  var isClientThere: @Sendable () -> Bool { { [responder] in responder.isClientThere } }

  func send(_ response: Response) {
    guard !fields.isEmpty else {
      responder.send(response)
      return
    }
    var response = response
    response.headers += fields
    responder.send(response)
  }

  /// A request that is refused. One that PostgreSQL gave no answer to is logged.
  func fail(_ problem: Problem) {
    // An overload refuses many at once; a line for each would make it worse.
    if let cause = problem.cause, cause != .overloaded {
      context.log.error(
        "no answer from PostgreSQL",
        [
          "requestId": .string(requestID), "traceId": .optional(trace?.traceID), "cause": .string("\(cause)"),
        ])
    }
    send(problem.response(requestID: requestID, errorMember: errorMember))
  }

  /// Runs the part of a route that may refuse at once.
  func attempt(_ body: () throws(Problem) -> Void) {
    do { try body() } catch { fail(error) }
  }

  /// A request that PostgreSQL gave no answer to.
  func fail(_ failure: ServiceFailure) { fail(Problem(failure)) }
}
