/// Percent-decoding (RFC 3986, 2.1) that refuses what it cannot read.
enum PercentEncoding {
  /// The decoded text, or nil when a `%` is not followed by two hexadecimal digits, the result is no UTF-8, or it
  /// has a NUL, which no text in the database can hold.
  static func decode(_ encoded: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(encoded.count)
    var rest = encoded.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.next().flatMap(hexadecimalDigit), let low = rest.next().flatMap(hexadecimalDigit)
        else { return nil }
        decoded.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: decoded.append(UInt8(ascii: " "))
      default: decoded.append(byte)
      }
    }
    guard !decoded.contains(0) else { return nil }
    return String(validating: decoded, as: UTF8.self)
  }

  /// The parameters of a query string, or nil when one of them cannot be decoded. Empty pieces are passed over.
  static func decodeQuery(_ query: some Collection<UInt8>) -> [QueryParameter]? {
    var parameters: [QueryParameter] = []
    for piece in query.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: true) {
      let halves = piece.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = halves.first.flatMap({ decode($0, plusIsSpace: true) }) else { return nil }
      guard halves.count == 2 else {
        parameters.append(QueryParameter(name: name, value: ""))
        continue
      }
      guard let value = decode(halves[1], plusIsSpace: true) else { return nil }
      parameters.append(QueryParameter(name: name, value: value))
    }
    return parameters
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
