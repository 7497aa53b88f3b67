public import Tokens

extension Accounts {
  /// Those of the keys that are valid now. The others are unknown, revoked, replaced or expired.
  public func keys(
    _ ids: [APIKeyID], completion: @escaping @Sendable (Result<[APIKeyRecord], ServiceFailure>) -> Void
  ) {
    askAboutCallers({ try KeyQueries.find(ids, on: &$0) }, completion: completion)
  }

  /// Notes that keys were used, of each at most once a minute.
  public func recordUses(
    of ids: [APIKeyID], completion: @escaping @Sendable (Result<Void, ServiceFailure>) -> Void
  ) {
    askAboutCallers({ try KeyQueries.recordUses(of: ids, on: &$0) }, completion: completion)
  }

  /// Makes a key. A lost connection leaves open whether it was made; nobody has it then.
  public func create(
    _ key: NewAPIKey, id: APIKeyID, digest: [UInt8],
    completion: @escaping @Sendable (Result<Administered<APIKeyDetails>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.create(key, id: id, digest: digest, on: &$0) }, completion: completion)
  }

  /// Replaces a key, and lets the old one be valid for so many seconds more.
  public func rotate(
    _ id: APIKeyID, successorID: APIKeyID, digest: [UInt8], graceSeconds: Int64, createdBy: APIKeyID?,
    completion: @escaping @Sendable (Result<Administered<RotatedAPIKey>, ServiceFailure>) -> Void
  ) {
    administer(
      {
        try Administration.rotate(
          id, successorID: successorID, digest: digest, graceSeconds: graceSeconds, createdBy: createdBy, on: &$0)
      }, completion: completion)
  }

  /// Ends a key for good.
  public func revoke(
    _ id: APIKeyID, completion: @escaping @Sendable (Result<Administered<APIKeyDetails>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.revoke(id, on: &$0) }, completion: completion)
  }

  /// A page of an organization's keys, or with nil of the service's, newest first.
  public func keys(
    of organizationID: OrganizationID?, before: APIKeyID?, limit: Int,
    completion: @escaping @Sendable (Result<Administered<[APIKeyDetails]>, ServiceFailure>) -> Void
  ) {
    administer(
      { try Administration.keys(of: organizationID, before: before, limit: limit, on: &$0) }, changesNothing: true,
      completion: completion)
  }
}
