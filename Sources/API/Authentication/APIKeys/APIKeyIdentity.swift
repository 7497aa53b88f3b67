import Tokens

/// Who an API key says is there, once it was verified.
struct APIKeyIdentity: Sendable, Equatable {
  let keyID: APIKeyID
  /// Nil: a key of the service.
  let organizationID: OrganizationID?
  let scopes: KeyScopes
}
