import HTTP
import JSON
import Settlement
import Tokens

/// `GET /api/v1/tokens/stats?organizationId=…`: what the existing dashboard shows.
struct StatisticsRoute: Sendable {
  let context: RouteContext

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    guard let organization = try request.queryText("organizationId"), !organization.isEmpty else {
      throw Problem(.invalidRequest, "Missing organizationId")
    }
    guard let organizationID = OrganizationID(organization) else {
      throw Problem(.invalidRequest, "organizationId is not a UUID")
    }
    answer(organizationID, Spender(caller), reply)
  }

  private func answer(_ organizationID: OrganizationID, _ spender: Spender, _ reply: Reply) {
    context.settlement.balances(BalanceReading(organizationID: organizationID, spender: spender)) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let report):
        if let problem = Problem(undecided: report.outcome, spender: spender) {
          reply.fail(problem)
        } else {
          reply.send(Self.response(report.balances))
        }
      }
    }
  }

  private static func response(_ balances: [Balance]) -> Response {
    .json { writer in
      writer.member("totalBalance", total(balances.map(\.balance)))
      writer.member("totalAllocated", total(balances.map(\.allocated)))
      writer.member("totalUsed", total(balances.map(\.used)))
      writer.member("refreshDate", timestamp: balances.compactMap(\.refreshDateMicroseconds).min())
      writer.name("byType")
      writer.beginArray()
      for balance in balances {
        writer.beginObject()
        writer.member("token_type", balance.tokenType)
        writer.member("balance", balance.balance)
        writer.member("total_allocated", balance.allocated)
        writer.member("total_used", balance.used)
        writer.member("refresh_date", timestamp: balance.refreshDateMicroseconds)
        writer.endObject()
      }
      writer.endArray()
    }
  }

  /// A sum that stops at the largest number instead of ending the process.
  private static func total(_ amounts: [Int64]) -> Int64 {
    amounts.reduce(0) { sum, amount in
      let (next, isOverflow) = sum.addingReportingOverflow(amount)
      return isOverflow ? .max : next
    }
  }
}
