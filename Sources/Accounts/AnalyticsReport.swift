public import Tokens

/// A report, or why there is none.
public enum AnalyticsReport<Content: Sendable>: Sendable {
  case report(ReportingSpan, Content)
  /// `forbidden` or `unknownOrganization`.
  case refused(Outcome)
  /// It would be of no time, or of more than there may be.
  case spanOutOfBounds(ReportingSpan)
}

/// A turn of rolling up.
public struct RolledUp: Sendable {
  /// Rows of the ledger that were added to the roll-ups.
  public var rowCount: Int
  /// Whether nothing is left, or another is at it.
  public var isDone: Bool
}
