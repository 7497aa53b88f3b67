import HTTP

/// Who sends a request, and whether that caller, its organization and its address do not ask too often.
struct Admission: Sendable {
  let authenticator: CallerAuthenticator
  private let directory: MembershipDirectory
  private let limits: RateLimits
  private let failures: FailedAuthentications
  private let clock: ElapsedTime

  init(
    authenticator: CallerAuthenticator, directory: MembershipDirectory, rates: RequestRates,
    clock: ElapsedTime = .system
  ) {
    self.authenticator = authenticator
    self.directory = directory
    limits = RateLimits(rates)
    failures = FailedAuthentications(rates.failuresPerAddress)
    self.clock = clock
  }

  /// Tells the caller, or why the request goes no further, and what the answer has to say about rates.
  ///
  /// - Parameters:
  ///   - request: shows a token.
  ///   - session: whether that may be in the dashboard's cookie.
  ///   - completion: is called once, at once or from another thread.
  func caller(
    of request: Request, session: SessionUse,
    completion: @escaping @Sendable (Result<Caller, Problem>, _ fields: [(String, String)]) -> Void
  ) {
    prove(authenticator.token(in: request, session: session), sentBy: request) { proven, fields in
      completion(proven.map(\.caller), fields)
    }
  }

  /// When the token of a request that was let in to read is refused, in seconds since 1970; nil for an API key.
  func expiry(of request: Request) -> Int64? {
    authenticator.expiry(of: authenticator.token(in: request, session: .reading))
  }

  /// The same for a token, wherever in the request it is.
  func prove(
    _ token: ArraySlice<UInt8>?, sentBy request: Request,
    completion: @escaping @Sendable (Result<ProvenCaller, Problem>, _ fields: [(String, String)]) -> Void
  ) {
    // Who was verified before is let in from any address: others behind it may be guessing.
    if let problem = failures.problem(of: request.clientAddress, nowNanoseconds: clock.nanoseconds),
      !authenticator.remembers(token)
    {
      completion(.failure(problem), [])
      return
    }
    authenticator.prove(token) { result in
      switch result {
      case .failure(let problem):
        // Who shows nothing has guessed nothing.
        if problem.code == .unauthorized, token != nil || request.headers.bytes(of: "authorization") != nil {
          failures.note(request.clientAddress, nowNanoseconds: clock.nanoseconds)
        }
        completion(.failure(problem), [])
      case .success(let proven):
        guard limits.isOn else {
          completion(.success(proven), [])
          return
        }
        rate(proven.caller) { decision in
          completion(decision.problem.map { .failure($0) } ?? .success(proven), decision.fields)
        }
      }
    }
  }

  /// Tells what the signature of a request proves that has no token, or why it goes no further.
  ///
  /// - Parameters:
  ///   - request: what came.
  ///   - verify: throws `invalidSignature` for one that proves nothing, which counts as a failed authentication.
  /// - Returns: what `verify` returns.
  /// - Throws: what `verify` throws, and 429 instead of `invalidSignature` to an address that fails too often. What proves
  ///   something is let in from any address: others behind it may be guessing.
  func proof<Proof>(
    of request: Request, by verify: (Request) throws(Problem) -> Proof
  ) throws(Problem) -> Proof {
    do throws(Problem) {
      return try verify(request)
    } catch {
      guard error.code == .invalidSignature else { throw error }
      if let problem = failures.problem(of: request.clientAddress, nowNanoseconds: clock.nanoseconds) { throw problem }
      failures.note(request.clientAddress, nowNanoseconds: clock.nanoseconds)
      throw error
    }
  }

  /// The caller's own rate comes before anything is looked up for it.
  private func rate(_ caller: Caller, completion: @escaping @Sendable (RateDecision) -> Void) {
    switch caller {
    case .service: completion(RateDecision())
    case .key(let key):
      // The service's keys are a trusted server's.
      guard let organizationID = key.organizationID else {
        completion(RateDecision())
        return
      }
      completion(
        limits.admit(.key(key.keyID), organization: organizationID, nowNanoseconds: clock.nanoseconds))
    case .user(let userID):
      let decision = limits.admit(.user(userID), organization: nil, nowNanoseconds: clock.nanoseconds)
      guard limits.limitsOrganizations, decision.refusedBy == nil else {
        completion(decision)
        return
      }
      directory.organization(of: userID) { organizationID in
        // Whoever belongs nowhere, or cannot be looked up now, is refused by the route, and takes nothing from anybody.
        guard let organizationID = try? organizationID.get() else {
          completion(decision)
          return
        }
        var both = decision
        both.add(limits.admit(nil, organization: organizationID, nowNanoseconds: clock.nanoseconds))
        completion(both)
      }
    }
  }
}
