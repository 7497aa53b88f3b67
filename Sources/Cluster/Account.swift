import Foundation
import Glibc

/// The user PostgreSQL's programs run as, which is never root: PostgreSQL refuses that.
struct Account: Equatable, Sendable {
  let userID: uid_t
  let groupID: gid_t

  /// Whether this process has to change its user to become this account.
  var isOther: Bool { userID != geteuid() }

  /// `postgres` when there is such a user, else `nobody`; for a normal user, that user.
  static func unprivileged() throws(ClusterError) -> Account {
    guard geteuid() == 0 else { return Account(userID: geteuid(), groupID: getegid()) }
    for name in ["postgres", "nobody"] {
      if let found = named(name) { return found }
    }
    throw ClusterError("There is neither a user 'postgres' nor 'nobody' to run PostgreSQL as: install postgresql.")
  }

  /// The account whose files these are, so that a directory made by a normal user is still served when root comes.
  static func owner(of path: String) throws(ClusterError) -> Account {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw ClusterError("Could not look at \(path) (\(lastSystemError())): check the permissions of its folders.")
    }
    guard geteuid() == 0 || status.st_uid == geteuid() else {
      throw ClusterError("\(path) belongs to another user: run as that user or as root, or choose another directory.")
    }
    guard status.st_uid != 0 else {
      throw ClusterError("\(path) belongs to root, whom PostgreSQL refuses: give it to another user with chown -R.")
    }
    return Account(userID: status.st_uid, groupID: status.st_gid)
  }

  /// The words of a command that runs as this account. `setpriv` replaces itself: the process id stays.
  func command(_ words: [String]) throws(ClusterError) -> [String] {
    guard isOther else { return words }
    let places: [String] = ["/usr/bin/setpriv", "/bin/setpriv"]
    guard let setpriv = places.first(where: { access($0, X_OK) == 0 }) else {
      throw ClusterError("setpriv is missing, so PostgreSQL cannot be run without root's rights: install util-linux.")
    }
    return [setpriv, "--reuid=\(userID)", "--regid=\(groupID)", "--clear-groups", "--"] + words
  }

  /// Makes the account the owner of a file or directory that this process has just made.
  func own(_ path: String) throws(ClusterError) {
    guard isOther else { return }
    guard lchown(path, userID, groupID) == 0 else {
      throw ClusterError("Could not give \(path) to user \(userID) (\(lastSystemError())): use a local file system.")
    }
  }

  /// Whether the account can enter the directory, asked of the kernel with the account's own rights.
  func canEnter(_ directory: String) throws(ClusterError) -> Bool {
    try ChildProcess.run(command(["/bin/sh", "-c", "cd -- \"$1\"", "sh", directory])).succeeded
  }

  private static func named(_ name: String) -> Account? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    return Account(userID: entry.pw_uid, groupID: entry.pw_gid)
  }
}
