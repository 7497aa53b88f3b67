import Foundation
import Glibc

/// Makes a data directory with `initdb`, whole or not at all.
enum DataDirectory {
  private static let partialPrefix = "data.partial-"
  private static let passwordPrefix = "initdb-password-"

  /// The version that made the data, or nil when there is none yet.
  ///
  /// The directory is only ever renamed to its name when it is finished, so one without these files is not ours: it is
  /// moved aside, never deleted.
  static func majorVersion(in storage: Storage) throws(ClusterError) -> Int? {
    guard access(storage.data, F_OK) == 0 else { return nil }
    let version = SmallFile.read(storage.data + "/PG_VERSION").flatMap {
      Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    if let version, access(storage.data + "/global/pg_control", F_OK) == 0 { return version }
    let aside = try storage.data + ".unfinished-" + RandomText.make(byteCount: 6)
    guard rename(storage.data, aside) == 0 else {
      throw ClusterError("\(storage.data) is not a finished data directory: move it away.")
    }
    return nil
  }

  /// The administrator's password, made the first time.
  static func password(in storage: Storage, isNew: Bool) throws(ClusterError) -> String {
    if let text = SmallFile.read(storage.passwordFile) {
      let password = text.trimmingCharacters(in: .newlines)
      if !password.isEmpty { return password }
    }
    guard isNew else {
      throw ClusterError(
        "\(storage.passwordFile) is missing: put it back, or remove \(storage.directory) to start anew without its data."
      )
    }
    let password = try RandomText.make(byteCount: 32)
    try SmallFile.write(password + "\n", to: storage.passwordFile)
    return password
  }

  /// Runs initdb in a folder beside the final one and renames it when it is finished. `syncs` says whether initdb waits
  /// until its files are on the disk.
  static func make(
    in storage: Storage, by installation: Installation, password: String, placement: ChildProcess.Placement, syncs: Bool
  ) throws(ClusterError) {
    removeLeftovers(in: storage)
    let suffix = try RandomText.make(byteCount: 6)
    let partial = storage.root + "/" + partialPrefix + suffix
    try Storage.make(partial, mode: 0o700)
    try storage.account.own(partial)
    // initdb reads the password as its own user, from a file: an argument would show in the list of processes.
    let passwordFile = storage.root + "/" + passwordPrefix + suffix
    try SmallFile.write(password + "\n", to: passwordFile)
    defer { unlink(passwordFile) }
    try storage.account.own(passwordFile)

    var words = [
      installation.initdb, "--pgdata=\(partial)", "--username=postgres", "--pwfile=\(passwordFile)",
      "--auth=scram-sha-256", "--encoding=UTF8", "--locale=\(locale())", "--data-checksums",
    ]
    if !syncs { words.append("--no-sync") }
    let outcome = try ChildProcess.run(storage.account.command(words), placement: placement)
    guard outcome.succeeded else {
      throw ClusterError("initdb failed in \(storage.root): \(outcome.lastLine)")
    }
    guard rename(partial, storage.data) == 0 else {
      throw ClusterError("Could not rename \(partial) to \(storage.data) (\(lastSystemError())): move the latter away.")
    }
    let root = open(storage.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    fsync(root)
    close(root)
  }

  /// What an interrupted initdb left. A failure to remove it stops nobody: the next one has another name.
  private static func removeLeftovers(in storage: Storage) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: storage.root)) ?? []
    for name in names where name.hasPrefix(partialPrefix) || name.hasPrefix(passwordPrefix) {
      try? FileManager.default.removeItem(atPath: storage.root + "/" + name)
    }
  }

  /// Byte order for sorting with UTF-8 characters, or plain C where the system has no such locale.
  private static func locale() -> String {
    guard let found = newlocale(1 << LC_CTYPE | 1 << LC_COLLATE, "C.UTF-8", nil) else { return "C" }
    freelocale(found)
    return "C.UTF-8"
  }
}
