import Postgres
import Tokens

/// Who belongs where.
enum MembershipQueries {
  static func organization(of userID: UserID, on connection: inout Connection) throws -> OrganizationID? {
    let rows = try connection.query(
      .named("SELECT tollgate.organization_of($1::uuid)"), [.text(userID.description)])
    guard let text = try rows.optionalString(0, 0) else { return nil }
    guard let organizationID = OrganizationID(text) else {
      throw PostgresError(kind: .decoding, serverMessage: "tollgate.organization_of answered no UUID")
    }
    return organizationID
  }
}
