import CCurl
import Glibc
import Network

/// Decides which addresses are connected to: the last moment at which it is known what a name has led to.
final class Door {
  private let mayConnect: (@Sendable (NetworkAddress) -> Bool)?
  private(set) var hasRefused = false

  init(_ mayConnect: (@Sendable (NetworkAddress) -> Bool)?) { self.mayConnect = mayConnect }

  /// A socket for an address, -1 for none.
  func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    guard isAllowed(address) else {
      hasRefused = true
      return -1
    }
    // Inherited by no program that is started meanwhile.
    let closing = Int32(SOCK_CLOEXEC.rawValue)
    return socket(address.pointee.family, address.pointee.socktype | closing, address.pointee.`protocol`)
  }

  private func isAllowed(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Bool {
    guard let mayConnect else { return true }
    guard let numbers = Self.numbers(of: address) else { return false }
    return mayConnect(numbers)
  }

  /// Nil for what is neither IPv4 nor IPv6.
  private static func numbers(of address: UnsafeMutablePointer<curl_sockaddr>) -> NetworkAddress? {
    // The address begins at `addr` and may be longer than that member's type.
    guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
    let start = (UnsafeRawPointer(address) + offset).assumingMemoryBound(to: sockaddr.self)
    let length = Int(address.pointee.addrlen)
    let needed = address.pointee.family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    return length >= needed ? NetworkAddress(start) : nil
  }
}

/// libcurl's callback.
func openSocket(
  _ door: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let door, let address else { return -1 }
  return Unmanaged<Door>.fromOpaque(door).takeUnretainedValue().open(address)
}
