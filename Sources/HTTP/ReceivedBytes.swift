import Glibc

/// What a connection's client sent, looked at before the library changes it.
///
/// The library writes NULs into what it parses: over a field's colon, and over line ends. Afterwards a line of a colon
/// and one line-end character is the same as an empty line, which ends the header block, and a NUL that was sent is the
/// same as one that was written. Neither can be in a header block, and hardly in a body: in JSON a NUL is an error, and
/// nobody puts a colon on a line of its own.
struct ReceivedBytes {
  /// Where a byte was found that cannot be in a header block.
  enum Doubt {
    /// In the header block that is being received.
    case inHeaderBlock
    /// Behind it: in its body, or in a request that was sent before this one was answered.
    case behindHeaderBlock
  }

  private(set) var doubt: Doubt?
  /// Whether nothing has come.
  private(set) var isEmpty = true
  /// The last bytes of what came before and the first of what comes, since a pattern may come in pieces. Blanks where
  /// there is nothing.
  private var seam = InlineArray<6, UInt8>(repeating: blank)

  private static let blank = UInt8(ascii: " ")
  private static let colon = UInt8(ascii: ":")
  private static let carriageReturn = UInt8(ascii: "\r")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let headerBlockEnd: [UInt8] = [carriageReturn, lineFeed, carriageReturn, lineFeed]
  /// One less than the longest pattern has.
  private static let seamHalf = 3

  /// Looks at what has come, behind a header block that was complete before, or not. Nothing can take a doubt away.
  mutating func append(_ bytes: UnsafeRawBufferPointer, isBehindHeaderBlock: Bool) {
    guard doubt == nil, !bytes.isEmpty else { return }
    isEmpty = false
    for place in 0..<Self.seamHalf {
      seam[Self.seamHalf + place] = place < bytes.count ? bytes[place] : Self.blank
    }
    doubt = seam.span.withUnsafeBytes { seam in
      Self.firstDoubtfulByte(in: seam).map { place in
        isBehindHeaderBlock || Self.endsHeaderBlock(seam[..<place]) ? .behindHeaderBlock : .inHeaderBlock
      }
        ?? Self.firstDoubtfulByte(in: bytes).map { place in
          isBehindHeaderBlock || Self.endsHeaderBlock(seam[...])
            // Empty lines before a request are passed over, and end nothing.
            || Self.endsHeaderBlock(bytes[..<place].drop(while: Self.isLineEnd))
            ? .behindHeaderBlock : .inHeaderBlock
        }
    }
    let kept = min(bytes.count, Self.seamHalf)
    for place in 0..<(Self.seamHalf - kept) { seam[place] = seam[place + kept] }
    for place in 0..<kept { seam[Self.seamHalf - kept + place] = bytes[bytes.count - kept + place] }
  }

  /// The first NUL, or colon alone on a line. Line feeds are looked for by the C library, many bytes at a time.
  private static func firstDoubtfulByte(in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let start = bytes.baseAddress else { return nil }
    let nul = memchr(start, 0, bytes.count).map { UnsafeRawPointer($0) - start }
    let end = nul ?? bytes.count
    var cursor = 0
    while let found = memchr(start + cursor, Int32(lineFeed), end - cursor) {
      cursor = UnsafeRawPointer(found) - start + 1
      guard cursor + 1 < end else { break }
      if bytes[cursor] == colon, isLineEnd(bytes[cursor + 1]) { return cursor }
    }
    return nul
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == lineFeed || byte == carriageReturn }

  private static func endsHeaderBlock(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    bytes.firstRange(of: headerBlockEnd) != nil
  }
}
