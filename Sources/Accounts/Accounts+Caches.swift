import Postgres
public import Tokens

/// Decision caches. Nil for an organization means those for all.
extension Accounts {
  /// Makes a cache, or changes its settings. Twice is once.
  public func set(
    _ settings: CacheSettings, of organizationID: OrganizationID?,
    completion: @escaping @Sendable (Result<Administered<CacheChange>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.set(settings, of: organizationID, on: &$0) }, completion: completion)
  }

  /// Deletes a cache with its values, and answers whether it existed.
  public func deleteCache(
    _ name: String, of organizationID: OrganizationID?,
    completion: @escaping @Sendable (Result<Administered<Bool>, ServiceFailure>) -> Void
  ) {
    administer({ try Administration.deleteCache(name, of: organizationID, on: &$0) }, completion: completion)
  }

  /// The cache that an organization means by a name; nil where there is none.
  public func cache(
    _ name: String, of organizationID: OrganizationID?,
    completion: @escaping @Sendable (Result<Administered<CacheDetails?>, ServiceFailure>) -> Void
  ) {
    administer(
      { try Administration.cache(name, of: organizationID, on: &$0) }, changesNothing: true, completion: completion)
  }

  /// A page of the caches that an organization can ask, newest first.
  public func caches(
    of organizationID: OrganizationID?, before: CacheID?, limit: Int,
    completion: @escaping @Sendable (Result<Administered<[CacheDetails]>, ServiceFailure>) -> Void
  ) {
    administer(
      { try Administration.caches(of: organizationID, before: before, limit: limit, on: &$0) }, changesNothing: true,
      completion: completion)
  }
}
