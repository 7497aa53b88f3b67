import HTTP
import JSON
import Tokens

/// What a request to spend says: the body of `deduct`, or one item of `deduct/batch`.
struct DeductRequest: Sendable {
  let organizationID: OrganizationID?
  let userID: UserID?
  let feature: String
  let units: Int64
  let eventID: String?
  let metadata: String?
  let idempotencyKey: IdempotencyKey?

  /// Bytes of metadata, encoded without white space.
  static let metadataLimitBytes = 8_192

  /// Reads the body and the field `Idempotency-Key`.
  init(_ request: Request) throws(Problem) {
    let key = try request.idempotencyKey()
    try self.init(RequestBody.object(of: request), idempotencyKey: key)
  }

  /// Reads what is left in `members`, and refuses what it does not know.
  init(_ members: ObjectReader, idempotencyKey: IdempotencyKey?) throws(Problem) {
    self.idempotencyKey = idempotencyKey
    var members = members
    do throws(ReadingError) {
      feature = try members.string("featureUsed", maximumBytes: 255)
      organizationID = try Self.identifier(members.optionalString("organizationId"), "organizationId")
      userID = try Self.identifier(members.optionalString("userId"), "userId")
      units = try members.optionalInteger("units") ?? 1
      eventID = try members.optionalString("eventId", maximumBytes: 255)
      metadata = try members.optionalObject("metadata").map { object in
        String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)
      }
      try members.finish()
    } catch {
      throw Problem(.invalidRequest, "\(error)")
    }
    guard (metadata?.utf8.count ?? 0) <= Self.metadataLimitBytes else {
      throw Problem(.invalidRequest, "metadata is an object of at most \(Self.metadataLimitBytes) bytes.")
    }
    guard TokenAmount.range.contains(units) else {
      throw Problem(.amountOutOfRange, "units is an integer between 1 and 10^15.")
    }
  }

  /// The deduction itself, once it is known whose tokens it is about.
  func deduction(_ scope: Scope, _ transactionID: TransactionID) -> Deduction {
    Deduction(
      organizationID: scope.organizationID, spender: scope.spender, feature: feature, units: units,
      idempotencyKey: idempotencyKey, eventID: eventID, metadata: metadata,
      transactionID: transactionID)
  }

  private static func identifier<Subject>(
    _ text: String?, _ member: String
  ) throws(ReadingError) -> Identifier<Subject>? {
    guard let text else { return nil }
    guard let identifier = Identifier<Subject>(text) else {
      throw ReadingError(member: member, problem: .outOfRange, bounds: "a UUID")
    }
    return identifier
  }
}
