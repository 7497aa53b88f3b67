import Glibc

/// TCP ports on 127.0.0.1.
enum Port {
  /// A port nobody listens on.
  ///
  /// Chosen below the kernel's range for outgoing connections: a client that keeps reconnecting to a port in that range
  /// while PostgreSQL is down can be given the very port it dials, and would then hold it.
  static func pickFree() throws(ClusterError) -> Int {
    for _ in 0..<200 {
      let port = Int.random(in: 20_000...29_999)
      if isFree(port) { return port }
    }
    throw ClusterError("No free port between 20000 and 29999 on 127.0.0.1: stop some programs that listen there.")
  }

  /// Whether a listener could be opened now. Somebody else may still come first: starting has to cope with that.
  static func isFree(_ port: Int) -> Bool {
    guard let number = UInt16(exactly: port), number > 0 else { return false }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // As PostgreSQL does: connections of an earlier run in TIME_WAIT do not make the port taken.
    var enabled: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &enabled, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = number.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return bound == 0 && listen(descriptor, 1) == 0
  }
}
