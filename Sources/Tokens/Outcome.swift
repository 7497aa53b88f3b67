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
  case unknownOrganization = "unknown_organization"
  case unknownFeature = "unknown_feature"
  /// Units or cost outside of `TokenAmount.range`.
  case amountOutOfRange = "amount_out_of_range"
  /// The key was used for a request with another content.
  case idempotencyKeyReused = "idempotency_key_reused"
  /// Another item of an atomic batch was not granted; nothing happened to this one.
  case batchRefused = "batch_refused"
}
