import Tokens

/// What batching needs to know of a request.
protocol BatchRequest: Sendable {
  /// Whose turn it is when several organizations wait, and which lane serves it.
  var organizationID: OrganizationID { get }
  /// Whether sending it a second time has the effect of sending it once.
  var isRepeatable: Bool { get }
  /// Whether such requests change something, so that an answer that cannot be read leaves something unknown.
  static var changesSomething: Bool { get }
}

extension Deduction: BatchRequest {
  /// A key settles at most once.
  var isRepeatable: Bool { idempotencyKey != nil }
  static var changesSomething: Bool { true }
}
