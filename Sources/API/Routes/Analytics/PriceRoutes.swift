import Accounts
import HTTP
import JSON
import Tokens

/// What plans and packs cost, and what organizations would have paid. Estimates: nobody is charged by it.
struct PriceRoutes: Sendable {
  let context: RouteContext

  /// `GET /api/v1/admin/organizations/{id}/plan-estimates?from&to`.
  func estimate(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["from", "to"])
    let organizationID: OrganizationID = try request.pathIdentifier()
    let (from, to) = (try request.queryTime("from"), try request.queryTime("to"))
    context.accounts.planEstimates(of: organizationID, fromMicroseconds: from, toMicroseconds: to) { result in
      answer(result, reply) { report throws(Problem) in
        guard case .report(let span, let estimates) = report else {
          throw Problem(.invalidRequest, "from is before to, and at most 399 days before it.")
        }
        return .json { writer in
          writer.member("organizationId", organizationID)
          writer.member("from", timestamp: span.fromMicroseconds)
          writer.member("to", timestamp: span.toMicroseconds)
          writer.member("data", json: estimates)
        }
      }
    }
  }

  /// `PUT /api/v1/admin/plans/{plan}/price`.
  func setOfPlan(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    guard let plan = request.parameters["plan"], CatalogueName.isOne(plan) else { throw .notFound }
    let price = try Money(request)
    context.accounts.acting(as: request.actor(caller)).setPrice(price, ofPlan: plan) { result in
      answer(result, reply) { () in
        .json { writer in
          writer.member("plan", plan)
          price.write(to: &writer)
        }
      }
    }
  }

  /// `DELETE /api/v1/admin/plans/{plan}/price`.
  func removeOfPlan(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    guard let plan = request.parameters["plan"], CatalogueName.isOne(plan) else { throw .notFound }
    try request.allowQuery([])
    context.accounts.acting(as: request.actor(caller)).removePrice(ofPlan: plan) { result in
      answer(result, reply) { () in .json { $0.member("plan", plan) } }
    }
  }

  /// `GET /api/v1/admin/packs`: all of them, there is no next page.
  func listPacks(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery([])
    context.accounts.packPrices { result in
      reply.attempt { () throws(Problem) in
        reply.send(.list(try result.mapError(Problem.init).get(), nextCursor: nil) { $0.write(to: &$1) })
      }
    }
  }

  /// `PUT /api/v1/admin/packs/{tokens}/price`.
  func setOfPack(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let tokens = try Self.packSize(request)
    let price = try Money(request)
    context.accounts.acting(as: request.actor(caller)).setPrice(price, ofPackOf: tokens) { result in
      answer(result, reply) { () in
        .json { writer in
          writer.member("tokens", tokens)
          price.write(to: &writer)
        }
      }
    }
  }

  /// `DELETE /api/v1/admin/packs/{tokens}/price`: what is sold stays.
  func removeOfPack(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let tokens = try Self.packSize(request)
    try request.allowQuery([])
    context.accounts.acting(as: request.actor(caller)).removePrice(ofPackOf: tokens) { result in
      answer(result, reply) { () in .json { $0.member("tokens", tokens) } }
    }
  }

  /// Tokens of a pack, as the path says.
  private static func packSize(_ request: Request) throws(Problem) -> Int64 {
    guard let text = request.parameters["tokens"], (1...16).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let tokens = Int64(text), TokenAmount.range.contains(tokens)
    else { throw .notFound }
    return tokens
  }

  private func answer<Value>(
    _ result: Result<Accounts.Administered<Value>, ServiceFailure>, _ reply: Reply,
    _ success: (Value) throws(Problem) -> Response
  ) {
    reply.attempt { () throws(Problem) in
      switch try result.mapError(Problem.init).get() {
      case .failure(.notFound): throw .notFound
      case .failure: throw Problem(ServiceFailure.defect(cause: "a price that PostgreSQL does not take"))
      case .success(let value): reply.send(try success(value))
      }
    }
  }
}

extension PackPrice {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("tokens", tokens)
    writer.member("price", price)
    writer.member("sold", raw: Array(sold.utf8))
  }
}
