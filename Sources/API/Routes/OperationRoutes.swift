import Accounts
import HTTP
import JSON
import Log
import Metrics
import Tokens

/// `/livez`, `/readyz`, `/metrics` and `/openapi.json`: for load balancers, deploys and people who write clients.
struct OperationRoutes: Sendable {
  let context: RouteContext
  let verifier: TokenVerifier
  let isDraining: DrainingFlag
  /// The schema version that this binary was built for.
  let schemaVersion: Int
  let metrics: MetricsPage
  /// The schema version of the database: whoever asks needs no token, so that asking often costs PostgreSQL nothing.
  private let schemaLevel: SharedLook<Result<Int, ServiceFailure>>

  init(
    context: RouteContext, verifier: TokenVerifier, isDraining: DrainingFlag, schemaVersion: Int, metrics: MetricsPage
  ) {
    self.context = context
    self.verifier = verifier
    self.isDraining = isDraining
    self.schemaVersion = schemaVersion
    self.metrics = metrics
    schemaLevel = SharedLook { [accounts = context.accounts] in accounts.schemaLevel(completion: $0) }
  }

  /// The process answers.
  func live(_ request: Request, _ responder: Responder) {
    responder.send(.json { $0.member("status", "ok") })
  }

  /// New requests are welcome: the database answers, its schema is the one we know, there are keys to verify tokens
  /// with, and we are not on our way out. What the database says is at most a second old.
  func ready(_ request: Request, _ responder: Responder) {
    let reply = Reply(to: request, responder, errorMember: .code, context)
    guard !isDraining.isSet else {
      reply.fail(Problem(.unavailable, "The server is shutting down.", retryAfterSeconds: 1))
      return
    }
    guard verifier.isReady else {
      let detail = "There is no key set to verify tokens with yet: see the log for TOLLGATE_JWT_JWKS."
      reply.fail(Problem(.unavailable, detail, retryAfterSeconds: 5))
      return
    }
    schemaLevel.ask { [schemaVersion] result in
      switch result {
      case .failure(.defect):
        let detail = "The database has no schema that this server knows: run tollgate migrate up."
        reply.fail(Problem(.unavailable, detail, retryAfterSeconds: 5))
      case .failure(let failure): reply.fail(failure)
      case .success(let level) where level < schemaVersion:
        let detail =
          "The database's schema is at version \(level), this server needs \(schemaVersion): run tollgate migrate up."
        reply.fail(Problem(.unavailable, detail, retryAfterSeconds: 5))
      case .success(let level):
        reply.send(
          .json { writer in
            writer.member("status", "ok")
            writer.member("schemaVersion", level)
          })
      }
    }
  }

  /// For Prometheus. It names no organization and no user.
  func measure(_ request: Request, _ responder: Responder) {
    responder.send(
      Response(
        status: 200, headers: [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")] + commonHeaders,
        body: Array(metrics.text().utf8)))
  }

  func describe(_ request: Request, _ responder: Responder) { responder.send(APIDescription.response) }
}
