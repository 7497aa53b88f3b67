public import Dispatch
import Foundation
import Glibc
import Locking

/// Stands between a server and PostgreSQL, or a client and a server, passes everything on, and cuts the connection when told to: between a commit
/// and its answer, for example, which no statement can provoke.
public final class Relay: Sendable {
  private let listener: Int32
  public let port: Int
  private let target: Int
  private let answersToSwallow = Mutex(0)
  private let connections = Mutex(0)
  /// One signal for each answer swallowed.
  public let swallowed = DispatchSemaphore(value: 0)

  public struct Failure: Error { public let call: String, code: Int32 }

  /// Listens on a port of 127.0.0.1 that the system chooses.
  public init(to target: Int) throws {
    self.target = target
    let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listening, $0, length) == 0 && listen(listening, 16) == 0 && getsockname(listening, $0, &length) == 0
      }
    }
    guard isListening else { throw Failure(call: "listen", code: errno) }
    listener = listening
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [self] in
      while true {
        let client = accept(listening, nil, nil)
        guard client >= 0 else { return }
        connections.withLock { $0 += 1 }
        Thread.detachNewThread { self.pass(client) }
      }
    }
  }

  /// How many were accepted so far.
  public var connectionCount: Int { connections.withLock { $0 } }

  /// Ends the accepting; connections that are open stay so.
  public func close() { shutdown(listener, Int32(SHUT_RDWR)) }

  /// The next answer is lost, and its connection with it.
  public func swallowNextAnswer() { answersToSwallow.withLock { $0 += 1 } }

  /// Passes bytes both ways until either side ends.
  private func pass(_ client: Int32) {
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(port: target)
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var ends = [
      pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0),
    ]
    passing: while connected == 0, poll(&ends, 2, -1) > 0 {
      for (from, to) in [(0, 1), (1, 0)] where ends[from].revents != 0 {
        let count = recv(ends[from].fd, &buffer, buffer.count, 0)
        guard count > 0 else { break passing }
        if from == 1, takeOrderToSwallow() {
          swallowed.signal()
          break passing
        }
        guard send(ends[to].fd, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break passing }
      }
    }
    Glibc.close(client)
    Glibc.close(server)
  }

  private func takeOrderToSwallow() -> Bool {
    answersToSwallow.withLock { left in
      guard left > 0 else { return false }
      left -= 1
      return true
    }
  }

  private static func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
