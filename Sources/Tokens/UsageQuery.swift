/// What somebody wants to know of what was used.
public struct UsageQuery: Sendable {
  /// What uses are added up by.
  public enum Grouping: String, Sendable, CaseIterable {
    case organization, feature, user, tokenType, day, hour
  }

  /// How long a report may be, in seconds: 400 days, by the hour 31.
  public var maximumSeconds: Int64 { (groupings.contains(.hour) ? 31 : 400) * 86_400 }

  public var groupings: [Grouping]
  /// Microseconds since 1970, the hour that it is in included; nil: 30 days before the end.
  public var fromMicroseconds: Int64?
  /// Microseconds since 1970, the hour that it is in included; nil: now.
  public var toMicroseconds: Int64?
  /// Only uses of these; nil: of all.
  public var tokenType: String?
  public var feature: String?
  public var userID: UserID?
  /// Rows, at most.
  public var limit: Int

  public init(
    groupings: [Grouping], fromMicroseconds: Int64?, toMicroseconds: Int64?, tokenType: String?, feature: String?,
    userID: UserID?, limit: Int
  ) {
    self.groupings = groupings
    self.fromMicroseconds = fromMicroseconds
    self.toMicroseconds = toMicroseconds
    self.tokenType = tokenType
    self.feature = feature
    self.userID = userID
    self.limit = limit
  }
}

/// Uses and refusals that were added up. What they were not grouped by is nil.
public struct UsageRow: Sendable {
  /// The start of the day or hour, in microseconds since 1970.
  public var atMicroseconds: Int64?
  public var organizationID: OrganizationID?
  /// Nil also for refusals that were about no feature.
  public var feature: String?
  /// Nil also where nobody was named.
  public var userID: UserID?
  public var tokenType: String?
  public var uses: Int64
  /// Tokens that the uses deducted.
  public var tokens: Int64
  public var refusals: Int64

  public init(
    atMicroseconds: Int64?, organizationID: OrganizationID?, feature: String?, userID: UserID?, tokenType: String?,
    uses: Int64, tokens: Int64, refusals: Int64
  ) {
    self.atMicroseconds = atMicroseconds
    self.organizationID = organizationID
    self.feature = feature
    self.userID = userID
    self.tokenType = tokenType
    self.uses = uses
    self.tokens = tokens
    self.refusals = refusals
  }
}

/// A span of time that a report is about, in microseconds since 1970: from the first on, and before the second.
public struct ReportingSpan: Sendable {
  public var fromMicroseconds: Int64
  public var toMicroseconds: Int64

  public init(fromMicroseconds: Int64, toMicroseconds: Int64) {
    self.fromMicroseconds = fromMicroseconds
    self.toMicroseconds = toMicroseconds
  }

  /// Whether it has at least one hour and at most so many seconds.
  public func isWithin(seconds: Int64) -> Bool {
    let (length, overflow) = toMicroseconds.subtractingReportingOverflow(fromMicroseconds)
    return !overflow && length > 0 && length <= seconds * 1_000_000
  }
}
