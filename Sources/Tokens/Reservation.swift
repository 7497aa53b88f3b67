/// Tokens held for work that is not done yet, as of now.
public struct Reservation: Sendable {
  /// How a reservation stands.
  public enum Status: String, Sendable, CaseIterable {
    case open
    /// Charged, in whole or in part.
    case captured
    /// Let go.
    case released
    /// Let go because its time was over.
    case expired
  }

  public var id: ReservationID
  public var status: Status
  public var userID: UserID?
  public var tokenType: String
  /// The feature it is for; nil: tokens as such.
  public var feature: String?
  /// JSON: units of the feature as a number or as an object of dimensions; nil where there is no feature.
  public var units: String?
  /// Tokens held while it is open.
  public var amount: Int64
  /// Tokens charged in the end.
  public var captured: Int64
  /// The charge of a captured one.
  public var transactionID: TransactionID?
  public var eventID: String?
  /// A JSON object.
  public var metadata: String
  /// Microseconds since 1970, as the other times.
  public var expiresAtMicroseconds: Int64
  public var createdAtMicroseconds: Int64
  /// When it was captured or released, or expired; nil while it is open.
  public var finishedAtMicroseconds: Int64?

  public init(
    id: ReservationID, status: Status, userID: UserID?, tokenType: String, feature: String?, units: String?,
    amount: Int64, captured: Int64, transactionID: TransactionID?, eventID: String?, metadata: String,
    expiresAtMicroseconds: Int64, createdAtMicroseconds: Int64, finishedAtMicroseconds: Int64?
  ) {
    self.id = id
    self.status = status
    self.userID = userID
    self.tokenType = tokenType
    self.feature = feature
    self.units = units
    self.amount = amount
    self.captured = captured
    self.transactionID = transactionID
    self.eventID = eventID
    self.metadata = metadata
    self.expiresAtMicroseconds = expiresAtMicroseconds
    self.createdAtMicroseconds = createdAtMicroseconds
    self.finishedAtMicroseconds = finishedAtMicroseconds
  }
}

public typealias ReservationID = Identifier<Reservation>
