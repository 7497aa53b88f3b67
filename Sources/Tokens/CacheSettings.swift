/// A decision cache as an administrator configures it.
public struct CacheSettings: Sendable, Equatable {
  /// 1 to 63 of `a`-`z`, `0`-`9` and `_`, a letter first.
  public var name: String
  /// The members of a key: 1 to 16 different names.
  public var keyMembers: [String]
  /// Seconds for which a value is given.
  public var ttlSeconds: Int64
  /// Calls granted a day.
  public var dailyQuota: Int64 = 1000
  /// What is given in place of a call, as JSON of at most 64 KiB; nil: null.
  public var fallback: String?
  /// What a call is charged as.
  public var feature = "decision"
  /// Seconds for a call and the storing of its result.
  public var leaseSeconds: Int64 = 60
  /// Seconds that others wait for it.
  public var waitSeconds: Int64 = 10
  /// Values kept.
  public var maximumEntries: Int64 = 10_000

  public static let keyMemberCountRange = 1...16
  public static let ttlRangeSeconds: ClosedRange<Int64> = 1...31_622_400
  public static let quotaRange: ClosedRange<Int64> = 0...1_000_000_000_000_000
  public static let leaseRangeSeconds: ClosedRange<Int64> = 1...3600
  public static let waitRangeSeconds: ClosedRange<Int64> = 0...30
  public static let maximumEntriesRange: ClosedRange<Int64> = 1...100_000
  /// Bytes of a value or fallback, as JSON without white space.
  public static let valueLimitBytes = 65_536

  public init(name: String, keyMembers: [String], ttlSeconds: Int64) {
    self.name = name
    self.keyMembers = keyMembers
    self.ttlSeconds = ttlSeconds
  }
}

/// A decision cache and how it does.
public struct CacheDetails: Sendable {
  public var id: CacheID
  public var settings: CacheSettings
  /// Whether it is the one for all organizations that have none of that name.
  public var isForAll: Bool
  /// In microseconds since 1970, as is the next.
  public var createdAtMicroseconds: Int64
  public var updatedAtMicroseconds: Int64
  /// What it answered an organization today; nil where none was asked about.
  public var today: CacheUse?

  public init(
    id: CacheID, settings: CacheSettings, isForAll: Bool, createdAtMicroseconds: Int64, updatedAtMicroseconds: Int64,
    today: CacheUse?
  ) {
    self.id = id
    self.settings = settings
    self.isForAll = isForAll
    self.createdAtMicroseconds = createdAtMicroseconds
    self.updatedAtMicroseconds = updatedAtMicroseconds
    self.today = today
  }
}

/// What a decision cache answered an organization in a day.
public struct CacheUse: Sendable, Equatable {
  /// As `2026-11-21`, in the organization's time zone.
  public var day: String
  /// Exact; the next three as servers have told by now.
  public var calls: Int64
  public var hits: Int64
  public var fallbacks: Int64
  /// Requests that waited for somebody else's call.
  public var waits: Int64
  /// Hits among hits, calls and fallbacks, from 0 to 1; nil: nobody asked.
  public var hitRate: Double?
  /// Values that would be given now.
  public var entries: Int64

  public init(
    day: String, calls: Int64, hits: Int64, fallbacks: Int64, waits: Int64, hitRate: Double?, entries: Int64
  ) {
    self.day = day
    self.calls = calls
    self.hits = hits
    self.fallbacks = fallbacks
    self.waits = waits
    self.hitRate = hitRate
    self.entries = entries
  }
}

/// A configured decision cache.
public enum DecisionCache {}
public typealias CacheID = Identifier<DecisionCache>
