import HTTP
import JSON
import Settlement
import Tokens

/// `POST /api/v1/actions/{name}/check`: may this action be performed, and what would it cost? Changes nothing.
struct ActionCheckRoute: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let name = try request.actionName()
    var body = try RequestBody.optionalObject(of: request)
    let (units, dimensions) = try body.units()
    let named = try Self.named(&body)
    scopes.resolve(caller, organizationID: named.organizationID, userID: named.userID) { scope in
      switch scope {
      case .failure(let problem): reply.fail(problem)
      case .success(let scope):
        let question = BalanceQuestion(
          organizationID: scope.organizationID, spender: scope.spender, feature: name, units: units,
          dimensions: dimensions)
        context.settlement.check(question) { result in
          switch result {
          case .failure(let failure): reply.fail(failure)
          case .success(let check): answer(check, name, scope, reply)
          }
        }
      }
    }
  }

  private static func named(
    _ body: inout ObjectReader
  ) throws(Problem) -> (organizationID: OrganizationID?, userID: UserID?) {
    do throws(ReadingError) {
      let organizationID: OrganizationID? = try body.optionalIdentifier("organizationId")
      let userID: UserID? = try body.optionalIdentifier("userId")
      try body.finish()
      return (organizationID, userID)
    } catch {
      throw Problem(error)
    }
  }

  private func answer(_ check: BalanceCheck, _ name: String, _ scope: Scope, _ reply: Reply) {
    let refusal = ActionRefusal(check)
    guard check.outcome == .success || refusal != nil else {
      reply.fail(Problem(unchecked: check, scope, scopes))
      return
    }
    reply.send(
      .json { writer in
        writer.member("allowed", refusal == nil)
        writer.member("action", name)
        writer.member("tokenType", check.tokenType)
        writer.member("priceVersion", check.priceVersion)
        writer.member("required", check.required)
        writer.member("balance", check.balance)
        writer.member("available", check.available)
        writer.member("state", check.state?.rawValue)
        guard let refusal else { return }
        writer.member("code", refusal.code.rawValue)
        writer.member("reason", refusal.reason)
        if let limit = refusal.limit { writer.member("limit", limit) }
        if let seconds = refusal.retryAfterSeconds { writer.member("retryAfterSeconds", seconds) }
      })
  }
}

extension Request {
  /// The `{name}` of the path. One that no action can have is unknown.
  func actionName() throws(Problem) -> String {
    guard let name = parameters["name"], Action.isName(name) else { throw .unknownAction }
    return name
  }
}

extension Problem {
  static let unknownAction = Problem(.unknownAction, "There is no such action.")

  /// A check that came to no numbers.
  init(unchecked check: BalanceCheck, _ scope: Scope, _ scopes: ScopeResolver) {
    switch check.outcome {
    case .unknownFeature: self = .unknownAction
    case .forbidden: self = scopes.problemOfStranger(to: scope)
    default: self = Problem(undecided: check.outcome, spender: scope.spender) ?? .internalError
    }
  }
}
