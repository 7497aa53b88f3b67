extension GatedRoutes {
  /// The routes that read the ledger.
  mutating func addLedger(_ cursors: PageCursors) {
    add(
      "GET", "/api/v1/tokens/ledger", needs: .read,
      body: LedgerRoute(context: context, scopes: scopes, cursors: cursors).handle)
    add(
      "GET", "/api/v1/tokens/transactions/{id}", needs: .read,
      body: TransactionRoute(context: context, scopes: scopes).handle)
  }
}
