import Cluster
import Foundation

/// Stripe's part: the secrets of this run, and signatures that `openssl` makes and not Tollgate.
public enum TestStripe {
  /// For live events.
  public static let secret = makeSecret()
  /// For those of test mode.
  public static let testSecret = makeSecret()
  /// Both, as the setting has them.
  public static var setting: String { "\(secret),test:\(testSecret)" }

  public static func makeSecret() -> String { "whsec_" + UUID().uuidString.replacing("-", with: "") }

  /// Seconds since 1970.
  public static var now: Int64 { Int64(Date().timeIntervalSince1970) }

  /// The code of scheme v1, in hexadecimal digits. Blocks.
  public static func code(of body: [UInt8], _ seconds: Int64, by secret: String = secret) throws -> String {
    let folder = try TestFolder()
    let path = "\(folder.path)/signed"
    try Data(Array("\(seconds).".utf8) + body).write(to: URL(filePath: path))
    let key = secret.utf8.map { String(format: "%02x", $0) }.joined()
    let printed = try OpenSSL.run(["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(key)", path], in: folder)
    return String(String(decoding: printed, as: UTF8.self).split(whereSeparator: \.isWhitespace).last ?? "")
  }

  /// The field `Stripe-Signature` of a body.
  public static func signature(
    of body: String, at seconds: Int64 = now, by secret: String = secret
  ) async throws -> String {
    try await onOwnThread { "t=\(seconds),v1=\(try code(of: Array(body.utf8), seconds, by: secret))" }
  }
}
