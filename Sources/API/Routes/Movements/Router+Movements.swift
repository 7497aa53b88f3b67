import HTTP

extension Router {
  /// The routes that move or hold tokens, deductions aside.
  mutating func addMovements(_ context: RouteContext, _ scopes: ScopeResolver) {
    func add<Asked: MovementRequest>(_ pattern: String, _: Asked.Type) {
      self.add("POST", pattern, handler: MovementRoute<Asked>(context: context, scopes: scopes).handle)
    }
    add("/api/v1/tokens/refund", RefundRequest.self)
    add("/api/v1/tokens/top-up", TopUpRequest.self)
    add("/api/v1/reservations", ReserveRequest.self)
    self.add("GET", "/api/v1/reservations/{id}", handler: ReservationRoute(context: context, scopes: scopes).handle)
    add("/api/v1/reservations/{id}/capture", CaptureRequest.self)
    add("/api/v1/reservations/{id}/release", ReleaseRequest.self)
    add("/api/v1/reservations/{id}/extend", ExtendRequest.self)
    add("/api/v1/admin/organizations/{id}/adjust", AdjustRequest.self)
    add("/api/v1/admin/organizations/{id}/reset", ResetRequest.self)
  }
}
