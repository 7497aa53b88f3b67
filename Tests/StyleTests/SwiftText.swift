/// Swift source split into what is code and what is comment, each with the other and the contents of strings and patterns as blanks.
///
/// Lines stay where they are, so a place in a view is the same place in the file. Quotation marks stay in the code.
struct SwiftText: Sendable {
  let code: String
  let comments: String

  init(_ text: String) {
    var scanner = SwiftScanner(text)
    scanner.scan()
    code = String(decoding: scanner.code, as: UTF8.self)
    comments = String(decoding: scanner.comments, as: UTF8.self)
  }
}

/// Works on bytes: everything that decides is ASCII, and a blank for each byte keeps lines as they are.
private struct SwiftScanner {
  private(set) var code: [UInt8] = []
  private(set) var comments: [UInt8] = []
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  private enum View { case code, comment, neither }

  private var isAtEnd: Bool { position >= bytes.count }

  mutating func scan() { while !isAtEnd { step() } }

  private mutating func step() {
    let byte = bytes[position]
    if byte != UInt8(ascii: "/"), byte != UInt8(ascii: "#"), byte != UInt8(ascii: "\"") {
      take(1, to: .code)
    } else if isNext("//") {
      while !isAtEnd, bytes[position] != UInt8(ascii: "\n") { take(1, to: .comment) }
    } else if isNext("/*") {
      takeBlockComment()
    } else if isRegexLiteral() {
      take(1, to: .code)
      takeRegex()
    } else if let fence = openingFence() {
      takeString(fence: fence)
    } else {
      take(1, to: .code)
    }
  }

  /// The number of `#` before a quotation mark, or nil when no string begins here.
  private func openingFence() -> Int? {
    var end = position
    while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
    return end < bytes.count && bytes[end] == UInt8(ascii: "\"") ? end - position : nil
  }

  /// A slash divides after a value and begins a pattern after what cannot be one.
  private func isRegexLiteral() -> Bool {
    guard isNext("/"), !isNext("/ "), let before = code.last(where: { $0 != 0x20 && $0 != 0x0A }) else { return false }
    return "(,=:[{".utf8.contains(before)
  }

  private mutating func takeRegex() {
    while !isAtEnd, bytes[position] != UInt8(ascii: "\n") {
      if isNext("/") { return take(1, to: .code) }
      take(isNext("\\") ? 2 : 1, to: .neither)
    }
  }

  private mutating func takeBlockComment() {
    var depth = 0
    repeat {
      if isNext("/*") {
        depth += 1
        take(2, to: .comment)
      } else if isNext("*/") {
        depth -= 1
        take(2, to: .comment)
      } else {
        take(1, to: .comment)
      }
    } while depth > 0 && !isAtEnd
  }

  private mutating func takeString(fence: Int) {
    let hashes = String(repeating: "#", count: fence)
    take(fence, to: .code)
    let quotes = isNext("\"\"\"") ? "\"\"\"" : "\""
    take(quotes.utf8.count, to: .code)
    while !isAtEnd {
      if isNext(quotes + hashes) {
        return take(quotes.utf8.count + fence, to: .code)
      }
      if isNext("\\" + hashes + "(") {
        take(fence + 2, to: .neither)
        takeInterpolation()
      } else if isNext("\\" + hashes) {
        take(fence + 2, to: .neither)
      } else if quotes == "\"", bytes[position] == UInt8(ascii: "\n") {
        return
      } else {
        take(1, to: .neither)
      }
    }
  }

  /// What stands between the parentheses is code again, and may hold strings.
  private mutating func takeInterpolation() {
    var depth = 1
    while depth > 0 && !isAtEnd {
      if bytes[position] == UInt8(ascii: "(") { depth += 1 }
      if bytes[position] == UInt8(ascii: ")") { depth -= 1 }
      depth == 0 ? take(1, to: .neither) : step()
    }
  }

  private func isNext(_ text: String) -> Bool {
    bytes[position...].starts(with: text.utf8)
  }

  private mutating func take(_ count: Int, to view: View) {
    for byte in bytes[position..<min(position + count, bytes.count)] {
      let blank = byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " ")
      code.append(view == .code ? byte : blank)
      comments.append(view == .comment ? byte : blank)
    }
    position = min(position + count, bytes.count)
  }
}
