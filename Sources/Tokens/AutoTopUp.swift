/// When an event asks for more tokens by itself.
public struct AutoTopUp: Sendable, Equatable {
  /// Tokens: with fewer available a top-up is asked for. 1 to 10^15.
  public var below: Int64
  /// Tokens to ask for, 1 to 10^15.
  public var amount: Int64
  /// As many times a period, 0 to 1000.
  public var periodMaximum: Int64
  /// Seconds between two, 0 to 366 days.
  public var coolOffSeconds: Int64

  public static let periodMaximumRange: ClosedRange<Int64> = 0...1000
  public static let coolOffSecondsRange: ClosedRange<Int64> = 0...31_622_400

  public init(below: Int64, amount: Int64, periodMaximum: Int64 = 3, coolOffSeconds: Int64 = 3600) {
    self.below = below
    self.amount = amount
    self.periodMaximum = periodMaximum
    self.coolOffSeconds = coolOffSeconds
  }
}
