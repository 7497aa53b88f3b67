import Tokens

/// Sealed tokens that wait for being stored, and age meanwhile.
struct KeptTokens: Sendable {
  let refreshToken: SealedBytes?
  let accessToken: SealedBytes?
  let expiresInSeconds: Int64
  /// When the provider was asked: its clock began at the earliest then.
  let began: ContinuousClock.Instant

  /// A token is handed out until shortly before its end: a minute, and a tenth of its life where that is less.
  static let marginMilliseconds: Int64 = 60_000

  var age: Duration { ContinuousClock.now - began }

  /// As they are to be stored now.
  var now: SealedTokens { tokens(age: age) }

  func tokens(age: Duration) -> SealedTokens {
    let life = expiresInSeconds * 1000
    let margin = min(Self.marginMilliseconds, life / 10)
    let left = max(0, life - Int64(age / .milliseconds(1)))
    return SealedTokens(
      refreshToken: refreshToken,
      accessToken: accessToken.map {
        SealedAccessToken(bytes: $0, expiresInMilliseconds: left, freshMilliseconds: max(0, left - margin))
      })
  }
}

extension ServiceFailure {
  /// Whether trying again may help.
  var mayPass: Bool { if case .defect = self { false } else { true } }
}
