@testable import JSON

extension FuzzTarget {
  /// The reader of plain objects reads nothing otherwise than jansson, and what is read is the same when written and
  /// read again.
  static let json = FuzzTarget(name: "json") { bytes in
    if let plain = PlainObject.read(bytes) {
      // An array is no plain object, so jansson reads it.
      let wrapped = try? parseJSON([UInt8(ascii: "[")] + bytes + [UInt8(ascii: "]")])
      try require(wrapped == .array([.object(plain)]), "the two readers differ")
    }
    guard let value = try? parseJSON(bytes) else { return }
    let encoded = value.encoded()
    let again = try? parseJSON(encoded)
    try require(again == value, "a value is another when written and read again")
    try require(again?.encoded() == encoded, "a value is written in two ways")
    try require(!encoded.contains { $0 < 0x20 }, "a control character is written as it is")
  }
}
