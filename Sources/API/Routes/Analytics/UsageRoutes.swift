import Accounts
import HTTP
import JSON
import Tokens

/// `GET /api/v1/tokens/usage` and `GET /api/v1/admin/usage`: what was used, added up by one to three of what there is.
struct UsageRoutes: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver

  func ofOrganization(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "groupBy", "from", "to", "tokenType", "featureUsed", "format"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let query = try UsageQuery(request, allowing: [.feature, .user, .tokenType, .day, .hour])
    let form = try ReportForm.wanted(by: request)
    scopes.resolveInTurn(caller, organizationID: organizationID) { scope in
      reply.attempt { () throws(Problem) in
        let scope = try scope.get()
        context.accounts(of: scope).usage(query, of: scope.organizationID, for: scope.spender) { result in
          reply.attempt { () throws(Problem) in
            let report = try result.mapError(Problem.init).get()
            reply.send(
              try answer(report, query, form) { outcome throws(Problem) in
                try scopes.requireReadable(outcome, scope)
              })
          }
        }
      }
    }
  }

  func ofService(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery([
      "organizationId", "userId", "groupBy", "from", "to", "tokenType", "featureUsed", "format",
    ])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let userID = try request.queryIdentifier("userId", of: User.self)
    var query = try UsageQuery(request, allowing: UsageQuery.Grouping.allCases)
    query.userID = userID
    let form = try ReportForm.wanted(by: request)
    let asked = query
    guard let organizationID else {
      context.accounts.usage(asked) { result in
        reply.attempt { () throws(Problem) in
          reply.send(try answer(try result.mapError(Problem.init).get(), asked, form) { _ in })
        }
      }
      return
    }
    // One organization's answer is exact as of now, and needs nobody else's rows.
    context.accounts.inTurn(of: .service).usage(asked, of: organizationID, for: .service(onBehalfOf: nil)) { result in
      reply.attempt { () throws(Problem) in
        let report = try result.mapError(Problem.init).get().naming(organizationID, asked)
        reply.send(try answer(report, asked, form) { _ throws(Problem) in throw .notFound })
      }
    }
  }

  private func answer(
    _ report: AnalyticsReport<[UsageRow]>, _ query: UsageQuery, _ form: ReportForm,
    refuse: (Outcome) throws(Problem) -> Void
  ) throws(Problem) -> Response {
    switch report {
    case .refused(let outcome):
      try refuse(outcome)
      throw .notFound
    case .spanOutOfBounds:
      throw Problem(
        .invalidRequest, "from is before to, and at most 400 days before it; with groupBy=hour at most 31 days.")
    case .report(let span, let rows):
      try ReportForm.requireFits(rows.count)
      switch form {
      case .json: return UsageTable(query).json(rows, span)
      case .csv: return UsageTable(query).csv(rows)
      }
    }
  }
}

extension AnalyticsReport<[UsageRow]> {
  /// The same with the organization in each row, where it is asked for.
  fileprivate func naming(_ organizationID: OrganizationID, _ query: UsageQuery) -> Self {
    guard case .report(let span, var rows) = self, query.groupings.contains(.organization) else { return self }
    for index in rows.indices { rows[index].organizationID = organizationID }
    return .report(span, rows)
  }
}
