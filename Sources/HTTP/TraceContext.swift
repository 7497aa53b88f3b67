/// The trace that a request belongs to, as its `traceparent` says (W3C Trace Context, section 3.2).
public struct TraceContext: Sendable, Equatable {
  /// 32 hexadecimal digits, not all of them zero.
  public let traceID: String
  /// The caller's span: 16 hexadecimal digits, not all of them zero.
  public let parentID: String

  private static let dash = UInt8(ascii: "-")

  /// Nil for what is not well-formed, which the standard says to take for none.
  init?(_ value: UnsafeRawBufferPointer) {
    let lengths = [2, 32, 16, 2]
    guard value.count >= 55 else { return nil }
    var parts: [String] = []
    var place = 0
    for (number, length) in lengths.enumerated() {
      let part = value[place..<(place + length)]
      guard part.allSatisfy(Self.isDigit) else { return nil }
      parts.append(String(decoding: part, as: UTF8.self))
      place += length
      guard number == lengths.count - 1 || value[place] == Self.dash else { return nil }
      place += 1
    }
    // Version 255 is none; later ones than 0 may say more behind a dash.
    guard parts[0] != "ff", value.count == 55 || parts[0] != "00" && value[55] == Self.dash,
      parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
    else { return nil }
    traceID = parts[1]
    parentID = parts[2]
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
