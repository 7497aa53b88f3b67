public import Foundation
import Glibc
import Locking

/// A PostgreSQL cluster of our own, made with the installed programs: kept in a directory, or thrown away.
///
/// It listens on 127.0.0.1 and on a unix socket only, and every connection needs a password. PostgreSQL never runs as
/// root: started by root, its processes run as `postgres` or `nobody`.
public final class PrivateCluster: Sendable {
  private struct Lifecycle: ~Copyable {
    /// Held by the process that may stop the server. Who merely attached does not hold it.
    var ownership: FileLock?
    var startLock: FileLock?
    var storage: Storage?
    var temporarySocketDirectory: String?
    var watchdog: Watchdog?
  }

  private struct Running: Sendable {
    var processID: Int32?
    var port = 0
    var socketDirectory = ""
    var password = ""
  }

  private let directory: String
  private let fallback: String
  private let settings: [String: String]
  private let watchdogID: pid_t?
  /// Held for as long as starting or stopping takes; what others read is in `running`, held for an instant.
  private let lifecycle: Mutex<Lifecycle>
  private let running = Mutex(Running())

  /// A cluster kept in `directory`, which is made when it is missing. Nothing happens before `start()`.
  ///
  /// `settings` are more server settings, by their names in PostgreSQL's manual. They are given on the server's command
  /// line, and override neither the port nor the addresses nor the socket's directory.
  public convenience init(directory: URL, settings: [String: String] = [:]) {
    self.init(directory: directory, settings: settings, fallback: "/var/lib/tollgate")
  }

  /// `fallback` is where the data goes when PostgreSQL's user cannot enter `directory`.
  convenience init(directory: URL, settings: [String: String], fallback: String) {
    let path = directory.absoluteURL.standardizedFileURL.path(percentEncoded: false)
    self.init(path: path, settings: settings, fallback: fallback, watchdog: nil)
  }

  private init(path: String, settings: [String: String], fallback: String, watchdog: consuming Watchdog?) {
    directory = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    self.fallback = fallback
    self.settings = settings
    watchdogID = watchdog?.processID
    lifecycle = Mutex(Lifecycle(watchdog: watchdog))
  }

  /// A new, started cluster in a short path below /dev/shm where 4 GiB are free there, otherwise below /tmp. It and its
  /// directory are gone when this object is released, when `remove()` returns, or soon after this process ends, even by
  /// SIGKILL. Blocking.
  ///
  /// Its settings are those of production but for a small memory: fsync is on, and whatever ends the server leaves what was
  /// committed. Only the machine's own end does not.
  public static func throwAway(settings: [String: String] = [:]) throws(ClusterError) -> PrivateCluster {
    let path = try Storage.makeThrowAway(mode: 0o711)
    let small = ["shared_buffers": "16MB", "max_wal_size": "256MB"]
    let watchdog: Watchdog
    do {
      watchdog = try Watchdog.start(over: path)
    } catch {
      rmdir(path)
      throw error
    }
    let cluster = PrivateCluster(
      path: path, settings: small.merging(settings) { _, given in given }, fallback: path, watchdog: watchdog)
    try cluster.start()
    return cluster
  }

  /// Starts the server, making the cluster first when it is new, and returns when it accepts connections. Blocking: call
  /// it on a thread of your own.
  ///
  /// When a server already runs on this directory, it is used as it is, with the settings it was started with.
  public func start() throws(ClusterError) {
    try lifecycle.withLock { (lifecycle) throws(ClusterError) in
      try Storage.makeDirectory(directory)
      lifecycle.startLock = try FileLock.waiting(for: directory + "/start.lock")
      defer { lifecycle.startLock = nil }
      let storage = try Storage.locate(directory, fallback: fallback)
      lifecycle.storage = storage
      let version = try DataDirectory.majorVersion(in: storage)
      let installation = try Installation.find(majorVersion: version)
      let password = try DataDirectory.password(in: storage, isNew: version == nil)
      if version == nil {
        try DataDirectory.make(
          in: storage, by: installation, password: password, placement: placement, syncs: watchdogID == nil)
      }
      let launch = Launch(storage: storage, installation: installation, settings: settings, placement: placement)
      let (server, temporary) = try launch.start()
      if let temporary { lifecycle.temporarySocketDirectory = temporary }
      if lifecycle.ownership == nil { lifecycle.ownership = try FileLock.attempt(directory + "/owner.lock") }
      running.withLock {
        $0 = Running(
          processID: server.processID, port: server.port, socketDirectory: server.socketDirectory, password: password)
      }
    }
  }

  /// Stops the server in order: sessions are ended, everything is on the disk. Blocking.
  ///
  /// A server that another live process owns, to which this one only attached, is left running.
  public func stop() throws(ClusterError) {
    try lifecycle.withLock { (lifecycle) throws(ClusterError) in
      guard lifecycle.ownership != nil, let storage = lifecycle.storage else { return }
      if let server = Postmaster.running(in: storage.data) {
        server.signal(SIGINT)
        guard server.waitUntilGone(from: storage.data, timeoutSeconds: 60) else {
          throw ClusterError("PostgreSQL did not stop within 60 seconds: see \(storage.logFile), then try again.")
        }
      }
      ended(&lifecycle)
      lifecycle.ownership = nil
    }
  }

  /// Stops the server as a crash would (SIGQUIT: no checkpoint, recovery at the next start) and returns when it is gone.
  /// For fault tests. Blocking.
  public func stopImmediately() {
    lifecycle.withLock { lifecycle in
      guard let storage = lifecycle.storage, let server = Postmaster.running(in: storage.data) else { return }
      server.signal(SIGQUIT)
      // PostgreSQL itself kills, after five seconds, whoever did not obey.
      _ = server.waitUntilGone(from: storage.data, timeoutSeconds: 20)
      ended(&lifecycle)
    }
  }

  /// Ends a throw-away cluster now and deletes its directory; a kept one is not touched. Blocking.
  public func remove() {
    lifecycle.withLock { lifecycle in
      guard let watchdog = lifecycle.watchdog.take() else { return }
      watchdog.finish()
      ended(&lifecycle)
    }
  }

  /// The superuser's connection URI, with the password. Meaningful after `start()`.
  public var administratorURL: String {
    url(user: "postgres", password: running.withLock(\.password), database: "postgres")
  }

  /// A connection URI to this server; each part is percent-encoded. Meaningful after `start()`.
  public func url(user: String, password: String, database: String) -> String {
    ConnectionURL.make(user: user, password: password, port: port, database: database)
  }

  /// The directory of the server's unix socket, as libpq's `host` takes it. Empty before `start()`.
  public var socketDirectory: String { running.withLock(\.socketDirectory) }

  /// The TCP port on 127.0.0.1. Zero before the first `start()`; the same again at each start unless somebody took it.
  public var port: Int { running.withLock(\.port) }

  /// The process id of the server last started or attached to; nil before that and after this object stopped it.
  public var postmasterProcessID: Int32? { running.withLock(\.processID) }

  private var placement: ChildProcess.Placement { watchdogID.map { .group($0) } ?? .ownSession }

  private func ended(_ lifecycle: inout Lifecycle) {
    running.withLock { $0.processID = nil }
    if let path = lifecycle.temporarySocketDirectory { rmdir(path) }
    lifecycle.temporarySocketDirectory = nil
  }
}
