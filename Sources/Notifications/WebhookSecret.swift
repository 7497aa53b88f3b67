public import Crypto

/// What a webhook's deliveries are signed with, as Standard Webhooks writes it: `whsec_` and Base64.
public enum WebhookSecret {
  /// Standard Webhooks asks for 24 to 64.
  static let byteCount = 32
  private static let prefix = "whsec_"

  /// A new one.
  ///
  /// - Returns: the text that the receiver needs, and the bytes that are sealed here.
  /// - Throws: `CryptoError` when there is no entropy.
  public static func make() throws(CryptoError) -> (text: String, secret: Secret) {
    let bytes = try randomBytes(byteCount)
    return (prefix + encodeBase64(bytes), Secret(bytes))
  }
}
