import Network

/// How many connections each address has. The addresses of one subscriber count together.
struct AddressCounts {
  private var counts: [NetworkAddress: Int] = [:]

  func count(of address: NetworkAddress) -> Int { counts[address.subscriber] ?? 0 }

  mutating func add(_ address: NetworkAddress) { counts[address.subscriber, default: 0] += 1 }

  /// Takes one away; an address without connections takes no room.
  mutating func remove(_ address: NetworkAddress) {
    guard let index = counts.index(forKey: address.subscriber) else { return }
    if counts.values[index] > 1 { counts.values[index] -= 1 } else { counts.remove(at: index) }
  }
}
