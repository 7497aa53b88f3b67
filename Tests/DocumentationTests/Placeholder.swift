/// What differs from run to run, by its form. A page shows it as `<uuid>`, or as `<uuid NAME>` where further commands
/// use it as `$NAME`.
enum Placeholder: String, CaseIterable, Sendable {
  case uuid, time, date, token, key, seconds, number, cursor, random, secret
  case keyID = "key id"
  case requestID = "request id"

  /// Those that are recognized wherever they stand, the longer forms first.
  static let evident: [Placeholder] = [.time, .uuid, .token, .key, .keyID, .requestID, .secret]

  /// Those that are recognized by what stands before them.
  static let introduced: [(before: String, placeholder: Placeholder)] = [
    ("\"retryAfterSeconds\":", .seconds), ("Retry-After: ", .seconds), ("\"nextCursor\":\"", .cursor),
    ("\"day\":\"", .date), ("state=", .random), ("code_challenge=", .random),
  ]

  /// How many bytes from here on have this form; nil when these do not.
  func length(in bytes: ArraySlice<UInt8>) -> Int? {
    var text = FormScanner(bytes)
    let isFound =
      switch self {
      case .uuid: text.takeHex(8) && [4, 4, 4, 12].allSatisfy { text.take("-") && text.takeHex($0) }
      case .time: text.takeTime()
      case .date: text.takeDate()
      case .token:
        text.take("eyJ") && text.takeBase64() && text.take(".") && text.takeBase64() && text.take(".")
          && text.takeBase64()
      case .key: text.takeKeyID() && text.take("_") && text.takeLetters(46)
      case .keyID: text.takeKeyID() && (text.take("_") || true)
      case .requestID: text.takeHex(16) && text.take("-") && text.takeHex(16)
      case .seconds: text.takeDigits()
      case .number: text.takeDigits() && (!text.take(".") || text.takeDigits())
      case .cursor: text.takeBase64(atLeast: 20)
      case .secret: text.take("whsec_") && text.takeBase64OfRFC4648(43) && text.take("=")
      case .random: text.takeBase64(exactly: 43)
      }
    return isFound ? text.position - bytes.startIndex : nil
  }
}

/// Takes bytes of a form; what it did not find it may have taken in part.
private struct FormScanner {
  private let bytes: ArraySlice<UInt8>
  private(set) var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  mutating func take(_ text: String) -> Bool {
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private mutating func count(upTo limit: Int = .max, where isWanted: (UInt8) -> Bool) -> Int {
    let found = bytes[position...].prefix(limit).prefix(while: isWanted).count
    position += found
    return found
  }

  mutating func takeDigits(_ wanted: Int) -> Bool { count(upTo: wanted, where: Self.isDigit) == wanted }
  mutating func takeDigits() -> Bool { count(where: Self.isDigit) > 0 }

  mutating func takeHex(_ wanted: Int) -> Bool {
    count(upTo: wanted) { Self.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) } == wanted
  }

  mutating func takeLetters(_ wanted: Int) -> Bool { count(upTo: wanted, where: Self.isAlphanumeric) == wanted }

  mutating func takeBase64(atLeast least: Int = 1) -> Bool { count(where: Self.isBase64URL) >= least }
  mutating func takeBase64(exactly wanted: Int) -> Bool { count(where: Self.isBase64URL) == wanted }

  mutating func takeBase64OfRFC4648(_ wanted: Int) -> Bool {
    count(upTo: wanted) { Self.isAlphanumeric($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") } == wanted
  }

  mutating func takeKeyID() -> Bool { take("tg_live_") && takeLetters(22) }

  mutating func takeDate() -> Bool {
    takeDigits(4) && take("-") && takeDigits(2) && take("-") && takeDigits(2)
  }

  /// As RFC 3339 has it in UTC, or PostgreSQL.
  mutating func takeTime() -> Bool {
    guard takeDate(), take("T") || take(" "), takeDigits(2), take(":"), takeDigits(2), take(":"), takeDigits(2),
      !take(".") || takeDigits()
    else { return false }
    return take("Z") || take("+00:00") || take("+00") || true
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isBase64URL(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }
}
