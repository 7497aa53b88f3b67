import Postgres
public import Tokens

/// Whose content a request is about, and on whose behalf.
public struct ContentScope: Sendable {
  public var organizationID: OrganizationID
  public var spender: Spender

  public init(organizationID: OrganizationID, spender: Spender) {
    self.organizationID = organizationID
    self.spender = spender
  }

  /// For `organization_id`, `user_id` and `membership_required`.
  var parameters: [Parameter] {
    [.uuid(organizationID.bits), .uuid(spender.userID?.bits), .boolean(spender.needsMembership)]
  }
}
