import HTTP
import Locking
import Network

import struct Synchronization.Atomic

/// Makes guessing of tokens and keys slow: an address that fails too often is not looked at for a while.
///
/// Loopback addresses are left out. What comes from there is this machine's own, or a proxy's that is not named as
/// trusted: one who guesses would lock out everybody behind it.
final class FailedAuthentications: Sendable {
  /// Addresses that are told apart at the same time.
  private static let capacity = 50_000

  private let meter: Mutex<RateMeter<NetworkAddress>?>
  /// Whether anybody failed at all: until then nobody has to wait for the lock.
  private let isNeeded = Atomic(false)

  init(_ rate: RequestRate?, capacity: Int = FailedAuthentications.capacity) {
    meter = Mutex(rate.map { RateMeter($0, capacity: capacity) })
  }

  /// Counts a failure.
  func note(_ address: NetworkAddress?, nowNanoseconds: Int64) {
    guard let address, !address.isLoopback else { return }
    isNeeded.store(true, ordering: .relaxed)
    _ = meter.withLock { $0?.take(address.subscriber, now: nowNanoseconds) }
  }

  /// What an address is told that has failed too often; nil for all others.
  func problem(of address: NetworkAddress?, nowNanoseconds: Int64) -> Problem? {
    guard isNeeded.load(ordering: .relaxed), let address, !address.isLoopback,
      meter.withLock({ $0?.isExhausted(address.subscriber, now: nowNanoseconds) }) == true
    else { return nil }
    return Problem(.rateLimited, "Too many failed authentications from this address.", retryAfterSeconds: 1)
  }
}
