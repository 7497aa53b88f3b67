import Foundation
import Glibc

/// The small files a cluster keeps beside its data: read whole, replaced whole.
enum SmallFile {
  /// The file's text, or nil when there is no such file or it may not be read. Works for /proc, whose sizes are zero.
  static func read(_ path: String, fromOffset offset: Int = 0, limitBytes: Int = 65_536) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    if offset > 0 { lseek(descriptor, off_t(offset), SEEK_SET) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count < limitBytes {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      bytes += buffer[0..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Replaces the file as one step that survives a crash: written beside it, synced, renamed over it. Mode 0600.
  static func write(_ text: String, to path: String) throws(ClusterError) {
    let partial = path + ".partial"
    unlink(partial)
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        close(descriptor)
        throw failure(path)
      }
      bytes = bytes.dropFirst(count)
    }
    let synced = fsync(descriptor) == 0
    guard close(descriptor) == 0, synced, rename(partial, path) == 0 else { throw failure(path) }
  }

  private static func failure(_ path: String) -> ClusterError {
    ClusterError("Could not write \(path) (\(lastSystemError())): check its folder's owner and free space.")
  }
}

/// The text of `errno`, to be taken right after the call that set it.
func lastSystemError() -> String { String(cString: strerror(errno)) }
