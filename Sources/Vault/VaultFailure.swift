public import Accounts
public import Crypto
public import Tokens

/// Why the vault gives nothing.
public enum VaultFailure: Error, Sendable, Equatable {
  /// It is not the caller's, or not there.
  case refused(CredentialRefusal)
  /// PostgreSQL gave no answer.
  case service(ServiceFailure)
  /// The provider refuses the refresh token for good: somebody has to connect again.
  case reconsentRequired
  /// The provider refuses the code.
  case codeRefused
  /// The provider gave an access token and nothing to refresh it with.
  case noRefreshToken
  /// The provider is out of order, or asks for patience.
  case providerUnavailable(retryAfterSeconds: Int)
  /// The provider refuses this service: an operator has to mend that.
  case providerMisconfigured
  /// What is stored does not open, or nothing can be sealed. The log says why.
  case unreadable

  /// Whole seconds, at least one: 0 would say "at once".
  static func waiting(seconds: Double) -> VaultFailure {
    .providerUnavailable(retryAfterSeconds: max(1, Int(min(seconds, 86_400).rounded(.up))))
  }
}

/// An access token to be handed out.
public struct AccessToken: Sendable {
  public let token: Secret
  /// Microseconds since 1970.
  public let expiresAtMicroseconds: Int64
}
