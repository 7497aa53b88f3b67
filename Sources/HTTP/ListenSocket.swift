import Glibc

/// A listening TCP socket.
struct ListenSocket: ~Copyable {
  /// What the kernel takes of an answer beyond what it has sent. Without a bound it takes up to 4 MiB of a large one for a
  /// client that does not read, and whoever comes behind many such clients waits until all of it is copied.
  static let unsentBytesLimit: Int32 = 65_536

  let descriptor: Int32
  let port: UInt16

  init(host: String, port: UInt16) throws(ServerError) {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let address = found else {
      throw ServerError.configuration("\(host) is no numeric address")
    }
    defer { freeaddrinfo(found) }
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.pointee.ai_family, type, 0)
    guard descriptor >= 0 else { throw ServerError.cannotListen(host: host, port: port, code: errno) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    // What is accepted has this from the socket that listens.
    var unsent = Self.unsentBytesLimit
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, &unsent, socklen_t(MemoryLayout<Int32>.size))
    guard bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0,
      listen(descriptor, Int32(SOMAXCONN)) == 0
    else {
      let code = errno
      close(descriptor)
      throw ServerError.cannotListen(host: host, port: port, code: code)
    }
    self.descriptor = descriptor
    self.port = Self.boundPort(descriptor) ?? port
  }

  /// Gives the socket away without closing it.
  consuming func release() -> Int32 {
    let descriptor = descriptor
    discard self
    return descriptor
  }

  deinit {
    close(descriptor)
  }

  private static func boundPort(_ descriptor: Int32) -> UInt16? {
    var storage = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    return withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard getsockname(descriptor, address, &length) == 0 else { return nil }
        // The port is at the same place in both families.
        return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
      }
    }
  }
}
