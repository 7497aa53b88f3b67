/// What a verified token says.
public struct Claims: Sendable {
  /// `sub`: who the token is about.
  public let subject: String?
  /// `role`: `authenticated` for a user, `service_role` for a trusted server; anything else is the caller's to refuse.
  public let role: String?
  /// `exp`: the first second since 1970 at which the token is refused, from 0 to the end of the year 9999.
  public let expiresAt: Int64
  /// `iss`: who made the token.
  public let issuer: String?
  /// `aud`: whom the token is for; empty when it does not say.
  public let audiences: [String]
}
