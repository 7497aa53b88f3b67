/// A call that a decision cache granted, until somebody has brought its result.
public enum Lease {}

/// A lease's id, which is also the id of the charge.
public typealias LeaseID = Identifier<Lease>

/// What somebody asks a decision cache.
public struct CacheQuestion: Sendable {
  public var organizationID: OrganizationID
  public var spender: Spender
  /// The cache's name.
  public var cache: String
  /// A JSON object of at most 16 members, each a string, an integer, true, false or null.
  public var key: String
  /// What a lease is called, should one be granted: nobody has had it before.
  public var leaseID: LeaseID
  public var idempotencyKey: IdempotencyKey?
  /// How long to wait for somebody else's call, 0 to 30 seconds; nil: as the cache is configured.
  public var waitSeconds: Int64?

  public init(
    organizationID: OrganizationID, spender: Spender, cache: String, key: String, leaseID: LeaseID,
    idempotencyKey: IdempotencyKey? = nil, waitSeconds: Int64? = nil
  ) {
    self.organizationID = organizationID
    self.spender = spender
    self.cache = cache
    self.key = key
    self.leaseID = leaseID
    self.idempotencyKey = idempotencyKey
    self.waitSeconds = waitSeconds
  }
}

/// Whose lease of which cache somebody speaks of.
public struct LeaseReference: Sendable {
  public var organizationID: OrganizationID
  public var spender: Spender
  /// The cache's name.
  public var cache: String
  public var leaseID: LeaseID

  public init(organizationID: OrganizationID, spender: Spender, cache: String, leaseID: LeaseID) {
    self.organizationID = organizationID
    self.spender = spender
    self.cache = cache
    self.leaseID = leaseID
  }
}
