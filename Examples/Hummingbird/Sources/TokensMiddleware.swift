import Hummingbird
import TollgateClient

/// A route that costs tokens of whoever calls it: held before the handler runs, charged when it has answered with a
/// status below 400, let go otherwise.
struct TokensMiddleware<Context: RequestContext>: RouterMiddleware {
  let tollgate: TollgateClient
  let feature: String

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let words = (request.headers[.authorization] ?? "").split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer" else { throw HTTPError(.unauthorized) }
    do {
      return try await tollgate.authorized(by: String(words[1])).withTokens(feature, estimate: 1) { held in
        let response = try await next(request, context)
        return Costed(response, tokens: response.status.code < 400 ? held.amount : 0)
      }
    } catch let error as TollgateError {
      // A refusal goes to the client; what is no client's fault is 503.
      let status = error.problem.map(\.status).flatMap { (400...499).contains($0) ? $0 : nil } ?? 503
      var answer = HTTPError(.init(code: status), message: status < 500 ? "\(error)" : "Tokens cannot be spent now.")
      if let seconds = error.retryAfterSeconds { answer.headers[.retryAfter] = String(seconds) }
      throw answer
    }
  }
}
