public import Tokens

/// A report, or why there is none.
public enum AnalyticsReport<Content: Sendable>: Sendable {
  case report(ReportingSpan, Content)
  /// `forbidden` or `unknownOrganization`.
  case refused(Outcome)
  /// It would be of no time, or of more than there may be.
  case spanOutOfBounds(ReportingSpan)
}
