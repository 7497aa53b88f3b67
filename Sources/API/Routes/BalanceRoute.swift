import Accounts
import HTTP
import JSON
import Settlement
import Tokens

/// `GET /api/v1/tokens/balance?organizationId&tokenType&at`: balances as of now, or as they were.
struct BalanceRoute: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "tokenType", "at"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let tokenType = try request.queryText("tokenType")
    let at = try request.queryTime("at")
    guard let at else {
      scopes.resolve(caller, organizationID: organizationID, userID: nil) { scope in
        reply.attempt { () throws(Problem) in answer(try scope.get(), tokenType, reply) }
      }
      return
    }
    scopes.resolveInTurn(caller, organizationID: organizationID) { scope in
      reply.attempt { () throws(Problem) in answer(try scope.get(), tokenType, at: at, reply) }
    }
  }

  private func answer(_ scope: Scope, _ tokenType: String?, _ reply: Reply) {
    let reading = BalanceReading(organizationID: scope.organizationID, spender: scope.spender)
    context.settlement.balances(reading) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let report):
        if report.outcome == .forbidden {
          reply.fail(scopes.problemOfStranger(to: scope))
          return
        }
        if let problem = Problem(undecided: report.outcome, spender: scope.spender) {
          reply.fail(problem)
          return
        }
        let wanted = report.balances.filter { balance in
          tokenType.map { balance.tokenType.utf8.elementsEqual($0.utf8) } ?? true
        }
        reply.send(Self.response(wanted))
      }
    }
  }

  private func answer(_ scope: Scope, _ tokenType: String?, at instant: Int64, _ reply: Reply) {
    context.accounts(of: scope).balances(
      atMicroseconds: instant, of: scope.organizationID, for: scope.spender
    ) { result in
      reply.attempt { () throws(Problem) in
        switch try result.mapError(Problem.init).get() {
        case .inTheFuture: throw Problem(.invalidRequest, "at is in the future.")
        case .refused(let outcome): try scopes.requireReadable(outcome, scope)
        case .balances(let balances):
          let wanted = balances.filter { balance in
            tokenType.map { balance.tokenType.utf8.elementsEqual($0.utf8) } ?? true
          }
          reply.send(Self.response(wanted, at: instant))
        }
      }
    }
  }

  /// What the ledger cannot tell is null: it knows what moved, and not the plan of that time.
  private static func response(_ balances: [PastBalance], at instant: Int64) -> Response {
    .json { writer in
      writer.member("at", timestamp: instant)
      writer.name("balances")
      writer.beginArray()
      for balance in balances {
        writer.beginObject()
        writer.member("tokenType", balance.tokenType)
        writer.member("balance", balance.balance)
        writer.member("reserved", balance.reserved)
        writer.member("available", balance.available)
        for unknown: StaticString in ["allocated", "used", "purchased", "refreshDate", "state"] {
          writer.member(unknown, nil as String?)
        }
        writer.endObject()
      }
      writer.endArray()
    }
  }

  private static func response(_ balances: [Balance]) -> Response {
    .json { writer in
      writer.name("balances")
      writer.beginArray()
      for balance in balances {
        writer.beginObject()
        balance.write(to: &writer)
        writer.endObject()
      }
      writer.endArray()
    }
  }
}
