extension GatedRoutes {
  /// The routes that spend, and what tells what there is to spend.
  mutating func addSpending() {
    let tokens = "/api/v1/tokens"
    // Looking is the least that it does; it asks for more where it spends.
    add(
      "POST", tokens + "/check-balance", needs: .read, errorMember: .sentence,
      body: CheckBalanceRoute(context: context).handle)
    add("GET", tokens + "/stats", needs: .read, errorMember: .sentence, body: StatisticsRoute(context: context).handle)
    add("POST", tokens + "/deduct", needs: .spend, body: DeductRoute(context: context, scopes: scopes).handle)
    add(
      "POST", tokens + "/deduct/batch", needs: .spend, bodyLimitBytes: DeductBatchRoute.bodyLimitBytes,
      body: DeductBatchRoute(context: context, scopes: scopes).handle)
    add("GET", tokens + "/balance", needs: .read, body: BalanceRoute(context: context, scopes: scopes).handle)
  }
}
