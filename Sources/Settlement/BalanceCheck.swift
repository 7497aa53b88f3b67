public import Tokens

/// Whether a deduction would be granted, and what that was decided on.
public struct BalanceCheck: Sendable {
  public var outcome: Outcome
  public var tokenType: String?
  /// Tokens it would cost; nil where the outcome came before anything was counted.
  public var required: Int64?
  /// Tokens there are, and those of them that can be spent; nil for somebody who may not know.
  public var balance: Int64?
  public var available: Int64?
  /// How the balance stands.
  public var state: BalanceState?
  /// What bound, where that is not the balance: a name in `tollgate.limits`, or `critical_threshold`.
  public var limit: String?
  /// Whole seconds after which it would be granted, where waiting helps.
  public var retryAfterSeconds: Int64?
  /// Which of the feature's prices `required` was counted with.
  public var priceVersion: Int64?
}
