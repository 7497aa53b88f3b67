import Tokens

/// Who sent a request, as far as its token proves it.
enum Caller: Sendable {
  /// A person or program of one organization. Which one, PostgreSQL knows.
  case user(UserID)
  /// A trusted server: any organization.
  case service
}

extension Spender {
  /// The caller for itself: on the routes where nobody can be named.
  init(_ caller: Caller) {
    switch caller {
    case .user(let userID): self = .member(userID)
    case .service: self = .service(onBehalfOf: nil)
    }
  }
}
