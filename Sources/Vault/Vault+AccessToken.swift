import Accounts
import Crypto
public import Tokens

/// Somebody asks for an access token, and all who ask for the same meanwhile.
private struct Attempt: Sendable {
  let owner: CredentialOwner
  let flight: Int
  let deadline: ContinuousClock.Instant
  var lookCount = 0

  /// Seconds until looking again: often at first, then four times a second, and not in step with others.
  var pauseSeconds: Double { min(0.025 * Double(1 << min(lookCount, 8)), 0.25) * .random(in: 0.75...1.25) }
}

extension Vault {
  /// An access token that is good for a while: the one there is, or a new one. However many ask, in however many
  /// processes, one of them asks the provider.
  public func accessToken(
    of owner: CredentialOwner, completion: @escaping @Sendable (Result<AccessToken, VaultFailure>) -> Void
  ) {
    switch flights.join(owner, completion) {
    case .full: completion(.failure(.service(.overloaded)))
    case .joined: break
    case .first(let number):
      look(Attempt(owner: owner, flight: number, deadline: .now + .seconds(timing.patienceSeconds)))
    }
  }

  private func finish(_ attempt: Attempt, _ result: Result<AccessToken, VaultFailure>) {
    flights.finish(attempt.owner, number: attempt.flight, result)
  }

  private func look(_ attempt: Attempt) {
    accounts.use(attempt.owner, lease: nil, leaseSeconds: 0) { [self] result in
      guard let use = found(result, attempt) else { return }
      guard case .stale = use else { return proceed(attempt, use) }
      refreshInTurn(attempt)
    }
  }

  /// While many ask the same provider one waits here, with neither a lease nor a connection.
  private func refreshInTurn(_ attempt: Attempt) {
    switch client.admit(attempt.owner.provider) {
    case .refuse(let seconds): finish(attempt, .failure(.waiting(seconds: seconds)))
    case .busy: later(attempt) { self.refreshInTurn($0) }
    case .ask: takeLease(attempt)
    }
  }

  private func takeLease(_ attempt: Attempt) {
    let id = TransactionID(bits: .random(in: .min ... .max))
    accounts.use(attempt.owner, lease: id, leaseSeconds: timing.leaseSeconds) { [self] result in
      guard let use = found(result, attempt) else { return client.cancel(attempt.owner.provider) }
      if case .leased(let lease) = use { return refresh(attempt, under: lease) }
      client.cancel(attempt.owner.provider)
      proceed(attempt, use)
    }
  }

  /// Nil after an answer that says it all.
  private func found(
    _ result: Result<Accounts.OfCredential<CredentialUse>, ServiceFailure>, _ attempt: Attempt
  ) -> CredentialUse? {
    switch result {
    case .success(.success(let use)): return use
    case .success(.failure(let refusal)): finish(attempt, .failure(.refused(refusal)))
    case .failure(let failure): finish(attempt, .failure(.service(failure)))
    }
    return nil
  }

  private func proceed(_ attempt: Attempt, _ use: CredentialUse) {
    switch use {
    case .fresh(let sealed, let expiresAtMicroseconds):
      finish(
        attempt,
        Result { () throws(VaultFailure) in
          AccessToken(
            token: try open(sealed, .accessToken, of: attempt.owner), expiresAtMicroseconds: expiresAtMicroseconds)
        })
    case .reconsentRequired: finish(attempt, .failure(.reconsentRequired))
    case .retryLater(let milliseconds): finish(attempt, .failure(.waiting(seconds: Double(milliseconds) / 1000)))
    case .refreshing, .stale, .leased: lookLater(attempt)
    }
  }

  /// Somebody else refreshes. No connection is held meanwhile.
  private func lookLater(_ attempt: Attempt) { later(attempt) { self.look($0) } }

  private func later(_ attempt: Attempt, _ body: @escaping @Sendable (Attempt) -> Void) {
    guard ContinuousClock.now < attempt.deadline else { return finish(attempt, .failure(.waiting(seconds: 1))) }
    var attempt = attempt
    attempt.lookCount += 1
    after(attempt.pauseSeconds) { [attempt] in body(attempt) }
  }

