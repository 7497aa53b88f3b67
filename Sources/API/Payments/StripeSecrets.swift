import Crypto

/// The secrets that Stripe signs events with, one for each endpoint, and two of an endpoint while one replaces the other.
public struct StripeSecrets: Sendable {
  /// As many as anybody needs at the same time.
  public static let countRange = 1...16
  /// How far the time of a signature may be from this machine's, either way: as Stripe's own libraries have it.
  static let toleranceSeconds: Int64 = 300

  private struct Key {
    let code: HMACSHA256
    let expectsLive: Bool
  }

  /// What a signature says.
  enum Verdict: Equatable {
    /// Signed by Stripe, with a secret for live events or one for test mode.
    case valid(expectsLive: Bool)
    /// Signed by Stripe, too long ago or not yet.
    case stale
    case invalid
  }

  private let keys: [Key]

  /// Reads `whsec_…`, several separated by commas. `test:whsec_…` is for test mode.
  ///
  /// - Returns: nil for anything else, and for a secret that comes twice.
  public init?(_ setting: String) {
    var keys: [Key] = []
    var known: [Secret] = []
    for part in setting.split(separator: ",", omittingEmptySubsequences: false) {
      let isTest = part.hasPrefix("test:")
      // The prefix is part of the key.
      let secret = Array((isTest ? part.dropFirst("test:".count) : part).utf8)
      guard secret.starts(with: "whsec_".utf8), (22...255).contains(secret.count),
        secret.allSatisfy({ (0x21...0x7E).contains($0) }),
        !known.contains(where: { constantTimeEquals($0.copy(), secret) }), let code = try? HMACSHA256(key: secret)
      else { return nil }
      keys.append(Key(code: code, expectsLive: !isTest))
      known.append(Secret(secret))
    }
    guard Self.countRange.contains(keys.count) else { return nil }
    self.keys = keys
  }

  /// Says whether Stripe has signed this body, and lately.
  ///
  /// - Parameters:
  ///   - field: the one field `Stripe-Signature`.
  ///   - body: the bytes as they came.
  ///   - nowSeconds: since 1970, by this machine's clock.
  /// - Returns: what it proves.
  /// - Throws: `CryptoError`.
  func verdict(on field: ArraySlice<UInt8>, of body: [UInt8], nowSeconds: Int64) throws(CryptoError) -> Verdict {
    guard let signature = StripeSignature(field) else { return .invalid }
    let message = signature.prefix + body
    for key in keys {
      let right = try key.code.authenticationCode(for: message)
      guard signature.codes.contains(where: { constantTimeEquals($0, right) }) else { continue }
      let isFresh = abs(nowSeconds - signature.seconds) <= Self.toleranceSeconds
      return isFresh ? .valid(expectsLive: key.expectsLive) : .stale
    }
    return .invalid
  }
}

extension StripeSecrets: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// How many there are, which is no secret.
  public var description: String { "\(keys.count)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
