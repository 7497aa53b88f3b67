import CJansson

/// Deeper nesting is refused whatever the caller allows: jansson and the conversion use the stack.
private let deepestNesting = 512

/// Reads one JSON text, strictly as RFC 8259 defines it.
///
/// Refused are also a byte order mark, any encoding but UTF-8, invalid UTF-8, lone surrogates, duplicate members (compared
/// after resolving escapes), the character NUL in any spelling, integers outside of 64 bits, reals beyond the range of a
/// double, and anything but white space after the value. A real too small for a double becomes 0.
///
/// - Parameters:
///   - bytes: The whole text.
///   - maximumDepth: How many arrays and objects may be open at once, from 0 (a scalar only) to 512.
///   - allowingNUL: Whether strings may have the character NUL, escaped. Names of members never may.
/// - Returns: The value.
/// - Throws: `JSONError`, for the first fault found.
public func parseJSON(
  _ bytes: [UInt8], maximumDepth: Int = 64, allowingNUL: Bool = false
) throws(JSONError) -> JSONValue {
  if maximumDepth > 0, let object = PlainObject.read(bytes) { return .object(object) }
  guard !bytes.isEmpty else { throw JSONError("The text is empty.", at: 0) }
  if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
    throw JSONError("The text begins with a byte order mark.", at: 0)
  }
  try refuseHostileStructure(bytes, maximumDepth: min(maximumDepth, deepestNesting))
  return try JanssonDocument(bytes, allowingNUL: allowingNUL).value()
}

/// Refuses what must not reach the recursive parser: nesting over the limit and NUL bytes.
///
/// Up to the first fault in grammar this reads strings and brackets exactly as the parser does, and the parser stops at
/// that fault. So it never nests deeper than is counted here.
private func refuseHostileStructure(_ bytes: [UInt8], maximumDepth: Int) throws(JSONError) {
  var depth = 0
  var isInString = false
  var isEscaped = false
  for (offset, byte) in bytes.enumerated() {
    if byte == 0 { throw JSONError("The text contains a NUL byte; it must be UTF-8.", at: offset) }
    if isEscaped {
      isEscaped = false
    } else if isInString {
      if byte == UInt8(ascii: "\\") { isEscaped = true }
      if byte == UInt8(ascii: "\"") { isInString = false }
    } else {
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        if depth > maximumDepth {
          throw JSONError("The text nests deeper than \(maximumDepth) levels.", at: offset)
        }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
    }
  }
}
