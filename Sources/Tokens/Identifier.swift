/// A UUID that says in its type what it identifies, so that a user's id is never taken for an organization's.
public struct Identifier<Subject>: Hashable, Sendable, CustomStringConvertible {
  private let high: UInt64
  private let low: UInt64

  /// The 128 bits, most significant half first.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads the form of RFC 9562, section 4: 8-4-4-4-12 hexadecimal digits of either case, and nothing else.
  public init?(_ text: String) {
    guard text.utf8.count == 36, let halves = parseUUID(text) else { return nil }
    self.init(high: halves.high, low: halves.low)
  }

  /// The 128 bits, the first byte of the binary form most significant.
  public init(bits: UInt128) {
    self.init(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
  }

  /// The 128 bits, the first byte of the binary form most significant.
  public var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }

  /// Lower case, 36 characters.
  public var description: String {
    String(unsafeUninitializedCapacity: 36) { buffer in
      var position = 0
      for digit in 0..<32 {
        if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
          buffer[position] = UInt8(ascii: "-")
          position += 1
        }
        let half = digit < 16 ? high : low
        let value = UInt8(truncatingIfNeeded: half >> UInt64(60 - 4 * (digit % 16))) & 0xF
        buffer[position] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
        position += 1
      }
      return 36
    }
  }
}

/// The 128 bits of 36 characters. Outside of the generic type, where it would be compiled for every subject anew.
private func parseUUID(_ text: String) -> (high: UInt64, low: UInt64)? {
  var halves: (high: UInt64, low: UInt64) = (0, 0)
  var digitCount = 0
  for (position, byte) in text.utf8.enumerated() {
    if position == 8 || position == 13 || position == 18 || position == 23 {
      guard byte == UInt8(ascii: "-") else { return nil }
      continue
    }
    guard let digit = hexadecimalValue(byte) else { return nil }
    if digitCount < 16 { halves.high = halves.high << 4 | digit } else { halves.low = halves.low << 4 | digit }
    digitCount += 1
  }
  return halves
}

private func hexadecimalValue(_ byte: UInt8) -> UInt64? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
  default: nil
  }
}

extension Identifier where Subject == Transaction {
  /// A new id of version 7 (RFC 9562, section 5.7): later ones sort behind earlier ones, which keeps an index's writes
  /// together.
  /// - Parameter milliseconds: since 1970, of which 48 bits are kept.
  /// - Returns: an id that nobody has had before.
  public static func timeOrdered(milliseconds: UInt64) -> Self {
    var random = SystemRandomNumberGenerator()
    let bits = random.next()
    return Self(
      high: milliseconds << 16 | 0x7000 | (random.next() & 0x0FFF), low: 0x8000_0000_0000_0000 | bits >> 2)
  }
}

/// A tenant.
public enum Organization {}
/// A person or program of a tenant.
public enum User {}
/// One settled request to spend: a use or a refusal.
public enum Transaction {}

public typealias OrganizationID = Identifier<Organization>
public typealias UserID = Identifier<User>
public typealias TransactionID = Identifier<Transaction>
