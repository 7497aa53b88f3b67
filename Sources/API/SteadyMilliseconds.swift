import Glibc

/// A clock that only goes forward, whatever is done to the time of day.
struct SteadyMilliseconds: Sendable {
  private let read: @Sendable () -> Int64

  /// - Parameter milliseconds: since some moment. Tests bring their own.
  init(milliseconds: @escaping @Sendable () -> Int64) { read = milliseconds }

  /// The machine's.
  static let system = SteadyMilliseconds {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Milliseconds since some moment before the process began.
  var now: Int64 { read() }
}
