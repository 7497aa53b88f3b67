public import Crypto
public import Tokens

/// What tells whether a key is the one that its id stands for: a value that everybody knows, sealed under it.
extension Sealer {
  private static let knownValue = Array("tollgate vault key".utf8)
  /// No `SealedSubject` is these bytes: those begin with a length.
  private static let subject = Array("known value".utf8)

  /// Seals the known value under one of the keys.
  ///
  /// - Parameter keyID: of a key that there is.
  /// - Returns: another one each time.
  /// - Throws: `CryptoError` for a key that there is not, and when there is no entropy.
  public func sealKnownValue(under keyID: String) throws(CryptoError) -> SealedBytes {
    guard let key = keys.key(keyID) else { throw .invalidLength }
    let nonce = try randomBytes(AES256GCM.nonceByteCount)
    let header = SealedForm.header(keyID: keyID)
    let ciphertext = try key.cipher.seal(
      Secret(Self.knownValue), nonce: nonce, associatedData: header + Self.subject)
    return SealedForm(keyID: keyID, nonce: nonce, ciphertext: ciphertext).sealed
  }

  /// Whether this is the known value, sealed under the key that has this id here.
  public func isKnownValue(_ sealed: SealedBytes, under keyID: String) -> Bool {
    guard let form = SealedForm(sealed), form.keyID.utf8.elementsEqual(keyID.utf8), let key = keys.key(keyID) else {
      return false
    }
    let header = SealedForm.header(keyID: keyID)
    let opened = try? key.cipher.open(form.ciphertext, nonce: form.nonce, associatedData: header + Self.subject)
    return opened?.copy() == Self.knownValue
  }
}
