import Tokens

/// What batching needs to know of a request.
protocol BatchRequest: Sendable {
  /// Whose turn it is when several organizations wait, and which lane serves it.
  var organizationID: OrganizationID { get }
  /// Whether sending it a second time has the effect of sending it once.
  var isRepeatable: Bool { get }
}

extension Deduction: BatchRequest {
  /// A key settles at most once.
  var isRepeatable: Bool { idempotencyKey != nil }
}
