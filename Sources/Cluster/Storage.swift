import Foundation
import Glibc

/// Where a cluster keeps what.
///
/// `directory` holds the small files (password, port, locks, log), which belong to the user who runs Tollgate. `root`
/// holds `data` and `socket`, which belong to the account PostgreSQL runs as. They are the same folder, unless that
/// account cannot enter it, as below /root: then `root` is a folder of its own below /var/lib/tollgate, and the file
/// `data-location` in `directory` names it.
struct Storage: Sendable {
  let directory: String
  let root: String
  let account: Account

  var data: String { root + "/data" }
  var passwordFile: String { directory + "/password" }
  var portFile: String { directory + "/port" }
  var logFile: String { directory + "/server.log" }

  static func pointerFile(in directory: String) -> String { directory + "/data-location" }

  /// Makes the folder itself, so that locks can be taken in it.
  static func makeDirectory(_ directory: String) throws(ClusterError) {
    if access(directory, F_OK) == 0 { return }
    let parent = (directory as NSString).deletingLastPathComponent
    do {
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    } catch {
      throw ClusterError("Could not make the folder \(parent): choose one that you may write to.")
    }
    do {
      try make(directory, mode: 0o711)
    } catch {
      // Another start was quicker: the folder is there, and who works in it is settled by the lock.
      guard access(directory, F_OK) == 0 else { throw error }
    }
  }

  /// Finds the folders, choosing them the first time. To be called under the start lock.
  static func locate(_ directory: String, fallback: String) throws(ClusterError) -> Storage {
    let pointer = pointerFile(in: directory)
    if let text = SmallFile.read(pointer) {
      let root = text.trimmingCharacters(in: .newlines)
      guard root.hasPrefix("/"), access(root, F_OK) == 0 else {
        throw ClusterError("\(pointer) names a folder that is gone: put it back, or remove \(directory) to start anew.")
      }
      return try Storage(directory: directory, root: root, account: account(servingIn: root))
    }
    let account = try account(servingIn: directory)
    let entersDirectory = try account.canEnter(directory)
    if entersDirectory {
      return Storage(directory: directory, root: directory, account: account)
    }
    guard access(directory + "/data", F_OK) != 0 else {
      throw ClusterError(
        "PostgreSQL's user cannot enter \(directory), where its data is: allow it with chmod o+x on each folder above.")
    }
    if access(fallback, F_OK) != 0 { try make(fallback, mode: 0o755) }
    let root = try fallback + "/" + RandomText.make(byteCount: 12)
    try make(root, mode: 0o711)
    let entersRoot = try account.canEnter(root)
    guard entersRoot else {
      throw ClusterError("PostgreSQL's user cannot enter \(root): allow it with chmod o+x on each folder above.")
    }
    try SmallFile.write(root + "\n", to: pointer)
    return Storage(directory: directory, root: root, account: account)
  }

  /// A folder for the server's socket: below `root`, or a fresh one in /tmp when that path would be too long.
  func makeSocketDirectory() throws(ClusterError) -> (path: String, isTemporary: Bool) {
    let path = root + "/socket"
    // sockaddr_un holds 107 bytes and a zero (unix(7)).
    if path.utf8.count + "/.s.PGSQL.65535".utf8.count <= 107 {
      if access(path, F_OK) != 0 {
        try Self.make(path, mode: 0o755)
        try account.own(path)
      }
      return (path, false)
    }
    let temporary = try Self.makeTemporary(mode: 0o755)
    try account.own(temporary)
    return (temporary, true)
  }

  /// Removes the socket and its lock file that a killed server left: PostgreSQL would take the lock's process id for a
  /// living server when another program has it now. To be called under the start lock, when no server runs; nobody else
  /// puts anything into this folder.
  func clearSockets() {
    let folder = root + "/socket"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(".s.PGSQL.") {
      unlink(folder + "/" + name)
    }
  }

  /// A new folder for a cluster that is thrown away, with a short, unguessable name: in memory if there is room for one,
  /// because hardly anything else is waited for where databases are made and dropped by the hundred. Otherwise in /tmp.
  static func makeThrowAway(mode: mode_t) throws(ClusterError) -> String {
    try makeTemporary(mode: mode, in: hasRoomInMemory ? memory : "/tmp")
  }

  /// Where Linux keeps shared memory (shm_overview(7)): a tmpfs, but for machines that have put something else there.
  private static let memory = "/dev/shm"

  /// 4 GiB: a container is often given 64 MiB, and of a small machine's memory a build needs more than a test's cluster.
  private static var hasRoomInMemory: Bool {
    // proc_mounts(5): device, folder, type.
    let mounts = (SmallFile.read("/proc/self/mounts") ?? "").split(separator: "\n").map { $0.split(separator: " ") }
    let isInMemory = mounts.contains { $0.count > 2 && $0[1] == memory && $0[2] == "tmpfs" }
    var status = statvfs()
    guard isInMemory, access(memory, W_OK) == 0, statvfs(memory, &status) == 0 else { return false }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize) >= 4 << 30
  }

  /// A new folder with a short, unguessable name.
  private static func makeTemporary(mode: mode_t, in parent: String = "/tmp") throws(ClusterError) -> String {
    let path = try parent + "/tollgate-" + RandomText.make(byteCount: 9)
    try make(path, mode: mode)
    return path
  }

  /// Makes one folder that must not exist yet, with this mode whatever the umask says.
  static func make(_ path: String, mode: mode_t) throws(ClusterError) {
    guard mkdir(path, 0o700) == 0, chmod(path, mode) == 0 else {
      throw ClusterError("Could not make the folder \(path) (\(lastSystemError())): choose one that you may write to.")
    }
  }

  private static func account(servingIn root: String) throws(ClusterError) -> Account {
    access(root + "/data", F_OK) == 0 ? try .owner(of: root + "/data") : try .unprivileged()
  }
}
