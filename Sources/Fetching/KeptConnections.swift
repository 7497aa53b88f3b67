import CCurl
internal import Locking

/// Connections that stay open between requests, for whoever asks the same server again and again.
///
/// A connection serves one request at a time; as many are kept as were needed at once, up to a limit. When one that was kept
/// breaks before any of the answer has come, libcurl sends the request once more on a new one: so this is for requests
/// that may arrive twice, because they change nothing or have an Idempotency-Key.
public final class KeptConnections: Sendable {
  /// libcurl's handles, by their addresses: each keeps its connections, and belongs to one thread at a time.
  private let idle = Mutex<[UInt]>([])
  private let limit: Int

  /// - Parameter limit: how many are kept, 0 or more; those beyond are closed after their request.
  public init(limit: Int) { self.limit = limit }

  deinit {
    for address in idle.withLock({ $0 }) { curl_easy_cleanup(UnsafeMutableRawPointer(bitPattern: address)) }
  }

  /// A handle that nobody uses; nil when there is none.
  func take() -> UnsafeMutableRawPointer? {
    idle.withLock { $0.popLast() }.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
  }

  /// Takes a handle over.
  func keep(_ handle: UnsafeMutableRawPointer) {
    let address = UInt(bitPattern: handle)
    let isKept = idle.withLock { idle in
      guard idle.count < limit else { return false }
      idle.append(address)
      return true
    }
    if !isKept { curl_easy_cleanup(handle) }
  }
}
