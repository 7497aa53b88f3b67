import Glibc

/// A moment of the monotonic clock, which no change of the wall clock moves.
struct Instant: Comparable {
  var nanoseconds: Int64

  static var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

  func seconds(since earlier: Instant) -> Double {
    Double(nanoseconds - earlier.nanoseconds) / 1e9
  }

  func microseconds(since earlier: Instant) -> Int64 {
    (nanoseconds - earlier.nanoseconds) / 1_000
  }

  func adding(seconds: Double) -> Instant {
    // Bounded, so that no configured number of seconds can overflow: a hundred years.
    Instant(nanoseconds: nanoseconds + Int64(min(max(seconds, 0), 3.2e9) * 1e9))
  }
}
