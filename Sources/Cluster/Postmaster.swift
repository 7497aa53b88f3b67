import Foundation
import Glibc

/// A PostgreSQL server process, known by the `postmaster.pid` in its data directory.
struct Postmaster: Sendable {
  let processID: pid_t
  /// Zero until the server has written it.
  let port: Int
  let socketDirectory: String
  /// Whether it said that it accepts connections: the same word that pg_ctl waits for.
  let isReady: Bool

  /// The server that serves this data directory now, or nil when the file is missing, stale or somebody else's.
  static func running(in data: String) -> Postmaster? {
    guard let found = recorded(in: data), found.isServing(data) else { return nil }
    return found
  }

  /// What `postmaster.pid` says, true or not. Its lines (PostgreSQL's `miscadmin.h`, "LOCK_FILE_LINE_…"): process id,
  /// data directory, start time, port, socket directory, listen address, shared memory, status.
  static func recorded(in data: String) -> Postmaster? {
    guard let text = SmallFile.read(data + "/postmaster.pid") else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    guard let first = lines.first, let processID = pid_t(first), processID > 0 else { return nil }
    return Postmaster(
      processID: processID,
      port: lines.count > 3 ? Int(lines[3]) ?? 0 : 0,
      socketDirectory: lines.count > 4 ? lines[4] : "",
      isReady: lines.count > 7 && lines[7] == "ready")
  }

  /// Whether the process is alive and is this directory's postmaster: process ids are used again, after a reboot or in
  /// a container even soon. A postmaster works in its data directory; its children do too, but rename themselves.
  func isServing(_ data: String) -> Bool {
    guard Self.works(processID, in: data), let command = SmallFile.read("/proc/\(processID)/cmdline") else {
      return false
    }
    let program = command.split(separator: "\0").first ?? ""
    return program.hasSuffix("postgres") || program.hasSuffix("postmaster")
  }

  func signal(_ number: Int32) { kill(processID, number) }

  /// Blocks until the process no longer serves the directory. False when that took too long.
  func waitUntilGone(from data: String, timeoutSeconds: Int) -> Bool {
    Wait.until(timeoutSeconds: timeoutSeconds) {
      // Collects the process when it is this process's child; fails harmlessly when it is not.
      waitpid(processID, nil, WNOHANG)
      return !isServing(data)
    }
  }

  /// Makes a data directory ready for a new server after an unclean end of the last one.
  ///
  /// Children of a killed postmaster live on for a moment, and PostgreSQL refuses to start beside them: they are waited
  /// for. A `postmaster.pid` whose process id now belongs to another program would be refused too: it is removed, and
  /// only when no process works in the directory any more. Any other stale file is left for PostgreSQL's own checks.
  static func clearRemains(in data: String) throws(ClusterError) {
    guard Wait.until(timeoutSeconds: 15, { !isOccupied(data) }) else {
      throw ClusterError("Processes of an earlier PostgreSQL still run in \(data): end them and try again.")
    }
    guard let processID = recorded(in: data)?.processID else { return }
    // One of this process's own children, when it was killed, exists until it is collected.
    waitpid(processID, nil, WNOHANG)
    if kill(processID, 0) == 0 { unlink(data + "/postmaster.pid") }
  }

  private static func isOccupied(_ data: String) -> Bool {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.contains { pid_t($0).map { works($0, in: data) } ?? false }
  }

  private static func works(_ processID: pid_t, in data: String) -> Bool {
    var workingDirectory = stat()
    var dataDirectory = stat()
    return stat("/proc/\(processID)/cwd", &workingDirectory) == 0 && stat(data, &dataDirectory) == 0
      && workingDirectory.st_ino == dataDirectory.st_ino && workingDirectory.st_dev == dataDirectory.st_dev
  }
}

/// Blocking waits for what the kernel sends no signal about, such as another program's file or process.
enum Wait {
  /// Asks every 20 ms. False when the answer did not become true in time.
  static func until(timeoutSeconds: Int, _ isTrue: () -> Bool) -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(timeoutSeconds)
    while !isTrue() {
      guard clock.now < deadline else { return false }
      usleep(20_000)
    }
    return true
  }
}
