import Foundation
import Glibc

/// A client that sends exactly the bytes it is told to. It blocks, so it is used on threads of its own only.
public final class RawClient {
  public enum Failure: Error {
    case socket(errno: Int32)
    case endOfStream(after: String)
    case malformed(String)
  }

  public struct Answer: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: String

    /// The value of the first field of that name.
    public subscript(_ name: String) -> String? {
      headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
  }

  private let descriptor: Int32
  private var unread: [UInt8] = []

  /// Connects to the loopback address, and waits so long for a server that has hung.
  public init(port: UInt16, receiveBufferBytes: Int32? = nil, version6: Bool = false, patienceSeconds: Int = 20) throws
  {
    let family = version6 ? AF_INET6 : AF_INET
    descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure.socket(errno: errno) }
    var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    if var bytes = receiveBufferBytes {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }
    guard (version6 ? connect6(port) : connect4(port)) == 0 || isConnectedAfterSignal else {
      throw Failure.socket(errno: errno)
    }
  }

  /// Connecting goes on when a signal ends the call, as libFuzzer's does once a second.
  private var isConnectedAfterSignal: Bool {
    guard errno == EINTR else { return false }
    var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    while poll(&watched, 1, 20_000) < 0 {
      guard errno == EINTR else { return false }
    }
    var length = socklen_t(MemoryLayout<Int32>.size)
    var code: Int32 = 0
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
    errno = code
    return code == 0
  }

  deinit {
    close(descriptor)
  }

  private func connect4(_ port: UInt16) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private func connect6(_ port: UInt16) -> Int32 {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    address.sin6_addr = in6addr_loopback
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
  }

  /// Sends everything, or as much as the peer takes before it closes. Returns how much that was.
  @discardableResult
  public func send(_ text: String) -> Int { send(Array(text.utf8)) }

  /// Sends everything, or as much as the peer takes before it closes. Returns how much that was.
  @discardableResult
  public func send(_ bytes: [UInt8]) -> Int {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      sent += count
    }
    return sent
  }

  /// Tells the peer that nothing more will come.
  public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Closes with a reset, as a crashed client's kernel would.
  public func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  /// Waits for anything to read, and says whether nothing came.
  @discardableResult
  public func waitForSilence(milliseconds: Int32) -> Bool {
    var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&watched, 1, milliseconds) == 0
  }

  /// Everything until the peer closes.
  public func readToEnd() throws -> String {
    while try receive() {}
    defer { unread = [] }
    return String(decoding: unread, as: UTF8.self)
  }

  /// One response; a HEAD's has no body.
  public func readAnswer(toHead: Bool = false) throws -> Answer {
    let end = Array("\r\n\r\n".utf8)
    var headEnd = unread.firstRange(of: end)
    while headEnd == nil {
      guard try receive() else { throw Failure.endOfStream(after: String(decoding: unread, as: UTF8.self)) }
      headEnd = unread.firstRange(of: end)
    }
    guard let headEnd else { throw Failure.malformed("no head") }
    var answer = try Self.parseHead(String(decoding: unread[..<headEnd.lowerBound], as: UTF8.self))
    unread.removeSubrange(..<headEnd.upperBound)
    let isBodiless = toHead || answer.status == 100 || answer.status == 204
    let length = isBodiless ? 0 : answer["Content-Length"].flatMap { Int($0) } ?? 0
    while unread.count < length {
      guard try receive() else { throw Failure.endOfStream(after: String(decoding: unread, as: UTF8.self)) }
    }
    answer.body = String(decoding: unread[..<length], as: UTF8.self)
    unread.removeSubrange(..<length)
    return answer
  }

  private static func parseHead(_ head: String) throws -> Answer {
    var lines = head.components(separatedBy: "\r\n")
    let words = lines.removeFirst().split(separator: " ")
    guard words.count >= 2, let status = Int(words[1]) else { throw Failure.malformed(head) }
    let headers = lines.map { line in
      let halves = line.split(separator: ":", maxSplits: 1)
      return (String(halves[0]), halves.count > 1 ? halves[1].trimmingCharacters(in: .whitespaces) : "")
    }
    return Answer(status: status, headers: headers, body: "")
  }

  /// False at the end of the stream. A reset counts as the end: the peer has closed.
  private func receive() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var count = recv(descriptor, &buffer, buffer.count, 0)
    while count < 0, errno == EINTR { count = recv(descriptor, &buffer, buffer.count, 0) }
    if count < 0 {
      guard errno == ECONNRESET else { throw Failure.socket(errno: errno) }
      return false
    }
    unread.append(contentsOf: buffer[..<count])
    return count > 0
  }
}

extension String {
  /// How often a text occurs in this one.
  public func count(of text: String) -> Int { components(separatedBy: text).count - 1 }
}
