public import Tokens

/// Deductions that are granted together or not at all. Each has a key.
public struct AtomicDeductions: Sendable {
  /// At least one.
  public let deductions: [Deduction]

  /// Nil for no deductions, and where one has no idempotency key.
  public init?(_ deductions: [Deduction]) {
    guard !deductions.isEmpty, deductions.allSatisfy({ $0.idempotencyKey != nil }) else { return nil }
    self.deductions = deductions
  }
}

extension AtomicDeductions: BatchRequest {
  /// Whoever sends it, by its first item.
  var organizationID: OrganizationID { deductions[0].organizationID }
  /// Every item has a key.
  var isRepeatable: Bool { true }
  static var changesSomething: Bool { true }
}
