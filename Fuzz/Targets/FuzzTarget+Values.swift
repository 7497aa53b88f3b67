import Tokens

@testable import API

extension FuzzTarget {
  /// A key is printable ASCII of at most 255 characters, and is the same bare and quoted.
  static let idempotencyKey = FuzzTarget(name: "idempotency-key") { bytes in
    let field = String(decoding: bytes, as: UTF8.self)
    guard let key = IdempotencyKey(field: field) else { return }
    let characters = Array(key.value.utf8)
    try require((1...255).contains(characters.count), "a key has no length that it may have")
    try require(characters.allSatisfy { (0x21...0x7E).contains($0) }, "a key has a character that it must not have")
    try require(IdempotencyKey(key.value) == key, "a key is none by itself")
    let needsNoEscape = !characters.contains(UInt8(ascii: "\"")) && !characters.contains(UInt8(ascii: "\\"))
    let quoted = IdempotencyKey(field: "\"\(key.value)\"")
    try require(quoted == (needsNoEscape ? key : nil), "a key is another when quoted")
    try require(field.utf8.elementsEqual(characters) || field == "\"\(key.value)\"", "a key is not what was sent")
  }

  /// A time is the same when written and read again.
  static let time = FuzzTarget(name: "time") { bytes in
    guard let time = Timestamp.read(String(decoding: bytes, as: UTF8.self)) else { return }
    let text = Timestamp.text(time)
    try require(text.utf8.count == 27, "a time is written in another form")
    try require(Timestamp.read(text) == time, "a time is another when written and read again")
  }

  /// An id is the same text but for the case of its digits.
  static let identifier = FuzzTarget(name: "identifier") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    guard let id = OrganizationID(text) else { return }
    try require(id.description == text.lowercased(), "an id is written as another")
    try require(OrganizationID(bits: id.bits) == id, "an id's bits are another's")
  }
}
