public import Tokens

/// For whom something is asked. Parties take turns, and each has one thing under way at a time.
public enum Party: Hashable, Sendable {
  case organization(OrganizationID)
  /// A user of whom nobody knows an organization.
  case user(UserID)
  /// Administrators, and trusted servers where they ask about no organization.
  case service
  /// Whoever tells of payments.
  case payments
  /// The server itself, for the database's sake.
  case upkeep
}
