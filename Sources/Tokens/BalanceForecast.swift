/// How long a balance lasts if it is used on as it was.
public struct BalanceForecast: Sendable {
  public var tokenType: String
  /// Tokens.
  public var available: Int64
  /// What was used since midnight (UTC) six days ago, over the time since then or since the first use, but at least a day.
  public var tokensPerDay: Double
  /// Microseconds since 1970; nil: nothing is used.
  public var runsOutAtMicroseconds: Int64?
  /// Microseconds since 1970; nil: there is no reset.
  public var refreshDateMicroseconds: Int64?
  public var runsOutBeforeRefresh: Bool
  /// When the first of the bought tokens expire, in microseconds since 1970, and how many do then; nil: none were bought.
  public var nextExpiry: (atMicroseconds: Int64, tokens: Int64)?

  public init(
    tokenType: String, available: Int64, tokensPerDay: Double, runsOutAtMicroseconds: Int64?,
    refreshDateMicroseconds: Int64?, runsOutBeforeRefresh: Bool,
    nextExpiry: (atMicroseconds: Int64, tokens: Int64)? = nil
  ) {
    self.tokenType = tokenType
    self.available = available
    self.tokensPerDay = tokensPerDay
    self.runsOutAtMicroseconds = runsOutAtMicroseconds
    self.refreshDateMicroseconds = refreshDateMicroseconds
    self.runsOutBeforeRefresh = runsOutBeforeRefresh
    self.nextExpiry = nextExpiry
  }
}

/// A balance of any organization that runs out.
public struct EndingBalance: Sendable {
  public var organizationID: OrganizationID
  public var organizationName: String
  public var plan: String?
  public var forecast: BalanceForecast

  public init(organizationID: OrganizationID, organizationName: String, plan: String?, forecast: BalanceForecast) {
    self.organizationID = organizationID
    self.organizationName = organizationName
    self.plan = plan
    self.forecast = forecast
  }
}

/// What became of a balance on a day on which it moved. Tokens.
public struct BalanceDay: Sendable {
  public var tokenType: String
  /// The start of the day (UTC), in microseconds since 1970.
  public var dayMicroseconds: Int64
  public var used: Int64
  /// What all movements but uses added, less what they took.
  public var granted: Int64
  /// After the day's last movement.
  public var balance: Int64

  public init(tokenType: String, dayMicroseconds: Int64, used: Int64, granted: Int64, balance: Int64) {
    self.tokenType = tokenType
    self.dayMicroseconds = dayMicroseconds
    self.used = used
    self.granted = granted
    self.balance = balance
  }
}

/// What became of balances in a span of days.
public struct BalanceHistory: Sendable {
  /// Tokens by token type after the last movement before the span; types that had not moved yet are left out.
  public var balancesBefore: [(tokenType: String, balance: Int64)] = []
  /// Oldest first.
  public var days: [BalanceDay] = []

  public init() {}
}
