/// Addresses with a common beginning, as `10.0.0.0/8`, `2001:db8::/32`, or one alone.
public struct AddressRange: Sendable, Hashable {
  private let first: NetworkAddress
  /// Bits that have to be the same, of 128.
  private let prefixBits: Int

  /// nil for what is no address with an optional prefix length, and for one with bits set beyond its prefix, which is
  /// a slip: `10.0.0.1/8`.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let start = parts.first, let address = NetworkAddress(start) else { return nil }
    // A mapped address is taken for IPv4 only where it was written so.
    let isShort = address.isVersion4 && !start.contains(":")
    var bits = 128
    if parts.count == 2 {
      let digits = parts[1].utf8
      guard (1...3).contains(digits.count), digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        digits.count == 1 || digits.first != UInt8(ascii: "0"), let length = Int(parts[1]),
        length <= (isShort ? 32 : 128)
      else { return nil }
      bits = isShort ? length + 96 : length
    }
    first = address
    prefixBits = bits
    guard Self.masked(address, bits) == address else { return nil }
  }

  /// Whether the address lies in the range.
  public func contains(_ address: NetworkAddress) -> Bool { Self.masked(address, prefixBits) == first }

  private static func masked(_ address: NetworkAddress, _ bits: Int) -> NetworkAddress {
    NetworkAddress(high: address.high & mask(bits), low: address.low & mask(bits - 64))
  }

  /// A smart shift by 64 or more leaves nothing, by less than nothing shifts back, so both ends are right.
  private static func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : ~(UInt64.max >> min(bits, 64)) }
}
