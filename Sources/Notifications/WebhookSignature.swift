import Crypto

/// The fields by which a receiver knows that a delivery is ours (Standard Webhooks, "Signature scheme").
enum WebhookSignature {
  /// - Parameters:
  ///   - id: of the event, the same for each attempt. Has no full stop in it.
  ///   - secondsSince1970: when the attempt is made.
  ///   - body: the bytes that are sent.
  ///   - secrets: the present one, and those that are still good.
  /// - Returns: names and values.
  /// - Throws: `CryptoError`.
  static func fields(
    id: String, secondsSince1970: Int, body: [UInt8], secrets: [Secret]
  ) throws(CryptoError) -> [(name: String, value: String)] {
    let signed = Array("\(id).\(secondsSince1970).".utf8) + body
    var signatures: [String] = []
    for secret in secrets {
      let code = try HMACSHA256(key: secret.copy()).authenticationCode(for: signed)
      signatures.append("v1," + encodeBase64(code))
    }
    return [
      ("webhook-id", id), ("webhook-timestamp", "\(secondsSince1970)"),
      ("webhook-signature", signatures.joined(separator: " ")),
    ]
  }
}
