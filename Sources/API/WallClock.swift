import Glibc

/// The time of day. Only for what leaves the process or came from outside: tokens' expiry, new ids.
public struct WallClock: Sendable {
  private let read: @Sendable () -> Int64

  /// - Parameter milliseconds: since 1970. Tests bring their own.
  public init(milliseconds: @escaping @Sendable () -> Int64) { read = milliseconds }

  /// The machine's.
  public static let system = WallClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Milliseconds since 1970.
  var milliseconds: Int64 { read() }
  /// Seconds since 1970.
  var seconds: Int64 { read() / 1000 }
}
