/// The field `Stripe-Signature`: `t=1492774577,v1=5257a8…,v1=6ffbb5…,v0=6ffbb5…`.
///
/// A scheme other than `v1` proves nothing and is passed over; while a secret is being replaced there is a `v1` for each.
/// Source: Stripe's documentation, "Verify webhook signatures manually".
struct StripeSignature {
  /// When it was signed, in seconds since 1970.
  let seconds: Int64
  /// What was signed before the body: the time as it was sent, and a full stop.
  let prefix: [UInt8]
  /// The codes of scheme `v1`, 32 bytes each.
  let codes: [[UInt8]]

  /// - Returns: nil for a field without exactly one time and at least one code.
  init?(_ field: ArraySlice<UInt8>) {
    var time: ArraySlice<UInt8>?
    var codes: [[UInt8]] = []
    for element in field.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      guard let equals = element.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      let value = element[element.index(after: equals)...]
      if element[..<equals].elementsEqual("t".utf8) {
        guard time == nil else { return nil }
        time = value
      } else if element[..<equals].elementsEqual("v1".utf8), let code = Self.code(value) {
        codes.append(code)
      }
    }
    guard let time, (1...12).contains(time.count), time.allSatisfy({ (0x30...0x39).contains($0) }),
      let seconds = Int64(String(decoding: time, as: UTF8.self)), !codes.isEmpty
    else { return nil }
    self.seconds = seconds
    prefix = Array(time) + [UInt8(ascii: ".")]
    self.codes = codes
  }

  /// 64 hexadecimal digits; nil for anything else, which can be no code.
  private static func code(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count == 64 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text {
      guard let digit = Character(UnicodeScalar(character)).hexDigitValue, character < 0x80 else { return nil }
      if let first = high {
        bytes.append(first << 4 | UInt8(digit))
        high = nil
      } else {
        high = UInt8(digit)
      }
    }
    return bytes
  }
}
