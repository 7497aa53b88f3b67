/// The id of one kind of thing: a UUID as text. Ids of two kinds are two types, so that none is taken for another.
public struct Identifier<Subject>: Hashable, Sendable, CustomStringConvertible {
  /// As Tollgate writes it: 36 characters, in lower case.
  public let description: String

  /// Takes the text as it is; Tollgate says when there is no such thing.
  public init(_ text: String) { description = text }
}

/// Subject of `OrganizationID`.
public enum Organization {}
/// Subject of `UserID`.
public enum User {}
/// Subject of `TransactionID`.
public enum Transaction {}
/// Subject of `ReservationID`.
public enum HeldTokens {}

public typealias OrganizationID = Identifier<Organization>
public typealias UserID = Identifier<User>
/// A charge, a refund or a recorded refusal.
public typealias TransactionID = Identifier<Transaction>
public typealias ReservationID = Identifier<HeldTokens>
