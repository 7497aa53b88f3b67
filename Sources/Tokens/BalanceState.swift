/// How a balance stands, as `tollgate.balance_state` decides.
public enum BalanceState: String, Sendable, CaseIterable {
  case safe
  case warning
  /// Fewer tokens than the critical threshold.
  case critical
  /// Nothing left to spend.
  case exhausted
}
