import Accounts
import HTTP
public import JSON
public import Tokens

/// `GET /api/v1/actions`: what tokens are spent on, and what that costs. The catalogue is the same for everybody.
struct ActionsRoute: Sendable {
  let context: RouteContext

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery([])
    context.accounts(for: caller) { accounts in
      reply.attempt { () throws(Problem) in
        try accounts.get().actions { result in
          switch result {
          case .failure(let failure): reply.fail(failure)
          case .success(let actions): reply.send(Self.response(actions))
          }
        }
      }
    }
  }

  /// All of them: there is no next page.
  private static func response(_ actions: [Action]) -> Response {
    .json { writer in
      writer.name("data")
      writer.beginArray()
      for action in actions {
        writer.beginObject()
        action.write(to: &writer)
        writer.endObject()
      }
      writer.endArray()
      writer.name("nextCursor")
      writer.null()
    }
  }
}

extension Action {
  /// Writes the members that tell an action and its price, for the API and for scripts: `cost`, or `rates` where the
  /// price has dimensions.
  public func write(to writer: inout JSONWriter) {
    writer.member("name", price.name)
    writer.member("tokenType", price.tokenType)
    price.price.write(to: &writer)
    writer.member("endpointType", price.endpointType)
    writer.member("description", price.description)
    writer.member("priceVersion", priceVersion)
  }
}

extension Price {
  /// Writes `cost`, or `rates`.
  func write(to writer: inout JSONWriter) {
    switch self {
    case .cost(let tokens): writer.member("cost", tokens)
    case .rates(let object): writer.member("rates", raw: Array(object.utf8))
    }
  }
}
