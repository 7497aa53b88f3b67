import Glibc

/// A clock that only goes forward, whatever is done to the time of day.
struct ElapsedTime: Sendable {
  private let read: @Sendable () -> Int64

  /// - Parameter nanoseconds: since any fixed moment. Tests bring their own.
  init(nanoseconds: @escaping @Sendable () -> Int64) { read = nanoseconds }

  /// The machine's.
  static let system = ElapsedTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Nanoseconds since some moment before the process began.
  var nanoseconds: Int64 { read() }
}
