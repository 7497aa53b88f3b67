/// What a user may do in its organization. The names are those of `user_profiles.role`.
public enum UserRole: String, Sendable, CaseIterable {
  /// Sees what the organization has and does, and moves none of it.
  case viewer
  /// Spends as well.
  case member
}
