import Accounts
import HTTP
public import JSON
public import Tokens

/// `/api/v1/admin/plans`: what organizations can subscribe to, and what that grants.
struct PlanRoutes: Sendable {
  let context: RouteContext

  /// `GET /api/v1/admin/plans`: all of them, there is no next page.
  func list(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery([])
    context.accounts.plans(only: nil) { result in
      reply.attempt { () throws(Problem) in
        reply.send(.list(try result.mapError(Problem.init).get(), nextCursor: nil) { $0.write(to: &$1) })
      }
    }
  }

  /// `GET /api/v1/admin/plans/{plan}`.
  func read(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    guard let name = request.parameters["plan"], CatalogueName.isOne(name) else { throw .notFound }
    try request.allowQuery([])
    context.accounts.plans(only: name) { result in
      reply.attempt { () throws(Problem) in
        guard let plan = try result.mapError(Problem.init).get().first else { throw .notFound }
        reply.send(.json { plan.write(to: &$0) })
      }
    }
  }

  /// `PUT /api/v1/admin/plans/{plan}`: makes it, or changes what it grants from each balance's next period on.
  func set(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    context.accounts.acting(as: request.actor(caller)).set(try Self.plan(request)) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(.unknownTokenType):
        reply.fail(Problem(.unknownTokenType, "A token type that allocations names does not exist."))
      case .success(.made(let plan)): reply.send(.json { plan.write(to: &$0) })
      }
    }
  }

  private static func plan(_ request: Request) throws(Problem) -> Plan {
    guard let name = request.parameters["plan"], CatalogueName.isOne(name) else {
      throw Problem(.invalidRequest, "A plan is 1 to 63 of a-z, 0-9 and _, and begins with a letter.")
    }
    var body = try RequestBody.object(of: request)
    do throws(ReadingError) {
      let title = try body.string("title")
      guard Plan.titleLengthRange.contains(title.unicodeScalars.count) else {
        throw ReadingError(member: "title", problem: .outOfRange, bounds: "1 to 200 characters long")
      }
      let allocations = try body.object("allocations")
      for member in allocations.members {
        guard case .integer(let tokens) = member.value, (0...TokenAmount.range.upperBound).contains(tokens) else {
          throw ReadingError(
            member: "allocations", problem: .outOfRange, bounds: "an object of integers from 0 to 10^15")
        }
      }
      try body.finish()
      return Plan(
        name: name, title: title,
        allocations: String(decoding: JSONValue.object(allocations).encoded(), as: UTF8.self))
    } catch {
      throw Problem(error)
    }
  }
}

extension Plan {
  /// Writes the members of a plan, for the API and for scripts.
  public func write(to writer: inout JSONWriter) {
    writer.member("plan", name)
    writer.member("title", title)
    writer.member("allocations", raw: Array(allocations.utf8))
    writer.member("price", price)
  }
}
