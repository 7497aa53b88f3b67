import Accounts
import Tokens
import Vault

extension Problem {
  /// What the vault did not give.
  init(_ failure: VaultFailure, _ owner: CredentialOwner, isNamed: Bool) {
    switch failure {
    case .refused(.forbidden): self = isNamed ? .notFound : .forbidden
    case .refused(.notPermitted): self = .forbidden
    case .refused(.unknownOrganization): self = owner.spender.needsMembership ? .forbidden : .notFound
    case .refused(.unknownProvider), .refused(.unknownCredential): self = .notFound
    case .refused(.unknownAuthorization):
      self.init(
        .unknownAuthorization, "Nobody was sent for consent with this state, or it was used or has ended. Begin again.")
    case .service(let failure): self.init(failure)
    case .reconsentRequired:
      self.init(.reconsentRequired, "The provider does not accept the refresh token any more. Connect again.")
    case .codeRefused: self.init(.authorizationRefused, "The provider does not accept the code. Begin again.")
    case .noRefreshToken:
      self.init(.noRefreshToken, "The provider gave no refresh token: its configuration has to ask for one.")
    case .providerUnavailable(let seconds):
      self.init(.providerUnavailable, "The provider cannot be asked at the moment.", retryAfterSeconds: seconds)
    case .providerMisconfigured:
      self.init(.providerMisconfigured, "The provider does not accept this service. Its operator has to mend that.")
    case .unreadable: self = .internalError
    }
  }

  /// There are no keys to seal anything with.
  static let noVault = Problem(.notImplemented, "This server has no credential vault: TOLLGATE_VAULT_KEYS is not set.")
}
