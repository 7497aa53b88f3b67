import Glibc

/// Unguessable text from the kernel's random generator, in the URL-safe alphabet of RFC 4648, section 5.
enum RandomText {
  static func make(byteCount: Int) throws(ClusterError) -> String {
    let descriptor = open("/dev/urandom", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ClusterError("Could not open /dev/urandom (\(lastSystemError())): mount /dev.") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while bytes.count < byteCount {
      var buffer = [UInt8](repeating: 0, count: byteCount - bytes.count)
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw ClusterError("Could not read /dev/urandom (\(lastSystemError())): mount /dev.") }
      bytes += buffer[0..<count]
    }
    return base64url(bytes)
  }

  private static func base64url(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".unicodeScalars)
    var result = String.UnicodeScalarView()
    var pending: UInt32 = 0
    var pendingBits = 0
    for byte in bytes {
      pending = (pending << 8 | UInt32(byte)) & 0xFFFF
      pendingBits += 8
      while pendingBits >= 6 {
        pendingBits -= 6
        result.append(alphabet[Int(pending >> UInt32(pendingBits)) & 63])
      }
    }
    if pendingBits > 0 { result.append(alphabet[Int(pending << UInt32(6 - pendingBits)) & 63]) }
    return String(result)
  }
}
