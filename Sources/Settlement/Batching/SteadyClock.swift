import Glibc

/// A clock that only goes forward, whatever is done to the time of day.
enum SteadyClock {
  /// Milliseconds since some moment before the process began.
  static var milliseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Blocks the thread for a random time under 5 milliseconds.
  static func pauseBriefly() {
    var time = timespec(tv_sec: 0, tv_nsec: .random(in: 0..<5_000_000))
    nanosleep(&time, nil)
  }
}
