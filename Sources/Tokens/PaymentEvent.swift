/// Something that a payment provider tells, of which it has been verified that it comes from there.
public struct PaymentEvent: Sendable {
  /// The provider's id of it, by which it counts once: 1 to 255 printable ASCII characters.
  public var id: String
  /// The provider's name for what happened, as `invoice.paid`.
  public var type: String
  /// When it happened, in seconds since 1970, by the provider's clock.
  public var happenedAtSeconds: Int64
  /// Whether money moved, or it was a test.
  public var isLive: Bool
  /// Whether what verified it is for live events; one of the other mode does not count.
  public var expectsLive: Bool
  /// The provider's version of the form it came in.
  public var apiVersion: String?
  /// The few members that are looked at, as a JSON object.
  public var facts: String

  public init(
    id: String, type: String, happenedAtSeconds: Int64, isLive: Bool, expectsLive: Bool, apiVersion: String?,
    facts: String
  ) {
    self.id = id
    self.type = type
    self.happenedAtSeconds = happenedAtSeconds
    self.isLive = isLive
    self.expectsLive = expectsLive
    self.apiVersion = apiVersion
    self.facts = facts
  }
}

/// What became of an event of a payment provider.
public enum PaymentOutcome: String, Sendable, CaseIterable {
  case toppedUp = "topped_up"
  /// The payment had been counted before, by another event or by hand.
  case toppedUpBefore = "topped_up_before"
  case suspended
  case restored
  /// It counts, and changed nothing that anybody sees.
  case noted
  case unknownOrganization = "unknown_organization"
  case unknownCustomer = "unknown_customer"
  case unknownPack = "unknown_pack"
  case priceMismatch = "price_mismatch"
  case amountOutOfRange = "amount_out_of_range"
  case unusedType = "unused_type"
  case otherMode = "other_mode"
  case otherAccount = "other_account"
  case notPaid = "not_paid"
  case noPack = "no_pack"
  case incomplete
  case paymentConflict = "payment_conflict"

  /// Whether somebody should look: money may have come, and nothing was given for it. Customers that are nobody's are
  /// not among these: whoever sells tokens may sell other things.
  ///
  /// - Parameter isLive: whether money has moved. A live event that a secret for test mode verified was told a server whose
  ///   secrets are set wrongly; one of test mode among live ones is nothing to look at.
  /// - Returns: whether to warn.
  public func needsAttention(isLive: Bool) -> Bool {
    switch self {
    case .unknownOrganization, .unknownPack, .priceMismatch, .amountOutOfRange, .paymentConflict:
      true
    case .otherMode: isLive
    default: false
    }
  }
}

/// The answer to an event.
public struct PaymentReceipt: Sendable {
  public var outcome: PaymentOutcome
  /// Whether it had come before, so that this time nothing was done.
  public var isReplay: Bool

  public init(outcome: PaymentOutcome, isReplay: Bool) {
    self.outcome = outcome
    self.isReplay = isReplay
  }
}

/// What a paid checkout may buy.
public struct PaymentPack: Sendable {
  /// A price, in the smallest unit of its currency.
  public struct Price: Sendable {
    public var minor: Int64
    /// Three lower-case letters (ISO 4217).
    public var currency: String

    public init(minor: Int64, currency: String) {
      self.minor = minor
      self.currency = currency
    }
  }

  /// What a checkout names it by: 1 to 255 printable ASCII characters.
  public var name: String
  public var tokenType: String
  /// 1 to 10^15.
  public var tokens: Int64
  /// What a checkout has to come to at the least; nil: that is not looked at.
  public var price: Price?

  public init(name: String, tokenType: String, tokens: Int64, price: Price? = nil) {
    self.name = name
    self.tokenType = tokenType
    self.tokens = tokens
    self.price = price
  }
}

/// A customer of the payment provider's, and whose that is.
public struct PaymentCustomer: Sendable {
  /// The provider's id, as `cus_…`.
  public var id: String
  public var organizationID: OrganizationID

  public init(id: String, organizationID: OrganizationID) {
    self.id = id
    self.organizationID = organizationID
  }
}
