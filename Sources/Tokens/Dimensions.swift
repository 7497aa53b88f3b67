/// How much of each dimension of a price a use takes: 1,200 of `input` and 300 of `output`.
public struct Dimensions: Sendable, Equatable {
  /// One dimension's part.
  public struct Quantity: Sendable, Equatable {
    /// A name of `features.rates`.
    public let dimension: String
    /// 0 or more; what it costs is up to the rate.
    public let quantity: Int64
  }

  /// How many dimensions a use may have.
  public static let countRange = 1...16
  /// How much of each.
  public static let quantityRange: ClosedRange<Int64> = 0...TokenAmount.range.upperBound

  /// In the order of their names, so that the same quantities are the same however they were written.
  public let quantities: [Quantity]

  /// Nil unless there are 1 to 16 dimensions of different names as `isName` wants them, each from 0 to 10^15.
  public init?(_ quantities: [(dimension: String, quantity: Int64)]) {
    guard Self.countRange.contains(quantities.count),
      quantities.allSatisfy({ Self.isName($0.dimension) && Self.quantityRange.contains($0.quantity) })
    else { return nil }
    let sorted = quantities.sorted { $0.dimension.utf8.lexicographicallyPrecedes($1.dimension.utf8) }
    guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0.dimension != $1.dimension }) else { return nil }
    self.quantities = sorted.map { Quantity(dimension: $0.dimension, quantity: $0.quantity) }
  }

  /// Whether a dimension may be called so: a lower-case letter and up to 62 lower-case letters, digits or underscores.
  public static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, isLetter(first), name.utf8.count <= 63 else { return false }
    return name.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
