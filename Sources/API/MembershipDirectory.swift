import Accounts
import Locking
import Tokens

/// Which organization a user's request goes to when it names none.
///
/// What it remembers is a hint for routing and no authority: PostgreSQL looks at the membership again when it settles,
/// and whoever is told "forbidden" on a remembered hint has it forgotten.
final class MembershipDirectory: Sendable {
  /// Users remembered. At the limit everything is forgotten, which costs each user one look-up.
  private static let limit = 100_000

  private let accounts: Accounts
  private let remembered = Mutex<[UserID: OrganizationID]>([:])

  init(accounts: Accounts) { self.accounts = accounts }

  /// The organization of a user; 403 for a user nobody knows.
  func organization(
    of userID: UserID, completion: @escaping @Sendable (Result<OrganizationID, Problem>) -> Void
  ) {
    if let organizationID = remembered.withLock({ $0[userID] }) {
      completion(.success(organizationID))
      return
    }
    accounts.organization(of: userID) { [self] result in
      switch result {
      case .success(let organizationID?):
        remembered.withLock { remembered in
          if remembered.count >= Self.limit { remembered.removeAll() }
          remembered[userID] = organizationID
        }
        completion(.success(organizationID))
      case .success(nil): completion(.failure(.forbidden))
      case .failure(let failure): completion(.failure(Problem(failure)))
      }
    }
  }

  func forget(_ userID: UserID) {
    _ = remembered.withLock { $0.removeValue(forKey: userID) }
  }
}
