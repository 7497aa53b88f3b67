import Testing

@testable import HTTP

@Suite struct ReceivedBytesTests {
  private static let block = "POST / HTTP/1.1\r\nHost: a\r\nX: b:\r\n"

  /// Texts that the library would misread, in the block.
  private static let broken = [
    "\(block):\n\r\n", "\(block):\r\n\r\n", "\(block):\rX", "GET /\0 HTTP/1.1\r\n", "\(block)X: a\0\n",
  ]

  @Test("empty lines before a request end no header block")
  func emptyLines() {
    #expect(doubt([Array("\r\n\r\n\(Self.broken[0])".utf8)]) == .inHeaderBlock)
  }

  /// The doubt after the pieces have come one after another.
  private func doubt(_ pieces: [some Collection<UInt8>], isBehindHeaderBlock: Bool = false) -> ReceivedBytes.Doubt? {
    var received = ReceivedBytes()
    for piece in pieces {
      Array(piece).withUnsafeBytes { received.append($0, isBehindHeaderBlock: isBehindHeaderBlock) }
    }
    return received.doubt
  }

  @Test(
    "a colon alone on a line and a NUL are noticed in a header block, in whatever pieces it comes", arguments: broken)
  func inHeaderBlock(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(doubt(bytes.map { [$0] }) == .inHeaderBlock)
    for place in 0...bytes.count {
      #expect(doubt([bytes[..<place], bytes[place...]]) == .inHeaderBlock, "in pieces of \(place) bytes and the rest")
      #expect(doubt([bytes[..<place], bytes[place...]], isBehindHeaderBlock: true) == .behindHeaderBlock)
    }
  }

  @Test("behind the end of the header block they are a doubt of another kind", arguments: broken)
  func behindHeaderBlock(_ text: String) {
    let whole = Array("\(Self.block)\r\n".utf8)
    let bytes = Array("a\(text)".utf8)
    #expect(doubt([whole + bytes]) == .behindHeaderBlock)
    #expect(doubt([whole + bytes[..<2], bytes[2...]], isBehindHeaderBlock: true) == .behindHeaderBlock)
    #expect(doubt([whole.dropLast(), whole.suffix(1) + bytes]) == .behindHeaderBlock)
  }

  @Test(
    "what is right is not doubted", arguments: [block + "\r\n", "{\"a\" :\n1,\n \"b\":\r\n2}", ":\n", "\r\n\r\n", ":"])
  func innocent(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(doubt([bytes]) == nil)
    #expect(doubt(bytes.map { [$0] }) == nil)
  }
}
