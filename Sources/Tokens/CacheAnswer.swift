/// What a decision cache says to a key.
public enum CacheAnswer: Sendable, Equatable {
  /// The value, as JSON. Costs nothing.
  case hit(value: String)
  /// One call is granted and charged.
  case miss(GrantedCall)
  /// No call is granted now: the fallback, as JSON.
  case fallback(value: String, reason: String, retryAfterSeconds: Int64?)
  /// Somebody else's call is not back yet.
  case pending
  case refused(CacheRefusal)

  /// The reason of a fallback that everybody gets until the day is over.
  public static let quotaReached = "quota_reached"
}

/// A call that is the asker's to make.
public struct GrantedCall: Sendable, Equatable {
  public var leaseID: LeaseID
  /// Calls that the day has left.
  public var remaining: Int64
  /// Until when the result may be stored, in microseconds since 1970.
  public var leaseEndsAtMicroseconds: Int64
  /// How long that is.
  public var leaseMilliseconds: Int64
  /// Whether it was granted before, under the same idempotency key.
  public var isReplay: Bool

  public init(
    leaseID: LeaseID, remaining: Int64, leaseEndsAtMicroseconds: Int64, leaseMilliseconds: Int64, isReplay: Bool
  ) {
    self.leaseID = leaseID
    self.remaining = remaining
    self.leaseEndsAtMicroseconds = leaseEndsAtMicroseconds
    self.leaseMilliseconds = leaseMilliseconds
    self.isReplay = isReplay
  }
}

/// Why a decision cache has no answer. The names are those of `tollgate.ask_cache` and its siblings.
public enum CacheRefusal: String, Error, Sendable, CaseIterable {
  /// The user is no member of the organization, which may not even exist.
  case forbidden
  /// The user may see what the organization has, and uses up nothing of it.
  case notPermitted = "not_permitted"
  case unknownOrganization = "unknown_organization"
  case unknownCache = "unknown_cache"
  /// The organization's cache never granted it.
  case unknownLease = "unknown_lease"
  /// It has ended or was replaced, or another value was stored under it.
  case leaseOver = "lease_over"
  /// Not exactly the cache's members.
  case invalidKey = "invalid_decision_key"
  /// The idempotency key was used for a request with another content.
  case idempotencyKeyReused = "idempotency_key_reused"
  /// What a call is charged as is priced by dimensions since.
  case invalidUnits = "invalid_units"
}

/// A value that was stored.
public struct StoredValue: Sendable, Equatable {
  /// Until when it is given, in microseconds since 1970.
  public var endsAtMicroseconds: Int64
  /// Whether it was there already, by the same lease.
  public var isReplay: Bool

  public init(endsAtMicroseconds: Int64, isReplay: Bool) {
    self.endsAtMicroseconds = endsAtMicroseconds
    self.isReplay = isReplay
  }
}
