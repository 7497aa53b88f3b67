import HTTP
import JSON
import Tokens

/// `/dashboard/session`: POST signs in with a token, DELETE signs out. For the dashboard's own page and nobody else.
struct SessionRoutes: Sendable {
  let context: RouteContext
  let clock: WallClock

  /// Verifies a JSON Web Token and keeps it in the cookie until it expires. API keys are no tokens of people, and refused.
  func signIn(_ request: Request, _ responder: Responder) {
    let reply = Reply(to: request, responder, errorMember: .code, context)
    reply.attempt { () throws(Problem) in
      try requireOwnPage(request)
      let token = try token(of: request)
      // Browsers send a token of any other form in pieces, or as something else.
      guard !token.isEmpty, token.utf8.allSatisfy(Self.isOfTokens), !APIKeys.isKey(Array(token.utf8)[...]) else {
        throw .unauthorized
      }
      context.admission.prove(Array(token.utf8)[...], sentBy: request) { proven, fields in
        let reply = reply.adding(fields)
        reply.attempt { () throws(Problem) in
          let proven = try proven.get()
          guard let expiresAt = proven.expiresAtSeconds else { throw .unauthorized }
          let (seconds, isOverflow) = expiresAt.subtractingReportingOverflow(clock.seconds)
          var response = Response.json { writer in
            writer.member("kind", proven.caller.kind)
            writer.member("expiresAt", timestampSeconds: expiresAt)
          }
          response.headers.append(SessionCookie.set(token, seconds: isOverflow ? 0 : seconds))
          reply.send(response)
        }
      }
    }
  }

  /// Has the browser forget the token. Who is not signed in is signed out already.
  func signOut(_ request: Request, _ responder: Responder) {
    let reply = Reply(to: request, responder, errorMember: .code, context)
    reply.attempt { () throws(Problem) in
      try requireOwnPage(request)
      reply.send(Response(status: 204, headers: commonHeaders + [SessionCookie.delete]))
    }
  }

  /// Refuses what a page of another origin had sent: it would sign its reader in as somebody else, or out.
  private func requireOwnPage(_ request: Request) throws(Problem) {
    guard RequestSource.isOwnPage(request), RequestSource.isMeant(request) else { throw .forbidden }
  }

  private func token(of request: Request) throws(Problem) -> String {
    var body = try RequestBody.object(of: request)
    let token: String
    do throws(ReadingError) { token = try body.string("token") } catch { throw Problem(error) }
    try body.end()
    guard token.utf8.count <= SessionCookie.tokenLimitBytes else {
      throw Problem(
        .invalidRequest, "The token is longer than the \(SessionCookie.tokenLimitBytes) bytes that a cookie can keep.")
    }
    return token
  }

  /// Base64url and the dots between (RFC 7515, section 7.1): nothing that ends a cookie's value.
  private static func isOfTokens(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}

extension Caller {
  /// What a caller is, in a word.
  var kind: String {
    switch self {
    case .user: "user"
    case .service: "service"
    case .key: "key"
    }
  }
}
