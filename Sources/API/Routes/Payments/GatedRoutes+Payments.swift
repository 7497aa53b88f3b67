extension GatedRoutes {
  /// Stripe's events can have a hundred line items with their metadata.
  private static let longestEventBytes = 262_144

  /// What payment providers tell.
  mutating func addPayments(_ stripeSecrets: StripeSecrets?, _ clock: WallClock) {
    let stripe = StripeRoute(context: context, secrets: stripeSecrets, clock: clock)
    addSigned(
      "POST", "/api/v1/payments/stripe", bodyLimitBytes: Self.longestEventBytes, verify: stripe.verify,
      body: stripe.receive)
  }
}
