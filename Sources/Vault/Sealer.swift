public import Crypto
public import Tokens

/// Seals and opens, with the keys of the settings.
public struct Sealer: Sendable {
  public let keys: VaultKeys

  public init(_ keys: VaultKeys) { self.keys = keys }

  /// Seals a secret of at least one byte under the current key.
  ///
  /// - Throws: `CryptoError` for an empty or endless secret, and when there is no entropy.
  public func seal(_ secret: Secret, as subject: SealedSubject) throws(CryptoError) -> SealedBytes {
    guard secret.count > 0 else { throw .invalidLength }
    let nonce = try randomBytes(AES256GCM.nonceByteCount)
    let header = SealedForm.header(keyID: keys.current.id)
    let ciphertext = try keys.current.cipher.seal(secret, nonce: nonce, associatedData: header + subject.bytes)
    return SealedForm(keyID: keys.current.id, nonce: nonce, ciphertext: ciphertext).sealed
  }

  /// Opens what was sealed as the same subject under one of the keys.
  ///
  /// - Throws: `SealError`.
  public func open(_ sealed: SealedBytes, as subject: SealedSubject) throws(SealError) -> Secret {
    guard let form = SealedForm(sealed) else { throw .unknownForm }
    guard let key = keys.key(form.keyID) else { throw .unknownKey }
    let header = SealedForm.header(keyID: form.keyID)
    let opened = try? key.cipher.open(form.ciphertext, nonce: form.nonce, associatedData: header + subject.bytes)
    guard let opened else { throw .notAuthentic }
    return opened
  }

  /// Whether a value is sealed under the current key.
  public func isCurrent(_ sealed: SealedBytes) -> Bool {
    SealedForm(sealed)?.keyID.utf8.elementsEqual(keys.current.id.utf8) == true
  }
}

/// Why a sealed value does not open. Names neither keys nor contents.
public enum SealError: Error, Sendable, CustomStringConvertible {
  case unknownForm
  case unknownKey
  case notAuthentic

  /// One sentence.
  public var description: String {
    switch self {
    case .unknownForm: "A sealed value has a form that this version does not know."
    case .unknownKey: "A value is sealed under a key that TOLLGATE_VAULT_KEYS does not have."
    case .notAuthentic: "A sealed value was changed, or belongs to another organization, provider or column."
    }
  }
}
