public import Accounts
public import Crypto
import Dispatch
public import Fetching
public import Log
public import Tokens

/// Keeps what tenants have connected elsewhere, and hands out access tokens: secrets are in the clear in this process
/// alone, and only for as long as they are used.
///
/// Calls never block; `completion` runs once, on any thread.
public final class Vault: Sendable {
  let accounts: Accounts
  let sealer: Sealer
  let client: ProviderClient
  let timing: VaultTiming
  let flights = RefreshFlights()
  private let log: Logger
  private let queue = DispatchQueue(label: "vault")
  /// Refreshes and exchanges under way: what a provider has given has to be stored.
  private let underWay = DispatchGroup()

  /// - Parameters:
  ///   - keys: what secrets are sealed with.
  ///   - accounts: where sealed secrets are kept.
  ///   - egress: which addresses providers may have.
  ///   - certificateFile: certificates, in PEM, that are trusted instead of the system's.
  ///   - timing: how long things may take.
  ///   - log: is told about providers that are out of order, and never a secret.
  public init(
    keys: VaultKeys, accounts: Accounts, egress: Egress = Egress(), certificateFile: String? = nil,
    timing: VaultTiming = VaultTiming(), log: Logger
  ) {
    sealer = Sealer(keys)
    self.accounts = accounts
    self.timing = timing
    self.log = log
    client = ProviderClient(
      egress: egress, certificateFile: certificateFile, limits: timing.fetchLimits,
      breakerLimits: CircuitBreaker.Limits())
  }

  /// Waits until what providers have given is stored. Blocks, for no longer than that may take.
  public func shutDown() {
    _ = underWay.wait(timeout: .now() + timing.providerSeconds + timing.storingSeconds)
  }

  /// Seals a client secret for `Accounts.set(_:clientSecret:)`.
  ///
  /// - Throws: `CryptoError` when there is no entropy.
  public func seal(clientSecret: Secret, of provider: ProviderName) throws -> SealedBytes {
    try sealer.seal(clientSecret, as: SealedSubject(.clientSecret, of: nil, at: provider))
  }

  /// Seals a webhook's secret.
  ///
  /// - Throws: `CryptoError` when there is no entropy.
  public func seal(
    webhookSecret: Secret, of id: WebhookID, organizationID: OrganizationID?
  ) throws(CryptoError) -> SealedBytes {
    try sealer.seal(webhookSecret, as: SealedSubject(.webhookSecret, of: organizationID, at: .webhook(id)))
  }

  func begin() { underWay.enter() }
  func end() { underWay.leave() }

  func after(_ seconds: Double, _ body: @escaping @Sendable () -> Void) {
    queue.asyncAfter(deadline: .now() + seconds, execute: body)
  }

  /// Opens what belongs to a credential, or says in the log why it does not open.
  func open(_ sealed: SealedBytes, _ purpose: SealedSubject.Purpose, of owner: CredentialOwner) throws(VaultFailure)
    -> Secret
  {
    let organizationID = purpose == .clientSecret ? nil : owner.organizationID
    do throws(SealError) {
      return try sealer.open(sealed, as: SealedSubject(purpose, of: organizationID, at: owner.provider))
    } catch {
      log.error(
        "a sealed value does not open",
        [
          "cause": .string(error.description), "what": .string(purpose.rawValue),
          "provider": .string(owner.provider.text), "organizationId": .string(owner.organizationID.description),
        ])
      throw .unreadable
    }
  }

  func seal(_ secret: Secret, _ purpose: SealedSubject.Purpose, of owner: CredentialOwner) throws(VaultFailure)
    -> SealedBytes
  {
    do throws(CryptoError) {
      return try sealer.seal(secret, as: SealedSubject(purpose, of: owner.organizationID, at: owner.provider))
    } catch {
      log.error("nothing can be sealed", ["cause": .string(error.description)])
      throw .unreadable
    }
  }

  /// What a provider's fault means to who asked, with a line for the operator.
  func failure(_ fault: ProviderFault, of provider: ProviderName, grantRefused: VaultFailure) -> VaultFailure {
    switch fault {
    case .grantRefused: return grantRefused
    case .misconfigured(let cause):
      log.error(
        "a provider refuses this service, or is not where it should be",
        ["provider": .string(provider.text), "cause": .string(cause)])
      return .providerMisconfigured
    case .unavailable(let cause, let retryAfterSeconds):
      log.warning(
        "a provider gave no tokens", ["provider": .string(provider.text), "cause": .string(cause)])
      return .providerUnavailable(retryAfterSeconds: retryAfterSeconds ?? 2)
    }
  }

  func tellOfOrphan(of owner: CredentialOwner, isRevoked: Bool) {
    log.warning(
      "a refresh token came for a credential that was deleted meanwhile",
      [
        "provider": .string(owner.provider.text), "organizationId": .string(owner.organizationID.description),
        "isRevoked": .boolean(isRevoked),
      ])
  }

  func complainAboutStoring(_ failure: ServiceFailure, of owner: CredentialOwner) {
    log.error(
      "new tokens of a provider are not stored, and lost",
      [
        "provider": .string(owner.provider.text), "organizationId": .string(owner.organizationID.description),
        "cause": .string("\(failure)"),
      ])
  }
}
