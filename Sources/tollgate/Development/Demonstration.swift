import Accounts
import Postgres
import Tokens

/// One organization per plan with one user: what a newcomer tries Tollgate on.
struct Demonstration {
  struct Tenant {
    let plan: String
    let organizationID: OrganizationID
    let userID: UserID
    let token: String
  }

  let tenants: [Tenant]
  let serviceToken: String

  /// How long the printed tokens are valid.
  private static let lifetimeSeconds: Int64 = 7 * 86_400

  /// Finds the demonstration's organizations, or makes them.
  static func prepare(administratorURL: String, mint: TokenMint) throws -> Demonstration {
    var connection = try Connection(ConnectionSettings(administratorURL))
    var tenants: [Tenant] = []
    for plan in ["starter", "pro", "enterprise"] {
      let (organizationID, userID) = try tenant(plan: plan, on: &connection)
      let token = try mint.token(for: userID, lifetimeSeconds: lifetimeSeconds)
      tenants.append(Tenant(plan: plan, organizationID: organizationID, userID: userID, token: token))
    }
    return Demonstration(
      tenants: tenants, serviceToken: try mint.token(ofServiceNamed: nil, lifetimeSeconds: lifetimeSeconds))
  }

  private static func tenant(
    plan: String, on connection: inout Connection
  ) throws -> (OrganizationID, UserID) {
    let name = "Demo \(plan)"
    let rows = try connection.query(
      """
      SELECT organization.id, profile.id
      FROM public.organizations AS organization
        JOIN public.user_profiles AS profile ON profile.organization_id = organization.id
      WHERE organization.name = $1 AND organization.plan = $2
      ORDER BY organization.created_at, profile.created_at
      LIMIT 1
      """, [.text(name), .text(plan)])
    if rows.count == 1, let organizationID = OrganizationID(try rows.string(0, 0)),
      let userID = UserID(try rows.string(0, 1))
    {
      return (organizationID, userID)
    }
    return try connection.transaction { connection in
      let organizationID = try Administration.createOrganization(name: name, plan: plan, on: &connection)
      return (organizationID, try Administration.createUser(in: organizationID, on: &connection))
    }
  }
}