  private func refresh(_ attempt: Attempt, under lease: CredentialLease) {
    begin()
    let owner = attempt.owner
    do throws(VaultFailure) {
      let secret = try open(lease.door.clientSecret, .clientSecret, of: owner)
      let token = try open(lease.refreshToken, .refreshToken, of: owner)
      let began = ContinuousClock.now
      client.ask(owner, at: lease.door, secret: secret, for: .refreshToken(token)) { [self] result in
        switch result {
        case .success(let answer): keep(answer, attempt, under: lease, began: began)
        case .failure(let fault): giveUp(attempt, lease, fault)
        }
      }
    } catch {
      client.cancel(owner.provider)
      giveBack(attempt, lease, error, reconsent: false, retryMilliseconds: 10_000)
    }
  }

  private func giveUp(_ attempt: Attempt, _ lease: CredentialLease, _ fault: ProviderFault) {
    let failure = failure(fault, of: attempt.owner.provider, grantRefused: .reconsentRequired)
    let milliseconds: Int64? =
      switch failure {
      case .providerUnavailable(let seconds): Int64(seconds) * 1000
      case .providerMisconfigured: 10_000
      default: nil
      }
    giveBack(
      attempt, lease, failure, reconsent: failure == .reconsentRequired, retryMilliseconds: milliseconds)
  }

  /// Ends the lease first: whoever is answered finds in the database what it was told.
  private func giveBack(
    _ attempt: Attempt, _ lease: CredentialLease, _ failure: VaultFailure, reconsent: Bool, retryMilliseconds: Int64?
  ) {
    accounts.end(lease, of: attempt.owner, reconsent: reconsent, retryMilliseconds: retryMilliseconds) { [self] _ in
      finish(attempt, .failure(failure))
      end()
    }
  }

  private func keep(
    _ answer: TokenAnswer, _ attempt: Attempt, under lease: CredentialLease, began: ContinuousClock.Instant
  ) {
    do throws(VaultFailure) {
      let kept = KeptTokens(
        refreshToken: try answer.refreshToken.map { token throws(VaultFailure) in
          try seal(token, .refreshToken, of: attempt.owner)
        },
        accessToken: try answer.accessToken.map { access throws(VaultFailure) in
          try seal(access.token, .accessToken, of: attempt.owner)
        },
        expiresInSeconds: answer.accessToken?.expiresInSeconds ?? 0, began: began)
      store(kept, answer.accessToken?.token, attempt, under: lease, tryCount: 0)
    } catch {
      giveBack(attempt, lease, error, reconsent: false, retryMilliseconds: 1_000)
    }
  }

  /// Nothing is handed out before it is stored: were this process to end, the refresh token would be lost, and the old
  /// one may be worth nothing any more. While the database is away it is tried again.
  private func store(
    _ kept: KeptTokens, _ token: Secret?, _ attempt: Attempt, under lease: CredentialLease, tryCount: Int
  ) {
    accounts.store(kept.now, of: attempt.owner, under: lease) { [self] result in
      switch result {
      case .success(.some(let expiresAt)):
        finish(attempt, Self.handedOut(token, expiresAt))
        end()
      case .success(.none):
        // Connected anew or refreshed by another meanwhile: theirs counts. Or deleted.
        lookLater(attempt)
        guard let orphan = kept.refreshToken else { return end() }
        revokeOrphan(orphan, of: attempt.owner, under: lease) { self.end() }
      case .failure(let failure):
        guard failure.mayPass, kept.age < .seconds(timing.storingSeconds) else {
          complainAboutStoring(failure, of: attempt.owner)
          finish(attempt, .failure(.service(failure)))
          return end()
        }
        // Who waits is told; the tokens are kept for who asks next.
        if ContinuousClock.now >= attempt.deadline { finish(attempt, .failure(.service(failure))) }
        after(min(0.1 * Double(1 << min(tryCount, 8)), 2)) {
          self.store(kept, token, attempt, under: lease, tryCount: tryCount + 1)
        }
      }
    }
  }

  private static func handedOut(_ token: Secret?, _ expiresAtMicroseconds: Int64?) -> Result<AccessToken, VaultFailure>
  {
    guard let token, let expiresAtMicroseconds else { return .failure(.providerUnavailable(retryAfterSeconds: 2)) }
    return .success(AccessToken(token: token, expiresAtMicroseconds: expiresAtMicroseconds))
  }
}
