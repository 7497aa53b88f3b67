/// The checksum CRC-32/ISO-HDLC, as in gzip (RFC 1952, section 8) and zlib's `crc32`. It finds what was mistyped or cut
/// off, and protects against nobody.
public func crc32(_ message: ArraySlice<UInt8>) -> UInt32 {
  var remainder = UInt32.max
  for byte in message {
    remainder ^= UInt32(byte)
    for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 0 ? 0 : 0xEDB8_8320) }
  }
  return ~remainder
}
