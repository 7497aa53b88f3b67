import Foundation
import Glibc
import Metrics

/// What the kernel says of this process, under the names that every Prometheus client library uses.
enum ProcessMetrics {
  private static let startedAtSeconds = Date().timeIntervalSince1970

  /// What POSIX says that `CLOCKS_PER_SEC` is, which is a macro.
  private static let clocksPerSecond = 1_000_000.0

  /// Called once at the start, which it then tells.
  static func source() -> MetricsPage.Source {
    let startedAtSeconds = Self.startedAtSeconds
    return { text in
      text.metric(
        "process_cpu_seconds_total", .counter, "User and system time.",
        Double(clock()) / clocksPerSecond)
      if let pages = residentPages() {
        text.metric(
          "process_resident_memory_bytes", .gauge, "Memory that is not swapped out.", pages * Int(getpagesize()))
      }
      if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
        text.metric("process_open_fds", .gauge, "Open files and sockets.", files.count)
      }
      var limit = rlimit()
      if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
        text.metric("process_max_fds", .gauge, "How many there may be.", Int(clamping: limit.rlim_cur))
      }
      text.metric(
        "process_start_time_seconds", .gauge, "When the process started, since 1970.", startedAtSeconds)
    }
  }

  /// The second number of /proc/self/statm (proc(5)).
  private static func residentPages() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    let numbers = text.split(separator: " ")
    return numbers.count > 1 ? Int(numbers[1]) : nil
  }
}
