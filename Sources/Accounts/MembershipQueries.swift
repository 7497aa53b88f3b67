import Postgres
import Tokens

/// Who belongs where.
enum MembershipQueries {
  static func organization(of userID: UserID, on connection: inout Connection) throws -> OrganizationID? {
    let rows = try connection.query(membership, [.uuid(userID.bits)])
    return try rows.optionalUUID(0, 0).map(OrganizationID.init(bits:))
  }

  private static let membership = Statement.named("SELECT tollgate.organization_of($1::uuid)", results: .binary)
}
