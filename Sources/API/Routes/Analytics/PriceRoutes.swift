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

  /// `PUT /api/v1/admin/packs/{tokens}/price`.
  func setOfPack(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    guard let text = request.parameters["tokens"], (1...16).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let tokens = Int64(text), TokenAmount.range.contains(tokens)
    else { throw .notFound }
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

extension Money {
  /// Reads the body of a PUT: sent twice, it is the same as once.
  fileprivate init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    do throws(ReadingError) {
      let amountMinor = try body.integer("amountMinor", in: Self.range)
      let currency = try body.string("currency")
      try body.finish()
      self.init(amountMinor: amountMinor, currency: currency)
    } catch {
      throw Problem(error)
    }
    guard currency.utf8.count == 3, currency.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
      throw Problem(.invalidRequest, "currency is three capital letters, as ISO 4217 has them.")
    }
  }

  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("amountMinor", amountMinor)
    writer.member("currency", currency)
  }
}
