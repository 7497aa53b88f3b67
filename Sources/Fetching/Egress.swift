public import Network

/// Which addresses may be connected to, where somebody else than the operator names the host.
///
/// Only addresses of the public internet, so that no name and no mistake leads inwards: not to this machine, its network,
/// or what a cloud tells its machines about themselves. The operator can allow ranges besides.
public struct Egress: Sendable {
  private let allowed: [AddressRange]

  /// - Parameter allowed: ranges that may be connected to although they are not public.
  public init(allowing allowed: [AddressRange] = []) { self.allowed = allowed }

  /// Whether an address may be connected to.
  public func mayConnect(to address: NetworkAddress) -> Bool {
    allowed.contains { $0.contains(address) } || Self.isPublic(address)
  }

  private static func isPublic(_ address: NetworkAddress) -> Bool {
    guard !address.isVersion4 else { return !reserved4.contains { $0.contains(address) } }
    return global6.contains { $0.contains(address) } && !reserved6.contains { $0.contains(address) }
  }

  /// What is not global in the registry of RFC 6890 for IPv4, multicast and the formerly reserved class E.
  private static let reserved4 = ranges([
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
  ])

  /// All that is handed out of IPv6 for the internet as a whole; everything else is refused.
  private static let global6 = ranges(["2000::/3"])

  /// Parts of it that lead elsewhere, or into IPv4 by another way: Teredo, ORCHID, documentation and 6to4.
  private static let reserved6 = ranges(["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"])

  private static func ranges(_ texts: [String]) -> [AddressRange] { texts.compactMap { AddressRange($0) } }
}
