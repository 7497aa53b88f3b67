import Locking
import Tokens

/// What the requests of one caller, and of one organization, may come to in a second.
public struct RequestRates: Sendable {
  /// Of each user and each API key; nil: no limit.
  public var perCaller: RequestRate?
  /// Of all users and keys of an organization together; nil: no limit.
  public var perOrganization: RequestRate?
  /// Failed authentications from one address; nil: no limit.
  public var failuresPerAddress = RequestRate(perSecond: 100, burst: 200)

  public init(perCaller: RequestRate? = nil, perOrganization: RequestRate? = nil) {
    self.perCaller = perCaller
    self.perOrganization = perOrganization
  }
}

/// Holds callers and organizations to their rates, in the memory of this process: protection against floods, and no
/// accounting. Every server counts for itself and begins anew when it starts.
final class RateLimits: Sendable {
  private struct Meters {
    var callers: RateMeter<RatedCaller>?
    var organizations: RateMeter<OrganizationID>?
  }

  /// Callers and organizations that are told apart at the same time: some megabytes at the most.
  static let capacity = 100_000

  private let meters: Mutex<Meters>
  /// Whether anything is limited at all.
  let isOn: Bool
  /// Whether it matters of which organization a caller is.
  let limitsOrganizations: Bool

  init(_ rates: RequestRates, capacity: Int = RateLimits.capacity) {
    limitsOrganizations = rates.perOrganization != nil
    isOn = limitsOrganizations || rates.perCaller != nil
    meters = Mutex(
      Meters(
        callers: rates.perCaller.map { RateMeter($0, capacity: capacity) },
        organizations: rates.perOrganization.map { RateMeter($0, capacity: capacity) }))
  }

  /// Counts a request of a caller and, if it is known, of the caller's organization.
  ///
  /// The caller comes first: what it sends beyond its own rate takes nothing from its organization. The organization is
  /// the one that the caller belongs to, never one that the request names.
  ///
  /// - Parameters:
  ///   - caller: nil to count for the organization alone, where it became known after the caller was counted.
  ///   - organizationID: nil where it is not known, or there is none.
  ///   - nowNanoseconds: of any clock that only goes forward.
  /// - Returns: whether it may go on, and what the answer says.
  func admit(_ caller: RatedCaller?, organization organizationID: OrganizationID?, nowNanoseconds: Int64)
    -> RateDecision
  {
    meters.withLock { meters in
      var decision = RateDecision()
      if let caller, let reading = meters.callers?.take(caller, now: nowNanoseconds), let rate = meters.callers?.rate {
        decision.add(.caller, rate, reading.isAdmitted, reading.remaining, reading.waitSeconds)
        guard reading.isAdmitted else { return decision }
      }
      if let organizationID, let reading = meters.organizations?.take(organizationID, now: nowNanoseconds),
        let rate = meters.organizations?.rate
      {
        decision.add(.organization, rate, reading.isAdmitted, reading.remaining, reading.waitSeconds)
      }
      return decision
    }
  }
}

/// Whose rate it is. Trusted servers have none.
enum RatedCaller: Hashable, Sendable {
  case user(UserID)
  /// An organization's.
  case key(APIKeyID)
}
