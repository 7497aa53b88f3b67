import Tokens

/// Which organization users belong to, as far as PostgreSQL said so lately. A state machine without a clock: times are
/// milliseconds of whatever steady clock its owner has.
struct KnownMemberships: Sendable {
  enum Answer: Equatable {
    case home(OrganizationID)
    /// PostgreSQL knew no organization of the user's a moment ago.
    case nowhere
    /// PostgreSQL has to be asked.
    case unknown
  }

  /// How many users are remembered. At a limit everything of the kind is forgotten, which costs each user one look-up.
  struct Limits: Sendable {
    var homes = 100_000
    var strangers = 10_000
  }

  /// For how long it is remembered that a user belongs nowhere: as long as one who is added may have to wait elsewhere
  /// than at the server that adds it.
  static let strangerMilliseconds: Int64 = 5_000

  private let limits: Limits
  private var homes: [UserID: OrganizationID] = [:]
  /// Users who belong nowhere, and until when that is remembered.
  private var strangers: [UserID: Int64] = [:]
  /// Counts what was forgotten: what PostgreSQL was asked before that may have changed meanwhile.
  private(set) var changeCount = 0

  init(limits: Limits = Limits()) { self.limits = limits }

  func answer(for userID: UserID, now: Int64) -> Answer {
    if let home = homes[userID] { return .home(home) }
    return strangers[userID].map { now < $0 } == true ? .nowhere : .unknown
  }

  /// Remembers what PostgreSQL said.
  ///
  /// - Parameters:
  ///   - home: the user's organization; nil: it belongs nowhere.
  ///   - userID: who.
  ///   - askedAt: when PostgreSQL was asked.
  ///   - changeCount: as it was then.
  mutating func remember(_ home: OrganizationID?, of userID: UserID, askedAt: Int64, changeCount: Int) {
    guard let home else {
      guard changeCount == self.changeCount else { return }
      if strangers.count >= limits.strangers { strangers = strangers.filter { askedAt < $0.value } }
      if strangers.count >= limits.strangers { strangers.removeAll() }
      strangers[userID] = askedAt + Self.strangerMilliseconds
      return
    }
    strangers[userID] = nil
    if homes.count >= limits.homes { homes.removeAll() }
    homes[userID] = home
  }

  /// Forgets a user, who may have become or ceased to be somebody's.
  mutating func forget(_ userID: UserID) {
    homes[userID] = nil
    strangers[userID] = nil
    changeCount += 1
  }
}
