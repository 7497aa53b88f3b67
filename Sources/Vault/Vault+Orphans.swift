import Accounts
import Crypto
import Tokens

/// Refresh tokens that came for a credential that was deleted while the provider was asked.
extension Vault {
  /// Has a refresh token that nobody keeps revoked, if its credential is gone and the provider has a place for that:
  /// the one that was revoked with the credential was its predecessor. Best effort, told in the log.
  ///
  /// Of a credential that was connected anew or refreshed by another it is left alone: many providers revoke all that a
  /// person has consented to, and the tokens that count with it.
  func revokeOrphan(
    _ sealed: SealedBytes, of owner: CredentialOwner, under lease: CredentialLease,
    completion: @escaping @Sendable () -> Void
  ) {
    accounts.credential(owner) { [self] result in
      guard case .success(.failure(.unknownCredential)) = result else { return completion() }
      accounts.providers { [self] result in
        guard case .success(let providers) = result,
          let provider = providers.first(where: { $0.name == owner.provider }),
          provider.clientID == lease.door.clientID,
          let url = provider.revocationURL
        else { return completion() }
        var door = lease.door
        door.url = url
        revoke(sealed, of: owner, at: door, completion)
      }
    }
  }

  private func revoke(
    _ sealed: SealedBytes, of owner: CredentialOwner, at door: ProviderDoor,
    _ completion: @escaping @Sendable () -> Void
  ) {
    guard let secret = try? open(door.clientSecret, .clientSecret, of: owner),
      let token = try? open(sealed, .refreshToken, of: owner), case .ask = client.admit(owner.provider)
    else {
      tellOfOrphan(of: owner, isRevoked: false)
      return completion()
    }
    client.revoke(owner, at: door, secret: secret, token) { [self] isRevoked in
      tellOfOrphan(of: owner, isRevoked: isRevoked)
      completion()
    }
  }
}
