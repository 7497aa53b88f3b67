public import Postgres
public import Tokens

/// Users, as administrators list, make and change them.
extension Administration {
  /// A page of the users of all organizations or of one, the newest first.
  ///
  /// - Parameters:
  ///   - organizationID: an unknown one is refused with SQLSTATE `TG404`.
  ///   - search: the id, or how the email begins.
  ///   - last: only those behind this place.
  ///   - limit: users, at most.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the users.
  /// - Throws: `PostgresError`.
  public static func users(
    of organizationID: OrganizationID? = nil, search: String? = nil, behind last: ListPlace<User>? = nil, limit: Int,
    on connection: inout Connection
  ) throws -> [UserDetails] {
    let rows = try connection.query(
      findUsers,
      [
        .uuid(organizationID?.bits), .optional(search), .uuid(last?.id.bits), .optional(last?.sortKey),
        .integer(Int64(limit)),
      ])
    return try (0..<rows.count).map { row in
      UserDetails(
        id: UserID(bits: try rows.uuid(row, 0)), organizationID: OrganizationID(bits: try rows.uuid(row, 1)),
        email: try rows.optionalString(row, 2), role: try rows.role(row, 3),
        createdAtMicroseconds: try rows.instant(row, 4))
    }
  }

  /// Makes somebody a user of an organization; under a key, once.
  ///
  /// - Parameters:
  ///   - user: of an unknown organization it is refused with SQLSTATE `TG404`, one who has an organization with `TG409`.
  ///   - key: the same request under it is answered the same again.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the user, unless the key was used for another request.
  /// - Throws: `PostgresError`.
  static func addUser(
    _ user: NewUser, under key: IdempotencyKey?, on connection: inout Connection
  ) throws -> Creation<MadeUser> {
    let rows = try connection.query(
      addUser,
      [
        .uuid(user.organizationID.bits), .optional(user.email), .text(user.role.rawValue), .uuid(user.id?.bits),
        .optional(key?.value),
      ])
    guard try rows.string(0, 0) == "success" else { return .keyReused }
    return .made(
      MadeUser(
        user: UserDetails(
          id: UserID(bits: try rows.uuid(0, 1)), organizationID: user.organizationID, email: user.email,
          role: user.role, createdAtMicroseconds: try rows.instant(0, 2)),
        isReplay: try rows.boolean(0, 3)))
  }

  /// Decides what a user may do in its organization, from the next request on.
  ///
  /// - Returns: the user as it is then; nil for an unknown one, and for one of two organizations.
  /// - Throws: `PostgresError`.
  static func setRole(
    _ role: UserRole, of userID: UserID, on connection: inout Connection
  ) throws -> UserDetails? {
    guard let organizationID = try MembershipQueries.organization(of: userID, on: &connection) else { return nil }
    try setRole(role, of: userID, in: organizationID, on: &connection)
    return try users(of: organizationID, search: userID.description, limit: 1, on: &connection).first
  }

  /// Ends a user's membership of an organization, from the next request on.
  ///
  /// - Throws: `PostgresError`, with SQLSTATE `TG404` for somebody who is no user of this organization.
  public static func removeUser(
    _ userID: UserID, of organizationID: OrganizationID, on connection: inout Connection
  ) throws {
    _ = try connection.query(
      "SELECT tollgate.remove_user($1::uuid, $2::uuid)", [.uuid(organizationID.bits), .uuid(userID.bits)])
  }

  /// The same of the organization that the user has. Answers which that was; nil for an unknown user, and for one of two
  /// organizations.
  static func removeUser(_ userID: UserID, on connection: inout Connection) throws -> OrganizationID? {
    guard let organizationID = try MembershipQueries.organization(of: userID, on: &connection) else { return nil }
    try removeUser(userID, of: organizationID, on: &connection)
    return organizationID
  }

  private static let findUsers = Statement.named(
    """
    SELECT user_id, organization_id_of_user, email, role, created_at \
    FROM tollgate.find_users($1::uuid, $2, $3::uuid, \
    'epoch'::timestamptz + $4::text::bigint * interval '1 microsecond', $5::bigint::integer)
    """, results: .binary)

  private static let addUser = Statement.named(
    "SELECT outcome, user_id, created_at, is_replay FROM tollgate.add_user($1::uuid, $2, $3, $4::uuid, $5)",
    results: .binary)
}

extension Rows {
  /// What a user may do.
  fileprivate func role(_ row: Int, _ column: Int) throws -> UserRole {
    guard let role = UserRole(rawValue: try string(row, column)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected role")
    }
    return role
  }
}
