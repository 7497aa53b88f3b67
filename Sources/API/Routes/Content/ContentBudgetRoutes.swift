import Accounts
import HTTP
import JSON
import Tokens

/// `/api/v1/admin/budgets`: every organization's content budget, for administrators.
struct ContentBudgetRoutes: Sendable {
  let context: RouteContext
  let cursors: PageCursors

  /// `GET /api/v1/admin/budgets?sort&limit&cursor`.
  func list(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["sort", "limit", "cursor"])
    let order = try order(of: request)
    let limit = try request.pageLimit()
    let list = JSONValue.array([.string("budgets"), .string(order.rawValue)]).encoded()
    var last: OrganizationID?
    if let cursor = try request.queryText("cursor") {
      last = OrganizationID(bits: try cursors.row(of: cursor, in: list).bits)
    }
    // One more than asked for tells whether there is another page.
    context.accounts.contentBudgets(by: order, behind: last, limit: limit + 1) { result in
      reply.attempt { () throws(Problem) in
        let found = try result.mapError(Problem.init).get()
        let shown = found.prefix(limit)
        var nextCursor: String?
        if found.count > limit, let last = shown.last {
          nextCursor = try cursors.cursor(behind: TransactionID(bits: last.organizationID.bits), of: list)
        }
        reply.send(.list(shown, nextCursor: nextCursor) { $0.write(to: &$1) })
      }
    }
  }

  /// `PUT /api/v1/admin/budgets/{id}`: changes what is given.
  func change(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let organizationID: OrganizationID = try request.pathIdentifier()
    let change = try ContentBudgetChange(request)
    guard change.counter.map(CatalogueName.isOne) != false else { throw Self.unknownSetting }
    context.accounts.acting(as: request.actor(caller)).changeContentBudget(of: organizationID, by: change) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(.failure(.notFound)): reply.fail(.notFound)
      // Everything else that SQL asks of the arguments was looked at above.
      case .success(.failure(.invalidArgument)), .success(.failure(.conflict)): reply.fail(Self.unknownSetting)
      case .success(.success(let changed)): reply.send(.json { changed.write(to: &$0) })
      }
    }
  }

  /// `POST /api/v1/admin/budgets/{id}/reset`: deactivates everything.
  func reset(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let organizationID: OrganizationID = try request.pathIdentifier()
    let key = try request.idempotencyKey()
    try RequestBody.optionalObject(of: request).end()
    context.accounts.acting(as: request.actor(caller)).resetContentBudget(of: organizationID, under: key) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(.failure(let refusal)): reply.fail(Problem(refusal, spender: .service(onBehalfOf: nil)))
      case .success(.success(let done)):
        reply.send(
          .json(isReplay: done.isReplay) { writer in
            writer.member("organizationId", organizationID)
            writer.member("deactivatedCount", done.deactivatedCount)
            writer.member("tokens", done.tokens)
          })
      }
    }
  }

  private func order(of request: Request) throws(Problem) -> ContentBudgetOrder {
    guard let text = try request.queryText("sort") else { return .newest }
    guard let order = ContentBudgetOrder.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) else {
      throw Problem(.invalidRequest, "sort is newest or percentUsed.")
    }
    return order
  }

  private static let unknownSetting = Problem(.unknownContentSetting, "There is no such level or counter.")
}

extension ContentBudgetChange {
  /// Reads the body of a PUT.
  ///
  /// - Throws: 400 for what cannot be understood, or says nothing to change, 422 for tokens out of range.
  fileprivate init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    self.init(budgetTokens: try body.optionalAmount("budgetTokens"))
    do throws(ReadingError) {
      level = try body.optionalInteger("level", in: 0...Int64(Int32.max))
      deactivatesAutomatically = try body.optionalBoolean("deactivatesAutomatically")
      counter = try body.optionalString("counter", maximumBytes: 255)
    } catch {
      throw Problem(error)
    }
    try body.end()
    guard level != nil || budgetTokens != nil || deactivatesAutomatically != nil || counter != nil else {
      throw Problem(.invalidRequest, "Nothing to change is given.")
    }
  }
}
