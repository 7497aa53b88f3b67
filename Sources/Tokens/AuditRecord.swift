/// A change by an administrator, as the audit log has it.
public struct AuditRecord: Sendable {
  public var id: AuditRecordID
  /// Microseconds since 1970.
  public var atMicroseconds: Int64
  public var actor: Actor
  /// As whom the session was logged in to the database.
  public var databaseRole: String
  /// What was done, as `organization.update`.
  public var change: String
  /// Nil: the catalogue, or the service itself.
  public var organizationID: OrganizationID?
  /// The id or name of what was changed.
  public var subject: String
  /// A JSON object; nil: it was not there.
  public var before: String?
  /// A JSON object; nil: it is gone.
  public var after: String?

  public init(
    id: AuditRecordID, atMicroseconds: Int64, actor: Actor, databaseRole: String, change: String,
    organizationID: OrganizationID?, subject: String, before: String?, after: String?
  ) {
    self.id = id
    self.atMicroseconds = atMicroseconds
    self.actor = actor
    self.databaseRole = databaseRole
    self.change = change
    self.organizationID = organizationID
    self.subject = subject
    self.before = before
    self.after = after
  }
}

public typealias AuditRecordID = Identifier<AuditRecord>

/// Which records are asked for. What is nil does not matter.
public struct AuditFilter: Sendable {
  public var organizationID: OrganizationID?
  public var change: String?
  /// The id of a user or key, or the name of a service or database role.
  public var actorID: String?
  /// Microseconds since 1970: from this one on.
  public var fromMicroseconds: Int64?
  /// Microseconds since 1970: before this one.
  public var toMicroseconds: Int64?

  public init(
    organizationID: OrganizationID? = nil, change: String? = nil, actorID: String? = nil,
    fromMicroseconds: Int64? = nil, toMicroseconds: Int64? = nil
  ) {
    self.organizationID = organizationID
    self.change = change
    self.actorID = actorID
    self.fromMicroseconds = fromMicroseconds
    self.toMicroseconds = toMicroseconds
  }
}
