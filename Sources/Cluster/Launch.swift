import Foundation
import Glibc

/// Brings a server up on a finished data directory, or finds the one that is already there.
struct Launch {
  let storage: Storage
  let installation: Installation
  let settings: [String: String]
  let placement: ChildProcess.Placement

  /// Crash recovery comes before readiness, and may have much to read.
  private static let readyTimeoutSeconds = 120
  private static let logLimitBytes = 10_000_000

  /// The server, accepting connections, and the socket directory made for it in /tmp, if one was.
  func start() throws(ClusterError) -> (server: Postmaster, temporarySocketDirectory: String?) {
    var reason = "it said nothing"
    // More than once, because somebody may take the port, or start or stop this very server, between look and leap.
    for _ in 0..<5 {
      if let running = Postmaster.running(in: storage.data) {
        if let ready = waitUntilReady(running.processID) { return (ready, nil) }
        continue
      }
      try Postmaster.clearRemains(in: storage.data)
      storage.clearSockets()
      let port = try choosePort()
      let socket = try storage.makeSocketDirectory()
      let (processID, log) = try spawn(port: port, socketDirectory: socket.path)
      if let ready = waitUntilReady(processID) {
        try SmallFile.write("\(port)\n", to: storage.portFile)
        return (ready, socket.isTemporary ? socket.path : nil)
      }
      if socket.isTemporary { rmdir(socket.path) }
      reason = Self.reason(in: log.textSince())
      guard !Port.isFree(port) || Postmaster.running(in: storage.data) != nil else { break }
    }
    throw ClusterError("PostgreSQL did not start; its log \(storage.logFile) says why: \(reason)")
  }

  /// PostgreSQL's FATAL line, after which it only says goodbye; else the last line.
  private static func reason(in log: String) -> String {
    log.split(separator: "\n").first { $0.contains("FATAL:") || $0.contains("PANIC:") }.map(String.init)
      ?? ChildProcess.lastLine(of: log)
  }

  /// The port of the last time, or another one when that is taken or there was none.
  private func choosePort() throws(ClusterError) -> Int {
    let kept = SmallFile.read(storage.portFile).flatMap { Int($0.trimmingCharacters(in: .newlines)) }
    if let kept, Port.isFree(kept) { return kept }
    return try Port.pickFree()
  }

  private func spawn(port: Int, socketDirectory: String) throws(ClusterError) -> (pid_t, LogPosition) {
    // The setting is a list of quoted names.
    let quoted = "\"" + socketDirectory.replacing("\"", with: "\"\"") + "\""
    var words = [installation.postgres, "-D", storage.data]
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
      guard !name.isEmpty, name.utf8.allSatisfy({ $0.isSettingName }), !value.utf8.contains(0) else {
        throw ClusterError("'\(name)' cannot be a setting of PostgreSQL: use its name from the manual, and no NUL.")
      }
      words += ["-c", "\(name)=\(value)"]
    }
    words += ["-c", "listen_addresses=127.0.0.1", "-c", "port=\(port)", "-c", "unix_socket_directories=\(quoted)"]
    words += ["-c", "logging_collector=off"]

    let log = try LogPosition.open(storage.logFile, limitBytes: Self.logLimitBytes)
    defer { close(log.descriptor) }
    return (try ChildProcess.start(storage.account.command(words), placement: placement, output: log.descriptor), log)
  }

  /// Nil when the process ended instead, or took too long.
  private func waitUntilReady(_ processID: pid_t) -> Postmaster? {
    var ready: Postmaster?
    _ = Wait.until(timeoutSeconds: Self.readyTimeoutSeconds) {
      if let found = Postmaster.running(in: storage.data), found.processID == processID, found.isReady {
        ready = found
        return true
      }
      // Not a child when attached: then it has to be seen serving, which it was when we came.
      let collected = waitpid(processID, nil, WNOHANG)
      return collected == processID || (collected < 0 && Postmaster.running(in: storage.data)?.processID != processID)
    }
    return ready
  }
}

/// The end of the server's log at the time of a start, so that its last words can be told from older ones.
struct LogPosition {
  let path: String
  /// Open for appending; the caller closes it.
  let descriptor: Int32
  private let offset: Int

  /// Opens the log, putting one aside that has grown over the limit.
  static func open(_ path: String, limitBytes: Int) throws(ClusterError) -> LogPosition {
    var status = stat()
    if stat(path, &status) == 0, status.st_size > limitBytes { rename(path, path + ".1") }
    let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw ClusterError("Could not open \(path) (\(lastSystemError())): run as the user who owns that folder.")
    }
    return LogPosition(path: path, descriptor: descriptor, offset: Int(lseek(descriptor, 0, SEEK_END)))
  }

  /// What was written since.
  func textSince() -> String { SmallFile.read(path, fromOffset: offset) ?? "" }
}

extension UInt8 {
  /// Letters, digits, underscore, and the dot of an extension's setting.
  fileprivate var isSettingName: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
