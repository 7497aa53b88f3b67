import Glibc

/// Keeps a refused connection's socket open for a little while and reads what the client still sends.
///
/// Closing a socket with unread bytes makes the kernel send a reset, which can reach the client before the response
/// and destroy it (RFC 9112, 9.6). It works on a duplicate, as the library closes the original.
final class LingeringSocket {
  static let countLimit = 64
  static let seconds = 2.0
  private static let bytesLimit = 4 << 20

  let descriptor: Int32
  let until: Instant
  private var readBytes = 0

  /// nil when there is no descriptor left.
  init?(duplicateOf socket: Int32, now: Instant) {
    descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 0)
    until = now.adding(seconds: Self.seconds)
    guard descriptor >= 0 else { return nil }
    shutdown(descriptor, Int32(SHUT_WR))
  }

  deinit {
    close(descriptor)
  }

  /// Reads what is there. False when the client has finished, or has sent more than anyone should.
  func drain() -> Bool {
    let descriptor = descriptor
    return withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
      while readBytes < Self.bytesLimit {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        if count > 0 {
          readBytes += count
        } else {
          return count < 0 && (errno == EAGAIN || errno == EINTR)
        }
      }
      return false
    }
  }
}
