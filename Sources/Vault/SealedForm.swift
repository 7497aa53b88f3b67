import Crypto
import Tokens

/// How a sealed value is laid out: version 1, the length of the key's id, that id, the nonce, the ciphertext, the tag.
/// PostgreSQL knows the same (`sql/checks/18_credentials_are_sealed.sql`).
struct SealedForm {
  static let version: UInt8 = 1

  let keyID: String
  let nonce: [UInt8]
  /// With the tag behind it.
  let ciphertext: [UInt8]

  init(keyID: String, nonce: [UInt8], ciphertext: [UInt8]) {
    self.keyID = keyID
    self.nonce = nonce
    self.ciphertext = ciphertext
  }

  /// Nil for what is not of this form, or of a version that is not known.
  init?(_ sealed: SealedBytes) {
    var rest = sealed.bytes[...]
    guard rest.popFirst() == Self.version, let length = rest.popFirst(), rest.count >= Int(length),
      let keyID = String(validating: rest.prefix(Int(length)), as: UTF8.self), VaultKeys.isIdentifier(keyID)
    else { return nil }
    rest = rest.dropFirst(Int(length))
    guard rest.count > AES256GCM.nonceByteCount + AES256GCM.tagByteCount else { return nil }
    self.init(
      keyID: keyID, nonce: Array(rest.prefix(AES256GCM.nonceByteCount)),
      ciphertext: Array(rest.dropFirst(AES256GCM.nonceByteCount)))
  }

  /// What comes before the nonce. It is authenticated, too.
  static func header(keyID: String) -> [UInt8] { [version, UInt8(keyID.utf8.count)] + Array(keyID.utf8) }

  var sealed: SealedBytes { SealedBytes(Self.header(keyID: keyID) + nonce + ciphertext) }
}
