/// Packs of one size: what estimates take one to cost, and what is sold of this size.
public struct PackPrice: Sendable {
  /// The size, 1 to 10^15.
  public var tokens: Int64
  /// For estimates, of any token type; nil: they buy none of this size.
  public var price: Money?
  /// What a paid checkout may buy of this size: a JSON array.
  public var sold: String

  public init(tokens: Int64, price: Money?, sold: String) {
    self.tokens = tokens
    self.price = price
    self.sold = sold
  }
}
