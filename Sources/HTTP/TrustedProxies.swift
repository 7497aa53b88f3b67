public import Network

/// The reverse proxies whose word is taken for whom they speak.
///
/// `X-Forwarded-For` is a list that each proxy appends its peer to. A client may send one of its own making, so it is
/// read from its end, and no further than trusted proxies have written.
public struct TrustedProxies: Sendable {
  private let ranges: [AddressRange]

  public init(_ ranges: [AddressRange] = []) { self.ranges = ranges }

  /// Whether the address is a trusted proxy's.
  public func contains(_ address: NetworkAddress) -> Bool { ranges.contains { $0.contains(address) } }

  /// The last address that no trusted proxy has, as far as it can be known.
  ///
  /// - Parameters:
  ///   - peer: who the connection is with.
  ///   - forwardedFor: the values of all fields `X-Forwarded-For`, in order.
  /// - Returns: the peer where it is not trusted. Where the list ends, or has something else than an address, the
  ///   trusted proxy next to it: what is behind it is unknown.
  func client(behind peer: NetworkAddress, forwardedFor: [String]) -> NetworkAddress {
    var known = peer
    for value in forwardedFor.reversed() {
      for entry in value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).reversed() {
        guard contains(known), let address = Self.address(Substring(entry)) else { return known }
        known = address
      }
    }
    return known
  }

  /// An entry as proxies write it: an address, perhaps in brackets, perhaps with a port.
  private static func address(_ entry: Substring) -> NetworkAddress? {
    let blanks: Set<UInt8> = [0x20, 0x09]
    var text = entry.utf8.drop { blanks.contains($0) }
    while let last = text.last, blanks.contains(last) { text.removeLast() }
    if text.first == UInt8(ascii: "[") {
      guard let end = text.firstIndex(of: UInt8(ascii: "]")), isPortOrNothing(text[text.index(after: end)...]) else {
        return nil
      }
      return NetworkAddress(Substring(text[..<end].dropFirst()))
    }
    if let address = NetworkAddress(Substring(text)) { return address }
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")), isPortOrNothing(text[colon...]) else { return nil }
    return NetworkAddress(Substring(text[..<colon]))
  }

  private static func isPortOrNothing(_ text: Substring.UTF8View) -> Bool {
    guard let first = text.first else { return true }
    guard first == UInt8(ascii: ":") else { return false }
    return UInt16(Substring(text.dropFirst())) != nil
  }
}
