import Postgres
import Tokens

/// Who belongs where.
enum MembershipQueries {
  static func organization(of userID: UserID, on connection: inout Connection) throws -> OrganizationID? {
    let rows = try connection.query(organization, [.uuid(userID.bits)])
    return try rows.optionalUUID(0, 0).map(OrganizationID.init(bits:))
  }

  static func membership(of userID: UserID, on connection: inout Connection) throws -> Membership? {
    let rows = try connection.query(membership, [.uuid(userID.bits)])
    guard rows.count > 0 else { return nil }
    guard let role = UserRole(rawValue: try rows.string(0, 6)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected role")
    }
    return Membership(
      organizationID: OrganizationID(bits: try rows.uuid(0, 0)), name: try rows.string(0, 1),
      plan: try rows.optionalString(0, 2), nextPlan: try rows.optionalString(0, 3),
      nextPlanFromMicroseconds: try rows.optionalInstant(0, 4), status: try status(rows, 5), role: role)
  }

  /// Raises TG404 for an unknown organization.
  static func membership(in organizationID: OrganizationID, on connection: inout Connection) throws -> Membership {
    let rows = try connection.query(ofKey, [.uuid(organizationID.bits)])
    return Membership(
      organizationID: organizationID, name: try rows.string(0, 0), plan: try rows.optionalString(0, 1),
      nextPlan: try rows.optionalString(0, 2), nextPlanFromMicroseconds: try rows.optionalInstant(0, 3),
      status: try status(rows, 4), role: nil)
  }

  private static func status(_ rows: borrowing Rows, _ column: Int) throws -> OrganizationStatus {
    guard let status = OrganizationStatus(rawValue: try rows.string(0, column)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected status")
    }
    return status
  }

  private static let organization = Statement.named("SELECT tollgate.organization_of($1::uuid)", results: .binary)

  private static let membership = Statement.named(
    """
    SELECT organization_id, name, plan, next_plan, next_plan_from, status, role \
    FROM tollgate.read_membership($1::uuid)
    """, results: .binary)

  private static let ofKey = Statement.named(
    "SELECT name, plan, next_plan, next_plan_from, status FROM tollgate.read_organization($1::uuid)", results: .binary)
}
