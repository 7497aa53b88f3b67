/// What a provider answered instead of tokens. Contains none of its answer but a code from a known list.
enum ProviderFault: Error, Equatable {
  /// The code or refresh token is good for nothing (`invalid_grant`).
  case grantRefused
  /// The provider does not take us, or there is none where it should be: an operator has to mend that.
  case misconfigured(cause: String)
  /// No answer, or none that makes sense. Trying again helps; the provider may have said when.
  case unavailable(cause: String, retryAfterSeconds: Int?)
}
