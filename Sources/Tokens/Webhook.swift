/// Who is told about events over HTTPS, without the secret that deliveries are signed with. Times are microseconds since
/// 1970.
public struct Webhook: Sendable {
  /// How many types of events a webhook may name.
  public static let eventLimit = 50
  /// The longest URL, in bytes.
  public static let urlByteLimit = 2_048
  /// For how long deliveries may be signed with a replaced secret, too, in seconds: 30 days.
  public static let graceRangeSeconds: ClosedRange<Int64> = 0...2_592_000
  /// A day, in seconds.
  public static let defaultGraceSeconds: Int64 = 86_400

  public var id: WebhookID
  /// Nil: the events of all organizations.
  public var organizationID: OrganizationID?
  public var organizationName: String?
  public var url: String
  /// Types of events; empty: all.
  public var events: [String]
  public var isActive: Bool
  /// `gone`: the receiver said so. Nil: nobody but an administrator has made it inactive.
  public var disabledReason: String?
  /// Attempts that failed since one succeeded.
  public var failureCount: Int64
  /// Nil: the last attempt succeeded, or there was none.
  public var failingSinceMicroseconds: Int64?
  public var lastDeliveryAtMicroseconds: Int64?
  public var previousSecretEndsAtMicroseconds: Int64?
  public var createdAtMicroseconds: Int64
  public var updatedAtMicroseconds: Int64

  public init(
    id: WebhookID, organizationID: OrganizationID?, organizationName: String?, url: String, events: [String],
    isActive: Bool, disabledReason: String?, failureCount: Int64, failingSinceMicroseconds: Int64?,
    lastDeliveryAtMicroseconds: Int64?, previousSecretEndsAtMicroseconds: Int64?, createdAtMicroseconds: Int64,
    updatedAtMicroseconds: Int64
  ) {
    self.id = id
    self.organizationID = organizationID
    self.organizationName = organizationName
    self.url = url
    self.events = events
    self.isActive = isActive
    self.disabledReason = disabledReason
    self.failureCount = failureCount
    self.failingSinceMicroseconds = failingSinceMicroseconds
    self.lastDeliveryAtMicroseconds = lastDeliveryAtMicroseconds
    self.previousSecretEndsAtMicroseconds = previousSecretEndsAtMicroseconds
    self.createdAtMicroseconds = createdAtMicroseconds
    self.updatedAtMicroseconds = updatedAtMicroseconds
  }
}

public typealias WebhookID = Identifier<Webhook>

/// What is changed of a webhook; nil stays as it is.
public struct WebhookChange: Sendable {
  public var url: String?
  public var events: [String]?
  public var isActive: Bool?

  public init(url: String? = nil, events: [String]? = nil, isActive: Bool? = nil) {
    self.url = url
    self.events = events
    self.isActive = isActive
  }
}

/// What events are called outside.
public enum EventType: String, CaseIterable, Sendable {
  case thresholdCrossed = "balance.threshold_crossed"
  case topUpRequested = "balance.top_up_requested"
  case limitExceeded = "limit.exceeded"
  case planChanged = "organization.plan_changed"
  case organizationSuspended = "organization.suspended"
  case organizationResumed = "organization.resumed"
  case contentThresholdCrossed = "content.threshold_crossed"
  case contentDeactivated = "content.deactivated"
  case contentReset = "content.reset"
  case alertRaised = "alert.raised"
  case alertRecovered = "alert.recovered"
  case webhookTest = "webhook.test"
}
