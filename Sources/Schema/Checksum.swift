import Crypto

/// The SHA-256 of a file's text in hexadecimal, with CRLF read as LF: the same file checked out on another system is
/// the same file.
func checksum(of text: String) -> String {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.utf8.count)
  for byte in text.utf8 {
    if byte == UInt8(ascii: "\n"), bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    bytes.append(byte)
  }
  let digits = Array("0123456789abcdef".utf8)
  var hexadecimal: [UInt8] = []
  for byte in sha256(bytes) {
    hexadecimal.append(digits[Int(byte >> 4)])
    hexadecimal.append(digits[Int(byte & 15)])
  }
  return String(decoding: hexadecimal, as: UTF8.self)
}
