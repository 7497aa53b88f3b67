public import Tokens

/// Which part of an organization's ledger somebody wants to see, newest first.
public struct LedgerReading: Sendable {
  public var organizationID: OrganizationID
  public var spender: Spender
  public var filter: LedgerFilter
  /// Only what comes behind this row.
  public var before: TransactionID?
  /// Rows, at most.
  public var limit: Int

  public init(
    organizationID: OrganizationID, spender: Spender, filter: LedgerFilter, before: TransactionID?, limit: Int
  ) {
    self.organizationID = organizationID
    self.spender = spender
    self.filter = filter
    self.before = before
    self.limit = limit
  }
}

/// Which rows of a ledger; nil: all of them.
public struct LedgerFilter: Sendable {
  public var tokenType: String?
  public var kind: LedgerKind?
  /// Made at this instant or later, in microseconds since 1970.
  public var fromMicroseconds: Int64?
  /// Made before this instant.
  public var toMicroseconds: Int64?

  public init(tokenType: String?, kind: LedgerKind?, fromMicroseconds: Int64?, toMicroseconds: Int64?) {
    self.tokenType = tokenType
    self.kind = kind
    self.fromMicroseconds = fromMicroseconds
    self.toMicroseconds = toMicroseconds
  }
}

/// Rows of a ledger, or why they are not to be seen.
public struct LedgerReport: Sendable {
  /// `success`, `forbidden` or `unknownOrganization`; only a success has rows.
  public var outcome: Outcome
  /// Newest first.
  public var entries: [LedgerEntry]
}

/// One row of a ledger, or why it is not to be seen.
public struct TransactionReport: Sendable {
  /// `success`, `forbidden` or `unknownOrganization`.
  public var outcome: Outcome
  /// Nil where the organization has no such row.
  public var transaction: ExplainedTransaction?
}

/// Balances at an instant, or why there are none to be seen.
public enum PastBalanceReport: Sendable {
  /// In the order of their token types: of those that had moved by then.
  case balances([PastBalance])
  /// By the database's clock the instant has not come yet.
  case inTheFuture
  /// `forbidden` or `unknownOrganization`.
  case refused(Outcome)
}
