/// Base64 with padding (RFC 4648, section 4).
public func encodeBase64(_ bytes: [UInt8]) -> String {
  var text = Base64Alphabet.standard.encode(bytes)
  text.append(contentsOf: repeatElement(UInt8(ascii: "="), count: (4 - text.count % 4) % 4))
  return String(decoding: text, as: UTF8.self)
}

/// The bytes of a text in Base64 with its padding (RFC 4648, section 4), for settings.
///
/// - Returns: `nil` for anything else: padding left out, white space, line breaks, trailing bits that are not zero.
public func decodeBase64(_ text: String) -> [UInt8]? {
  let characters = Array(text.utf8)
  guard characters.count % 4 == 0 else { return nil }
  let padding = characters.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
  return Base64Alphabet.standard.decode(characters.dropLast(padding))
}

/// Base64url without padding (RFC 4648, section 5; RFC 7515, section 2).
public func encodeBase64URL(_ bytes: [UInt8]) -> String {
  String(decoding: Base64Alphabet.url.encode(bytes), as: UTF8.self)
}

/// The bytes of a text in Base64url without padding (RFC 4648, section 5; RFC 7515, section 2).
///
/// - Returns: `nil` for anything else: padding, white space, the characters `+` and `/`, trailing bits that are not zero.
public func decodeBase64URL(_ text: ArraySlice<UInt8>) -> [UInt8]? {
  Base64Alphabet.url.decode(text)
}

/// The bytes of a text in Base64url without padding (RFC 4648, section 5; RFC 7515, section 2).
///
/// - Returns: `nil` for anything else: padding, white space, the characters `+` and `/`, trailing bits that are not zero.
public func decodeBase64URL(_ text: String) -> [UInt8]? {
  decodeBase64URL(Array(text.utf8)[...])
}
