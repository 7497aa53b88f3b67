import Accounts
import Locking
import Tokens

/// Which organization a user's request goes to when it names none.
///
/// What it remembers is a hint for routing and no authority: PostgreSQL looks at the membership again when it settles,
/// and whoever is told "forbidden" on a remembered hint has it forgotten. That a user belongs nowhere is remembered for a
/// few seconds, so that whoever does costs no more than others.
final class MembershipDirectory: Sendable {
  private let accounts: Accounts
  private let clock: SteadyMilliseconds
  private let known = Mutex(KnownMemberships())

  init(accounts: Accounts, clock: SteadyMilliseconds = .system) {
    self.accounts = accounts
    self.clock = clock
  }

  /// The organization of a user; 403 for a user nobody knows.
  func organization(
    of userID: UserID, completion: @escaping @Sendable (Result<OrganizationID, Problem>) -> Void
  ) {
    home(of: userID) { result in
      switch result {
      case .success(let organizationID?): completion(.success(organizationID))
      case .success(nil): completion(.failure(.forbidden))
      case .failure(let failure): completion(.failure(Problem(failure)))
      }
    }
  }

  /// The organization of a user; nil for a user nobody knows.
  func home(of userID: UserID, completion: @escaping @Sendable (Result<OrganizationID?, ServiceFailure>) -> Void) {
    let now = clock.now
    let (answer, changeCount) = known.withLock { ($0.answer(for: userID, now: now), $0.changeCount) }
    switch answer {
    case .home(let organizationID): completion(.success(organizationID))
    case .nowhere: completion(.success(nil))
    case .unknown:
      accounts.organization(of: userID) { [self] result in
        if case .success(let home) = result {
          known.withLock { $0.remember(home, of: userID, askedAt: now, changeCount: changeCount) }
        }
        completion(result)
      }
    }
  }

  func forget(_ userID: UserID) { known.withLock { $0.forget(userID) } }
}
