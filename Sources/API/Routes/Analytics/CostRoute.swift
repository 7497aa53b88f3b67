import Accounts
import HTTP
import Tokens

/// `GET /api/v1/admin/usage/focus?from&to&organizationId`: what was used, as CSV with columns of FOCUS 1.2, the FinOps Open
/// Cost and Usage Specification (https://focus.finops.org/focus-specification/v1-2/): all mandatory ones, those that say
/// how much was consumed and priced, and own ones with `x_`. Each row is a day of an organization's feature.
///
/// Uses are paid with tokens, not with money: the costs are 0, and `PricingCurrencyEffectiveCost` is in tokens, whose type
/// is the virtual currency `PricingCurrency`. docs/analytics.md says which columns are empty, and why.
struct CostRoute: Sendable {
  let context: RouteContext

  func export(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "from", "to"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let (from, to) = (try request.queryTime("from"), try request.queryTime("to"))
    context.accounts.costs(
      of: organizationID, fromMicroseconds: from, toMicroseconds: to, limit: ReportForm.rowLimit + 1
    ) { result in
      reply.attempt { () throws(Problem) in
        switch try result.mapError(Problem.init).get() {
        case .refused: throw .notFound
        case .spanOutOfBounds: throw .spanOutOfBounds
        case .report(_, let rows):
          try ReportForm.requireFits(rows.count)
          var writer = CSVWriter(columns: CostColumn.allCases.map(\.rawValue))
          for row in rows {
            for column in CostColumn.allCases { column.write(row, to: &writer) }
            writer.endLine()
          }
          reply.send(writer.response())
        }
      }
    }
  }
}
