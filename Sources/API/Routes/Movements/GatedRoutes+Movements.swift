extension GatedRoutes {
  /// The routes that move or hold tokens.
  mutating func addMovements() {
    addMovement("/api/v1/tokens/refund", RefundRequest.self)
    addMovement("/api/v1/tokens/top-up", TopUpRequest.self)
    addMovement("/api/v1/reservations", ReserveRequest.self)
    add(
      "GET", "/api/v1/reservations/{id}", needs: .read, body: ReservationRoute(context: context, scopes: scopes).handle)
    addMovement("/api/v1/reservations/{id}/capture", CaptureRequest.self)
    addMovement("/api/v1/reservations/{id}/release", ReleaseRequest.self)
    addMovement("/api/v1/reservations/{id}/extend", ExtendRequest.self)
    addMovement("/api/v1/admin/organizations/{id}/adjust", AdjustRequest.self)
    addMovement("/api/v1/admin/organizations/{id}/reset", ResetRequest.self)
  }

  private mutating func addMovement<Asked: MovementRequest>(_ pattern: String, _: Asked.Type) {
    add("POST", pattern, needs: Asked.requirement, body: MovementRoute<Asked>(context: context, scopes: scopes).handle)
  }
}
