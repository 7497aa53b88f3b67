import Accounts
import HTTP
import JSON
import Tokens

/// `/api/v1/admin/keys`: makes, lists, replaces and revokes API keys, of organizations and of the service.
struct KeyRoutes: Sendable {
  let context: RouteContext
  let keys: APIKeys
  let cursors: PageCursors

  /// `POST /api/v1/admin/keys`. The answer is the only one that ever has the key.
  func create(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.refuseIdempotencyKey()
    let wanted = try NewAPIKey(request, createdBy: caller.keyID)
    let (text, key) = try Self.make()
    context.accounts.acting(as: request.actor(caller)).create(wanted, id: key.id, digest: key.digest) { result in
      answer(result, reply, invalid: "expiresAt is in the future.") { details in
        .json(status: 201) { writer in
          writer.member("key", text)
          details.write(to: &writer)
        }
      }
    }
  }

  /// `POST /api/v1/admin/keys/{id}/rotate`. The answer is the only one that ever has the new key.
  func rotate(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    try request.refuseIdempotencyKey()
    let id: APIKeyID = try request.pathIdentifier()
    var body = try RequestBody.optionalObject(of: request)
    let graceSeconds: Int64
    do throws(ReadingError) {
      graceSeconds =
        try body.optionalInteger("graceSeconds", in: APIKey.graceRangeSeconds) ?? APIKey.defaultGraceSeconds
      try body.finish()
    } catch {
      throw Problem(error)
    }
    let (text, key) = try Self.make()
    context.accounts.acting(as: request.actor(caller)).rotate(
      id, successorID: key.id, digest: key.digest, graceSeconds: graceSeconds, createdBy: caller.keyID
    ) { result in
      keys.forget(id)
      answer(result, reply) { rotated in
        .json(status: 201) { writer in
          writer.member("key", text)
          rotated.successor.write(to: &writer)
          writer.member("replaces", rotated.replaced.id)
          writer.member("replacedKeyEndsAt", timestamp: rotated.replaced.endsAtMicroseconds)
        }
      }
    }
  }

  /// `DELETE /api/v1/admin/keys/{id}`.
  func revoke(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let id: APIKeyID = try request.pathIdentifier()
    context.accounts.acting(as: request.actor(caller)).revoke(id) { result in
      keys.forget(id)
      answer(result, reply) { details in .json { details.write(to: &$0) } }
    }
  }

  /// `GET /api/v1/admin/keys?organizationId&limit&cursor`, newest first.
  func list(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "limit", "cursor"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let limit = try request.pageLimit()
    let list = JSONValue.array([.string("keys"), organizationID.map { .string($0.description) } ?? .null]).encoded()
    var before: APIKeyID?
    if let cursor = try request.queryText("cursor") {
      before = APIKeyID(bits: try cursors.row(of: cursor, in: list).bits)
    }
    // One more than asked for tells whether there is another page.
    context.accounts.keys(of: organizationID, before: before, limit: limit + 1) { result in
      reply.attempt { () throws(Problem) in
        let found = try result.mapError(Problem.init).get()
        guard case .success(let found) = found else { throw .notFound }
        let shown = found.prefix(limit)
        var nextCursor: String?
        if found.count > limit, let last = shown.last {
          nextCursor = try cursors.cursor(behind: TransactionID(bits: last.id.bits), of: list)
        }
        reply.send(
          .json { writer in
            writer.name("data")
            writer.beginArray()
            for key in shown {
              writer.beginObject()
              key.write(to: &writer)
              writer.endObject()
            }
            writer.endArray()
            writer.member("nextCursor", nextCursor)
          })
      }
    }
  }

  private static func make() throws(Problem) -> (text: String, key: APIKeyText) {
    do { return try APIKeyText.make() } catch { throw Problem(ServiceFailure.defect(cause: "\(error)")) }
  }

  private func answer<Value>(
    _ result: Result<Accounts.Administered<Value>, ServiceFailure>, _ reply: Reply, invalid: String? = nil,
    _ success: (Value) -> Response
  ) {
    switch result {
    case .failure(let failure): reply.fail(failure)
    case .success(.failure(.notFound)): reply.fail(.notFound)
    case .success(.failure(.conflict)):
      reply.fail(Problem(.keyNotActive, "The key is revoked, replaced or expired."))
    case .success(.failure(.invalidArgument)):
      reply.fail(
        invalid.map { Problem(.invalidRequest, $0) } ?? Problem(ServiceFailure.defect(cause: "TG400 of a key")))
    case .success(.success(let value)): reply.send(success(value))
    }
  }
}

extension Caller {
  /// The key that asks; nil for a token.
  fileprivate var keyID: APIKeyID? { if case .key(let key) = self { key.keyID } else { nil } }
}

extension Request {
  /// A key is shown once, so that a second answer could not be the same as the first.
  fileprivate func refuseIdempotencyKey() throws(Problem) {
    guard headers["Idempotency-Key"] == nil else {
      throw Problem(
        .invalidRequest,
        "Idempotency-Key cannot be kept here: a key is shown once. Revoke the one whose answer was lost, and make another."
      )
    }
  }
}
