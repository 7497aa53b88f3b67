/// An event on its way to a webhook. Times are microseconds since 1970.
public struct Delivery: Sendable {
  public enum Status: String, CaseIterable, Sendable {
    case pending
    case delivered
    /// Not tried again unless somebody asks for that.
    case dead
  }

  public var id: DeliveryID
  public var eventID: AlertEventID
  public var type: String
  public var status: Status
  /// Begun since it was last made pending.
  public var attempts: Int64
  /// What the last attempt was answered; nil: there was no answer.
  public var lastStatus: Int64?
  public var lastError: String?
  public var nextAttemptAtMicroseconds: Int64?
  public var createdAtMicroseconds: Int64
  public var finishedAtMicroseconds: Int64?
  /// The last 20 attempts, as JSON.
  public var history: String

  public init(
    id: DeliveryID, eventID: AlertEventID, type: String, status: Status, attempts: Int64, lastStatus: Int64?,
    lastError: String?, nextAttemptAtMicroseconds: Int64?, createdAtMicroseconds: Int64, finishedAtMicroseconds: Int64?,
    history: String
  ) {
    self.id = id
    self.eventID = eventID
    self.type = type
    self.status = status
    self.attempts = attempts
    self.lastStatus = lastStatus
    self.lastError = lastError
    self.nextAttemptAtMicroseconds = nextAttemptAtMicroseconds
    self.createdAtMicroseconds = createdAtMicroseconds
    self.finishedAtMicroseconds = finishedAtMicroseconds
    self.history = history
  }
}

public typealias DeliveryID = Identifier<Delivery>

/// A delivery that was asked for, now or when the request was sent before.
public struct RequestedDelivery: Sendable {
  public var delivery: Delivery
  public var isReplay: Bool

  public init(delivery: Delivery, isReplay: Bool) {
    self.delivery = delivery
    self.isReplay = isReplay
  }
}

/// An attempt that is to be made now, by whoever has taken it.
public struct TakenDelivery: Sendable {
  public enum Receiver: Sendable {
    /// Secrets are sealed; the previous one only as long as deliveries are signed with it, too.
    case webhook(WebhookID, url: String, secret: SealedBytes, previousSecret: SealedBytes?, body: String)
    case email(EmailAddress, subject: String, message: String)
  }

  public var id: DeliveryID
  /// Whose the webhook or rule is; nil: one for all.
  public var organizationID: OrganizationID?
  public var receiver: Receiver
  /// With this one.
  public var attempts: Int64
  /// Whether the receiver's last attempt failed.
  public var isFailing: Bool
  public var eventID: AlertEventID
  /// When the event happened, in microseconds since 1970.
  public var createdAtMicroseconds: Int64

  public init(
    id: DeliveryID, organizationID: OrganizationID?, receiver: Receiver, attempts: Int64, isFailing: Bool,
    eventID: AlertEventID, createdAtMicroseconds: Int64
  ) {
    self.id = id
    self.organizationID = organizationID
    self.receiver = receiver
    self.attempts = attempts
    self.isFailing = isFailing
    self.eventID = eventID
    self.createdAtMicroseconds = createdAtMicroseconds
  }
}

/// What became of an attempt.
public struct DeliveryOutcome: Sendable {
  public var isDelivered: Bool
  /// The receiver wants nothing more, ever.
  public var isGone: Bool
  /// What it answered; nil: nothing.
  public var status: Int?
  /// Why it failed, without anything secret.
  public var error: String?
  public var milliseconds: Int64
  /// When to try again; nil: never.
  public var retryMilliseconds: Int64?

  public init(
    isDelivered: Bool, isGone: Bool = false, status: Int?, error: String?, milliseconds: Int64,
    retryMilliseconds: Int64?
  ) {
    self.isDelivered = isDelivered
    self.isGone = isGone
    self.status = status
    self.error = error
    self.milliseconds = milliseconds
    self.retryMilliseconds = retryMilliseconds
  }
}

/// How many attempts may be begun, and at whom not.
public struct DeliveryRoom: Sendable {
  public var healthy: Int
  public var failing: Int
  public var email: Int
  /// Once for each attempt under way.
  public var busy: [WebhookID]

  public init(healthy: Int, failing: Int, email: Int, busy: [WebhookID]) {
    self.healthy = healthy
    self.failing = failing
    self.email = email
    self.busy = busy
  }
}
