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
    guard let halves = UUIDText.read(text) else { return nil }
    self.init(high: halves.high, low: halves.low)
  }

  /// The 128 bits, the first byte of the binary form most significant.
  public init(bits: UInt128) {
    self.init(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
  }

  /// The 128 bits, the first byte of the binary form most significant.
  public var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }

  /// How long the text is, in bytes: it is ASCII.
  public static var textByteCount: Int { UUIDText.byteCount }

  /// Lower case, 36 characters.
  public var description: String {
    String(unsafeUninitializedCapacity: UUIDText.byteCount) { buffer in
      writeText(to: buffer)
      return UUIDText.byteCount
    }
  }

  /// Writes what `description` says into the first 36 bytes of a buffer, which has to have as many.
  public func writeText(to buffer: UnsafeMutableBufferPointer<UInt8>) {
    UUIDText.write(high: high, low: low, to: buffer)
  }
}

extension Identifier where Subject == Transaction {
  /// A new id of version 7 (RFC 9562, section 5.7): later ones sort behind earlier ones, which keeps an index's writes
  /// together.
  /// - Parameter milliseconds: since 1970, of which 48 bits are kept.
  /// - Returns: an id that nobody has had before.
  public static func timeOrdered(milliseconds: UInt64) -> Self {
    var random = SystemRandomNumberGenerator()
    return timeOrdered(milliseconds: milliseconds, random: (random.next(), random.next()))
  }

  /// The same from numbers of the caller's.
  /// - Parameters:
  ///   - milliseconds: since 1970, of which 48 bits are kept.
  ///   - random: unpredictable bits, never used before; 12 of the first and 62 of the second are kept.
  /// - Returns: an id that is new because the numbers are.
  public static func timeOrdered(milliseconds: UInt64, random: (UInt64, UInt64)) -> Self {
    Self(high: milliseconds << 16 | 0x7000 | (random.0 & 0x0FFF), low: 0x8000_0000_0000_0000 | random.1 >> 2)
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
