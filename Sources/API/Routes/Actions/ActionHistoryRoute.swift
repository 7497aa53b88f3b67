import Accounts
import HTTP
public import JSON
public import Tokens

/// `GET /api/v1/admin/actions/{name}`: an action with every price that it has had.
struct ActionHistoryRoute: Sendable {
  let context: RouteContext

  func handle(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    guard let name = request.parameters["name"], Action.isName(name) else { throw .notFound }
    try request.allowQuery([])
    context.accounts.action(name) { result in
      reply.attempt { () throws(Problem) in
        guard let history = try result.mapError(Problem.init).get() else { throw .notFound }
        reply.send(.json { history.write(to: &$0) })
      }
    }
  }
}

extension ActionHistory {
  /// Writes the members of an action and its prices, the newest first, for the API and for scripts.
  public func write(to writer: inout JSONWriter) {
    action.write(to: &writer)
    writer.name("versions")
    writer.beginArray()
    for version in versions {
      writer.beginObject()
      writer.member("priceVersion", version.version)
      writer.member("tokenType", version.tokenType)
      version.price.write(to: &writer)
      writer.member("validFrom", timestamp: version.validFromMicroseconds)
      writer.endObject()
    }
    writer.endArray()
  }
}
