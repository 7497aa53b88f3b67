import Accounts
import Crypto
import HTTP
import JSON
import Notifications
import Tokens
import Vault

/// `/api/v1/admin/webhooks`: who is told about events over HTTPS. Secrets are shown once.
struct WebhookRoutes: Sendable {
  let context: RouteContext
  let cursors: PageCursors
  /// Nil where the settings have no keys.
  let vault: Vault?

  /// `POST /api/v1/admin/webhooks`. The answer is the only one that ever has the secret.
  func create(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    guard let vault else { throw .noWebhooks }
    try request.refuseUnkeptIdempotencyKey()
    let wanted = try NewWebhook(request)
    let id = WebhookID(bits: context.newTransactionID().bits)
    let (text, sealed) = try Self.makeSecret(of: id, wanted.organizationID, vault)
    context.accounts.acting(as: request.actor(caller)).createWebhook(
      id, of: wanted.organizationID, url: wanted.url, events: wanted.events, secret: sealed
    ) { result in
      answer(result, reply) { webhook in
        .json(status: 201) { writer in
          writer.member("secret", text)
          webhook.write(to: &writer)
        }
      }
    }
  }

  /// `POST /api/v1/admin/webhooks/{id}/rotate-secret`. The answer is the only one that ever has the new secret.
  func rotateSecret(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    guard let vault else { throw .noWebhooks }
    try request.refuseUnkeptIdempotencyKey()
    let id: WebhookID = try request.pathIdentifier()
    var body = try RequestBody.optionalObject(of: request)
    let graceSeconds: Int64
    do throws(ReadingError) {
      graceSeconds =
        try body.optionalInteger("graceSeconds", in: Webhook.graceRangeSeconds) ?? Webhook.defaultGraceSeconds
      try body.finish()
    } catch {
      throw Problem(error)
    }
    // Whose it is, is sealed with the secret.
    context.accounts.webhook(id) { found in
      guard case .success(.success(let webhook)) = found else { return answerWebhook(found, reply) }
      reply.attempt { () throws(Problem) in
        let (text, sealed) = try Self.makeSecret(of: id, webhook.organizationID, vault)
        context.accounts.acting(as: request.actor(caller)).rotateSecret(of: id, to: sealed, graceSeconds: graceSeconds)
        { result in
          answer(result, reply) { webhook in
            .json(status: 201) { writer in
              writer.member("secret", text)
              webhook.write(to: &writer)
            }
          }
        }
      }
    }
  }

  /// `GET /api/v1/admin/webhooks?organizationId&limit&cursor`.
  func list(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "limit", "cursor"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let page = try ListPage(request, cursors, "webhooks", [organizationID?.description])
    context.accounts.webhooks(
      of: organizationID, before: page.before.map { WebhookID(bits: $0.bits) }, limit: page.rowLimit
    ) { result in
      reply.attempt { () throws(Problem) in
        let webhooks = try result.mapError(Problem.init).get()
        reply.send(try page.response(webhooks, id: { $0.id }) { $0.write(to: &$1) })
      }
    }
  }

  /// `GET /api/v1/admin/webhooks/{id}`.
  func read(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery([])
    context.accounts.webhook(try request.pathIdentifier()) { answerWebhook($0, reply) }
  }

  /// `PATCH /api/v1/admin/webhooks/{id}`.
  func change(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let id: WebhookID = try request.pathIdentifier()
    context.accounts.acting(as: request.actor(caller)).change(id, by: try WebhookChange(request)) {
      answerWebhook($0, reply)
    }
  }

  /// `DELETE /api/v1/admin/webhooks/{id}`.
  func delete(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let id: WebhookID = try request.pathIdentifier()
    context.accounts.acting(as: request.actor(caller)).delete(id) {
      (result: Result<Accounts.Administered<Void>, ServiceFailure>) in
      answer(result, reply) { () in .json { $0.member("webhookId", id) } }
    }
  }

  private func answerWebhook(_ result: Result<Accounts.Administered<Webhook>, ServiceFailure>, _ reply: Reply) {
    answer(result, reply) { webhook in .json { webhook.write(to: &$0) } }
  }

  private func answer<Value>(
    _ result: Result<Accounts.Administered<Value>, ServiceFailure>, _ reply: Reply, _ success: (Value) -> Response
  ) {
    switch result {
    case .failure(let failure): reply.fail(failure)
    case .success(.failure(.notFound)): reply.fail(.notFound)
    case .success(.failure(.conflict)):
      reply.fail(Problem(.tooManyReceivers, "There are 100 webhooks already: delete one first."))
    case .success(.failure(.invalidArgument)): reply.fail(Problem(ServiceFailure.defect(cause: "TG400 of a webhook")))
    case .success(.success(let value)): reply.send(success(value))
    }
  }

  private static func makeSecret(
    of id: WebhookID, _ organizationID: OrganizationID?, _ vault: Vault
  ) throws(Problem) -> (text: String, sealed: SealedBytes) {
    do {
      let made = try WebhookSecret.make()
      return (made.text, try vault.seal(webhookSecret: made.secret, of: id, organizationID: organizationID))
    } catch {
      throw Problem(ServiceFailure.defect(cause: "\(error)"))
    }
  }
}

extension Request {
  /// An answer with a secret is not kept: whoever lost it looks at the list instead.
  fileprivate func refuseUnkeptIdempotencyKey() throws(Problem) {
    guard headers["Idempotency-Key"] == nil else {
      throw Problem(
        .invalidRequest,
        "Idempotency-Key cannot be kept here: a secret is shown once. Where an answer was lost, look into the list.")
    }
  }
}

extension Problem {
  /// There are no keys to seal secrets with.
  static let noWebhooks = Problem(
    .notImplemented, "Webhooks need TOLLGATE_VAULT_KEYS, which is not set: their secrets are kept sealed.")
}
