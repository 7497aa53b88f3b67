import Accounts
public import Crypto
public import Tokens

extension Vault {
  /// Where a person is sent for consent. Whoever comes back from there within ten minutes, with the state that the URL
  /// has, can `exchange` the code once.
  public func authorize(
    _ owner: CredentialOwner, completion: @escaping @Sendable (Result<String, VaultFailure>) -> Void
  ) {
    let url: AuthorizationURL
    let verifier: SealedBytes
    do throws(VaultFailure) {
      guard let made = try? AuthorizationURL() else { throw .unreadable }
      url = made
      verifier = try seal(made.verifier, .verifier, of: owner)
    } catch {
      return completion(.failure(error))
    }
    accounts.begin(owner, stateDigest: url.stateDigest, verifier: verifier) { result in
      completion(Self.flattened(result).map(url.text))
    }
  }

  /// Exchanges the code that a person came back with for tokens, and keeps those.
  public func exchange(
    _ owner: CredentialOwner, code: Secret, state: String,
    completion: @escaping @Sendable (Result<CredentialStatus, VaultFailure>) -> Void
  ) {
    // First, so that a state is not used up for a provider that is not asked. But only who has a state that is good, of
    // a provider that there is, takes one of the turns.
    if let seconds = client.refusalSeconds(owner.provider) {
      return completion(.failure(.waiting(seconds: seconds)))
    }
    begin()
    let completion: @Sendable (Result<CredentialStatus, VaultFailure>) -> Void = { [self] result in
      completion(result)
      end()
    }
    let digest = AuthorizationURL.digest(of: state)
    accounts.take(owner, stateDigest: digest) { [self] result in
      do throws(VaultFailure) {
        let taken = try Self.flattened(result).get()
        guard constantTimeEquals(taken.stateDigest, digest) else { throw .refused(.unknownAuthorization) }
        let secret = try open(taken.door.clientSecret, .clientSecret, of: owner)
        let verifier = try open(taken.verifier, .verifier, of: owner)
        let grant = ProviderClient.Grant.code(code, redirectURI: taken.redirectURI, verifier: verifier)
        inTurn(owner.provider, until: .now + .seconds(timing.patienceSeconds)) { [self] refusal in
          if let refusal { return completion(.failure(refusal)) }
          exchange(owner, grant, at: taken.door, secret, completion)
        }
      } catch {
        completion(.failure(error))
      }
    }
  }

  /// Waits while many ask the same provider: a state that was taken is good for nothing else. `body` gets nil once
  /// admitted.
  private func inTurn(
    _ provider: ProviderName, until deadline: ContinuousClock.Instant,
    _ body: @escaping @Sendable (VaultFailure?) -> Void
  ) {
    switch client.admit(provider) {
    case .ask: body(nil)
    case .refuse(let seconds): body(.waiting(seconds: seconds))
    case .busy:
      guard ContinuousClock.now < deadline else { return body(.waiting(seconds: 1)) }
      after(.random(in: 0.05...0.15)) { self.inTurn(provider, until: deadline, body) }
    }
  }

  private func exchange(
    _ owner: CredentialOwner, _ grant: ProviderClient.Grant, at door: ProviderDoor, _ secret: Secret,
    _ completion: @escaping @Sendable (Result<CredentialStatus, VaultFailure>) -> Void
  ) {
    let began = ContinuousClock.now
    client.ask(owner, at: door, secret: secret, for: grant) { [self] result in
      do throws(VaultFailure) {
        let answer = try result.mapError { failure($0, of: owner.provider, grantRefused: .codeRefused) }.get()
        guard let refreshToken = answer.refreshToken else { throw .noRefreshToken }
        let kept = KeptTokens(
          refreshToken: try seal(refreshToken, .refreshToken, of: owner),
          accessToken: try answer.accessToken.map { access throws(VaultFailure) in
            try seal(access.token, .accessToken, of: owner)
          },
          expiresInSeconds: answer.accessToken?.expiresInSeconds ?? 0, began: began)
        store(kept, of: owner, tryCount: 0, completion)
      } catch {
        completion(.failure(error))
      }
    }
  }

  /// A code is good for one exchange: while the database is away for a moment, its tokens are kept here.
  private func store(
    _ kept: KeptTokens, of owner: CredentialOwner, tryCount: Int,
    _ completion: @escaping @Sendable (Result<CredentialStatus, VaultFailure>) -> Void
  ) {
    accounts.connect(owner, kept.now, metadata: nil) { [self] result in
      if case .failure(let failure) = result, failure.mayPass, kept.age < .seconds(timing.patienceSeconds) {
        return after(min(0.1 * Double(1 << min(tryCount, 8)), 2)) {
          self.store(kept, of: owner, tryCount: tryCount + 1, completion)
        }
      }
      if case .failure(let failure) = result { complainAboutStoring(failure, of: owner) }
      tell(Self.flattened(result), owner, completion)
    }
  }

  /// Keeps a refresh token that somebody got elsewhere, with metadata about it: a JSON object.
  public func connect(
    _ owner: CredentialOwner, refreshToken: Secret, metadata: String?,
    completion: @escaping @Sendable (Result<CredentialStatus, VaultFailure>) -> Void
  ) {
    let sealed: SealedBytes
    do throws(VaultFailure) { sealed = try seal(refreshToken, .refreshToken, of: owner) } catch {
      return completion(.failure(error))
    }
    let tokens = SealedTokens(refreshToken: sealed, accessToken: nil)
    accounts.connect(owner, tokens, metadata: metadata ?? "{}") { [self] result in
      tell(Self.flattened(result), owner, completion)
    }
  }

  private func tell(
    _ result: Result<Void, VaultFailure>, _ owner: CredentialOwner,
    _ completion: @escaping @Sendable (Result<CredentialStatus, VaultFailure>) -> Void
  ) {
    if case .failure(let failure) = result { return completion(.failure(failure)) }
    accounts.credential(owner) { completion(Self.flattened($0)) }
  }

  /// Forgets a credential, and has it revoked where the provider has a place for that. Tells whether the provider says
  /// that it did; nil: it was not asked.
  public func disconnect(
    _ owner: CredentialOwner, completion: @escaping @Sendable (Result<Bool?, VaultFailure>) -> Void
  ) {
    accounts.remove(owner) { [self] result in
      do throws(VaultFailure) {
        let removed = try Self.flattened(result).get()
        // What does not open any more is gone all the same.
        guard let door = removed.revocation,
          let secret = try? open(door.clientSecret, .clientSecret, of: owner),
          let token = try? open(removed.refreshToken, .refreshToken, of: owner)
        else { return completion(.success(nil)) }
        guard case .ask = client.admit(owner.provider) else { return completion(.success(false)) }
        begin()
        client.revoke(owner, at: door, secret: secret, token) { [self] isRevoked in
          completion(.success(isRevoked))
          end()
        }
      } catch {
        completion(.failure(error))
      }
    }
  }

  private static func flattened<Value>(
    _ result: Result<Accounts.OfCredential<Value>, ServiceFailure>
  ) -> Result<Value, VaultFailure> {
    result.mapError(VaultFailure.service).flatMap { $0.mapError(VaultFailure.refused) }
  }
}
