import HTTP

extension Router {
  /// The routes that tell what has happened to tokens.
  mutating func addLedger(_ context: RouteContext, _ scopes: ScopeResolver, _ verifier: TokenVerifier) {
    add(
      "GET", "/api/v1/tokens/ledger",
      handler: LedgerRoute(context: context, scopes: scopes, cursors: PageCursors(verifier)).handle)
    add("GET", "/api/v1/tokens/transactions/{id}", handler: TransactionRoute(context: context, scopes: scopes).handle)
  }
}
