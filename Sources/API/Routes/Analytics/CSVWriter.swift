import HTTP

/// Writes a table as RFC 4180 has it: UTF-8, lines that end with CR LF, a header line first.
///
/// Spreadsheets take a cell that begins with `=`, `+`, `-` or `@`, or their full-width forms, for a formula, also behind a
/// tab or line break: such a text gets an apostrophe in front, which they show as text. Numbers stay as they are. In
/// countries that write `1,5` a semicolon ends a cell for them, so that a text with one is quoted, too.
struct CSVWriter: Sendable {
  private var bytes: [UInt8] = []
  private var isAtLineStart = true

  /// A table with these columns, whose names need no quotes.
  init(columns: [String]) {
    for column in columns { field(column.utf8) }
    endLine()
  }

  /// Writes a cell; an empty one for nil, which is how FOCUS and most readers know NULL.
  mutating func text(_ text: String?) {
    guard let text else { return field("".utf8) }
    let startsFormula: Bool =
      switch text.unicodeScalars.first {
      case "=", "+", "-", "@", "\t", "\n", "\r", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": true
      default: false
      }
    field((startsFormula ? "'" + text : text).utf8)
  }

  mutating func integer(_ value: Int64) { field("\(value)".utf8) }

  mutating func endLine() {
    bytes.append(contentsOf: [0x0D, 0x0A])
    isAtLineStart = true
  }

  /// The whole table as an answer.
  consuming func response() -> Response {
    Response(
      status: 200,
      headers: [
        ("Content-Type", "text/csv; charset=utf-8; header=present"), ("Content-Disposition", "attachment"),
      ] + commonHeaders, body: bytes)
  }

  /// Section 2: a field with a quotation mark, separator or line break is quoted, and its quotation marks are doubled.
  private mutating func field(_ text: String.UTF8View) {
    if !isAtLineStart { bytes.append(UInt8(ascii: ",")) }
    isAtLineStart = false
    let quote = UInt8(ascii: "\"")
    let separators = [quote, UInt8(ascii: ","), UInt8(ascii: ";"), 0x0A, 0x0D]
    guard text.contains(where: separators.contains) else {
      bytes.append(contentsOf: text)
      return
    }
    bytes.append(quote)
    for byte in text {
      if byte == quote { bytes.append(quote) }
      bytes.append(byte)
    }
    bytes.append(quote)
  }
}
