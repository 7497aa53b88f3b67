/// How a request to spend, or a question about it, came out. The names are those of `tollgate.settle`.
public enum Outcome: String, Sendable, CaseIterable {
  case success
  /// Fewer tokens than the cost; recorded as a refusal.
  case insufficientTokens = "insufficient_tokens"
  /// The plan allocates none of these tokens and none were bought; recorded as a refusal.
  case notOnPlan = "not_on_plan"
  /// The organization may not spend at the moment; recorded as a refusal.
  case organizationSuspended = "organization_suspended"
  /// The user is no member of the organization, which may not even exist.
  case forbidden
  /// The user may see what the organization has, and moves nothing of it.
  case notPermitted = "not_permitted"
  case unknownOrganization = "unknown_organization"
  case unknownFeature = "unknown_feature"
  /// Units or cost outside of `TokenAmount.range`.
  case amountOutOfRange = "amount_out_of_range"
  /// The key was used for a request with another content.
  case idempotencyKeyReused = "idempotency_key_reused"
  /// Another item of an atomic batch was not granted; nothing happened to this one.
  case batchRefused = "batch_refused"
  /// The state is critical, and these tokens are not spent then, not even where they would suffice; recorded as a
  /// refusal.
  case criticalBalance = "critical_balance"
  /// A bucket that will have enough tokens after a while; recorded as a refusal.
  case refilling
  /// A limit besides the balance; recorded as a refusal.
  case limitReached = "limit_reached"
  case unknownTokenType = "unknown_token_type"
  /// Units that do not fit the price: dimensions where it has none, none where it has some, or an unknown one.
  case invalidUnits = "invalid_units"
  /// The organization has no such charge.
  case unknownTransaction = "unknown_transaction"
  /// The organization has no such reservation.
  case unknownReservation = "unknown_reservation"
  /// Nothing is left of the charge.
  case alreadyRefunded = "already_refunded"
  /// More than is left of the charge.
  case refundExceedsCharge = "refund_exceeds_charge"
  /// The reservation was captured or released, or has expired.
  case reservationClosed = "reservation_closed"
  /// The payment was told before, with another content.
  case paymentConflict = "payment_conflict"
}
