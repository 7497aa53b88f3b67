import Accounts
import HTTP
import JSON
import Tokens

/// `/api/v1/admin/webhooks/{id}/…`: what is on its way to a webhook, a test, and once more.
struct DeliveryRoutes: Sendable {
  let context: RouteContext
  let cursors: PageCursors

  /// `POST /api/v1/admin/webhooks/{id}/test`.
  func test(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    let key = try request.idempotencyKey()
    let id: WebhookID = try request.pathIdentifier()
    try request.requireEmptyObject()
    context.accounts.requestDelivery(to: id, under: key) { answer($0, reply, conflict: "The webhook is not active.") }
  }

  /// `POST /api/v1/admin/webhooks/{id}/deliveries/{deliveryId}/replay`.
  func replay(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    let key = try request.idempotencyKey()
    let id: WebhookID = try request.pathIdentifier()
    guard let deliveryID = request.parameters["deliveryId"].flatMap(DeliveryID.init) else { throw .notFound }
    try request.requireEmptyObject()
    context.accounts.requestDelivery(to: id, again: deliveryID, under: key) {
      answer($0, reply, conflict: "The delivery is pending, or its webhook is not active.")
    }
  }

  /// `GET /api/v1/admin/webhooks/{id}/deliveries?status&limit&cursor`.
  func list(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["status", "limit", "cursor"])
    let id: WebhookID = try request.pathIdentifier()
    let status = try status(of: request)
    let page = try ListPage(request, cursors, "deliveries", [id.description, status?.rawValue])
    context.accounts.deliveries(
      of: id, status: status, before: page.before.map { DeliveryID(bits: $0.bits) }, limit: page.rowLimit
    ) { result in
      reply.attempt { () throws(Problem) in
        guard case .success(let deliveries) = try result.mapError(Problem.init).get() else { throw .notFound }
        reply.send(try page.response(deliveries, id: { $0.id }) { $0.write(to: &$1) })
      }
    }
  }

  private func status(of request: Request) throws(Problem) -> Delivery.Status? {
    guard let text = try request.queryText("status") else { return nil }
    guard let status = Delivery.Status.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) else {
      throw Problem(.invalidRequest, "status is pending, delivered or dead.")
    }
    return status
  }

  private func answer(
    _ result: Result<Accounts.Administered<Creation<RequestedDelivery>>, ServiceFailure>, _ reply: Reply,
    conflict: String
  ) {
    switch result {
    case .failure(let failure): reply.fail(failure)
    case .success(.failure(.conflict)): reply.fail(Problem(.notDeliverable, conflict))
    case .success(.failure): reply.fail(.notFound)
    case .success(.success(.keyReused)): reply.fail(.keyReused)
    case .success(.success(.made(let made))):
      reply.send(.json(status: 202, isReplay: made.isReplay) { made.delivery.write(to: &$0) })
    }
  }
}

extension Request {
  /// There is nothing to say: no body, or an object without members.
  fileprivate func requireEmptyObject() throws(Problem) {
    let body = try RequestBody.optionalObject(of: self)
    try body.end()
  }
}
