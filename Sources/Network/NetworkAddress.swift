public import Glibc

/// An IPv4 or IPv6 address without a port. An IPv4 address and its form inside IPv6 (RFC 4291, 2.5.5.2) are the same.
public struct NetworkAddress: Hashable, Sendable {
  /// The 128 bits of IPv6, most significant first; IPv4 as `::ffff:a.b.c.d`.
  let high: UInt64
  let low: UInt64

  private static let mapped: UInt64 = 0xFFFF_0000_0000
  /// The longest that an address can be in text, with room for a mapped one.
  private static let textLimit = 45

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// An address in numbers, as `192.0.2.1` or `2001:db8::1`. nil for anything else: names, ports, zones, brackets,
  /// leading zeros.
  public init?(_ text: some StringProtocol) {
    guard text.utf8.count <= Self.textLimit, !text.utf8.contains(0) else { return nil }
    var four = in_addr()
    var six = in6_addr()
    let text = String(text)
    if inet_pton(AF_INET, text, &four) == 1 {
      self.init(four)
    } else if inet_pton(AF_INET6, text, &six) == 1 {
      self.init(six)
    } else {
      return nil
    }
  }

  /// The address that a socket has; nil for families other than IPv4 and IPv6. The memory has to hold all of what its
  /// family says it is.
  public init?(_ address: UnsafePointer<sockaddr>) {
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      self = UnsafeRawPointer(address).withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        Self($0.pointee.sin_addr)
      }
    case AF_INET6:
      self = UnsafeRawPointer(address).withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
        Self($0.pointee.sin6_addr)
      }
    default: return nil
    }
  }

  private init(_ four: in_addr) {
    self.init(high: 0, low: Self.mapped | UInt64(UInt32(bigEndian: four.s_addr)))
  }

  private init(_ six: in6_addr) {
    self = withUnsafeBytes(of: six) { bytes in
      Self(
        high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
        low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
  }

  /// Whether it is IPv4, inside IPv6 or not.
  public var isVersion4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// Whether it is this machine's own: 127.0.0.0/8 or ::1.
  public var isLoopback: Bool { isVersion4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

  /// What limits count together: an IPv4 address, and of IPv6 the 64 bits that one customer of a provider has to
  /// choose the rest of.
  public var subscriber: NetworkAddress { isVersion4 ? self : NetworkAddress(high: high, low: 0) }
}

extension NetworkAddress: CustomStringConvertible {
  /// As `192.0.2.1` or, by RFC 5952, `2001:db8::1`.
  public var description: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
      guard let start = buffer.baseAddress else { return "" }
      let length = socklen_t(buffer.count)
      let written: UnsafePointer<CChar>?
      if isVersion4 {
        var four = in_addr(s_addr: UInt32(truncatingIfNeeded: low).bigEndian)
        written = inet_ntop(AF_INET, &four, start, length)
      } else {
        var six = (high.bigEndian, low.bigEndian)
        written = inet_ntop(AF_INET6, &six, start, length)
      }
      return written.map { String(cString: $0) } ?? ""
    }
  }
}
