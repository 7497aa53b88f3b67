import Postgres
public import Tokens

/// Credentials. Whatever is secret of them is sealed before it comes here, and leaves as it came.
extension Accounts {
  /// A success, or why PostgreSQL did nothing.
  public typealias OfCredential<Value> = Result<Value, CredentialRefusal>

  /// Notes that somebody is sent away for consent.
  public func begin(
    _ owner: CredentialOwner, stateDigest: [UInt8], verifier: SealedBytes,
    completion: @escaping @Sendable (Result<OfCredential<AuthorizationPlace>, ServiceFailure>) -> Void
  ) {
    askAboutCredentials(
      { try CredentialQueries.begin(owner, stateDigest: stateDigest, verifier: verifier, on: &$0) },
      completion: completion)
  }

  /// Ends an authorization under way: it is found once.
  public func take(
    _ owner: CredentialOwner, stateDigest: [UInt8],
    completion: @escaping @Sendable (Result<OfCredential<TakenAuthorization>, ServiceFailure>) -> Void
  ) {
    askAboutCredentials(
      { try CredentialQueries.take(owner, stateDigest: stateDigest, on: &$0) }, completion: completion)
  }

  /// Keeps tokens instead of those there were. Metadata that is nil stays. Twice is once.
  public func connect(
    _ owner: CredentialOwner, _ tokens: SealedTokens, metadata: String?,
    completion: @escaping @Sendable (Result<OfCredential<Void>, ServiceFailure>) -> Void
  ) {
    askAboutCredentials(
      { try CredentialQueries.connect(owner, tokens, metadata: metadata, on: &$0) }, completion: completion)
  }

  /// How a credential is.
  public func credential(
    _ owner: CredentialOwner,
    completion: @escaping @Sendable (Result<OfCredential<CredentialStatus>, ServiceFailure>) -> Void
  ) {
    askAboutCredentials({ try CredentialQueries.read(owner, on: &$0) }, completion: completion)
  }

  /// What there is of an access token; with a lease's new id, the right to refresh it where nobody else does.
  public func use(
    _ owner: CredentialOwner, lease: TransactionID?, leaseSeconds: Int64,
    completion: @escaping @Sendable (Result<OfCredential<CredentialUse>, ServiceFailure>) -> Void
  ) {
    askAboutCredentials(
      { try CredentialQueries.use(owner, lease: lease, leaseSeconds: leaseSeconds, on: &$0) }, completion: completion)
  }

  /// Keeps what came of a refresh: when the access token ends, in microseconds since 1970, if there is one; nil outside
  /// where the credential has changed meanwhile. Twice is once.
  public func store(
    _ tokens: SealedTokens, of owner: CredentialOwner, under lease: CredentialLease,
    completion: @escaping @Sendable (Result<Int64??, ServiceFailure>) -> Void
  ) {
    askAboutCredentials(
      { try CredentialQueries.store(tokens, of: owner, under: lease, on: &$0) }, completion: completion)
  }

  /// Gives a lease back without new tokens.
  public func end(
    _ lease: CredentialLease, of owner: CredentialOwner, reconsent: Bool, retryMilliseconds: Int64?,
    completion: @escaping @Sendable (Result<Void, ServiceFailure>) -> Void
  ) {
    askAboutCredentials(
      {
        try CredentialQueries.end(
          lease, of: owner, reconsent: reconsent, retryMilliseconds: retryMilliseconds, on: &$0)
      }, completion: completion)
  }

  /// Forgets a credential.
  public func remove(
    _ owner: CredentialOwner,
    completion: @escaping @Sendable (Result<OfCredential<RemovedCredential>, ServiceFailure>) -> Void
  ) {
    askAboutCredentials({ try CredentialQueries.remove(owner, on: &$0) }, completion: completion)
  }

  /// Drops authorizations that nobody came back from, and answers how many.
  public func dropEndedAuthorizations(completion: @escaping @Sendable (Result<Int, ServiceFailure>) -> Void) {
    askAboutCredentials({ try OperationQueries.dropEndedAuthorizations(on: &$0) }, completion: completion)
  }

  /// All providers, by name.
  public func providers(completion: @escaping @Sendable (Result<[Provider], ServiceFailure>) -> Void) {
    askAboutCredentials({ try ProviderQueries.providers(on: &$0) }, completion: completion)
  }

  /// Makes a provider, or changes it. A secret that is nil stays, unless the provider is asked elsewhere from now on:
  /// that is refused.
  public func set(
    _ provider: Provider, clientSecret: SealedBytes?,
    completion: @escaping @Sendable (Result<Administered<Provider>, ServiceFailure>) -> Void
  ) {
    administer({ try ProviderQueries.set(provider, clientSecret: clientSecret, on: &$0) }, completion: completion)
  }

  /// Forgets a provider that nobody is connected to.
  public func remove(
    _ provider: ProviderName, completion: @escaping @Sendable (Result<Administered<Void>, ServiceFailure>) -> Void
  ) {
    administer({ try ProviderQueries.remove(provider, on: &$0) }, completion: completion)
  }
}
