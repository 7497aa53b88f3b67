/// What every amount of tokens has in common.
public enum TokenAmount {
  /// Tokens. Sums of two amounts of this size stay far from the end of 64 bits.
  public static let range: ClosedRange<Int64> = 1...1_000_000_000_000_000
}
