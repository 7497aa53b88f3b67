import Foundation
import Glibc

/// Begins an answer, and closes in the middle of it.
final class HalfAnswerServer: Sendable {
  private let listener: Int32
  let port: UInt16

  init() throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard isListening else { throw RawClient.Failure.socket(errno: errno) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread {
      while case let client = accept(listener, nil, nil), client >= 0 { Self.answer(client) }
    }
  }

  private static func answer(_ client: Int32) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    _ = recv(client, &buffer, buffer.count, 0)
    let text =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"access_token\":\"half"
    _ = Array(text.utf8).withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    // Whatever is still unread would turn the end into a reset, and nginx would drop what it has.
    shutdown(client, Int32(SHUT_WR))
    _ = recv(client, &buffer, buffer.count, 0)
    close(client)
  }

  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
