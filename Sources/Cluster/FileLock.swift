import Glibc

/// An exclusive lock on a file, held until this value goes away or the process dies in whatever way.
///
/// The lock file itself is never removed: two processes must always meet at the same inode.
struct FileLock: ~Copyable {
  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Waits for the lock as long as it takes.
  static func waiting(for path: String) throws(ClusterError) -> FileLock {
    let descriptor = try opened(path)
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        let reason = lastSystemError()
        close(descriptor)
        throw ClusterError("Could not lock \(path) (\(reason)): put the data directory on a local file system.")
      }
    }
    return FileLock(descriptor: descriptor)
  }

  /// The lock, or nil when somebody else holds it.
  static func attempt(_ path: String) throws(ClusterError) -> FileLock? {
    let descriptor = try opened(path)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      return nil
    }
    return FileLock(descriptor: descriptor)
  }

  private static func opened(_ path: String) throws(ClusterError) -> Int32 {
    // Close-on-exec, or PostgreSQL would inherit the lock and hold it for as long as it runs.
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw ClusterError("Could not open \(path) (\(lastSystemError())): run as the user who owns that folder.")
    }
    return descriptor
  }
}
