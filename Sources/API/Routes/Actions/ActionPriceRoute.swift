import Accounts
import HTTP
import JSON
import Tokens

/// `PUT /api/v1/admin/actions/{name}`: makes an action, or changes what it costs from the next use on.
struct ActionPriceRoute: Sendable {
  let context: RouteContext

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    context.accounts.acting(as: request.actor(caller)).setPrice(of: try read(request)) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(.refused(let reason)): reply.fail(Problem(.invalidRequest, reason))
      case .success(.made(let action)): reply.send(.json { action.write(to: &$0) })
      }
    }
  }

  private func read(_ request: Request) throws(Problem) -> ActionPrice {
    guard let name = request.parameters["name"], Action.isName(name) else {
      throw Problem(.invalidRequest, "An action is 1 to 63 of a-z, 0-9 and _, and begins with a letter.")
    }
    var body = try RequestBody.object(of: request)
    let cost = try body.optionalAmount("cost", in: 0...TokenAmount.range.upperBound)
    do throws(ReadingError) {
      let rates = try body.optionalObject("rates")
      let action = ActionPrice(
        name: name, tokenType: try body.string("tokenType", maximumBytes: 255), price: try Self.price(cost, rates),
        description: try body.optionalString("description", maximumBytes: 1_000) ?? "",
        endpointType: try body.optionalString("endpointType", maximumBytes: 255))
      try body.finish()
      return action
    } catch {
      throw Problem(error)
    }
  }

  private static func price(_ cost: Int64?, _ rates: JSONObject?) throws(ReadingError) -> Price {
    switch (cost, rates) {
    case (let tokens?, nil): return .cost(tokens)
    case (nil, let rates?): return .rates(String(decoding: JSONValue.object(rates).encoded(), as: UTF8.self))
    case (nil, nil): throw ReadingError(member: "cost", problem: .missing)
    default: throw ReadingError(member: "rates", problem: .outOfRange, bounds: "left out where there is a cost")
    }
  }
}
