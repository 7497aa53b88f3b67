import HTTP
import JSON
import Tokens

/// What a request to spend says: the body of `deduct`, or one item of `deduct/batch`.
struct DeductRequest: Sendable {
  let organizationID: OrganizationID?
  let userID: UserID?
  let feature: String
  let units: Int64
  /// How much of each dimension, of a price that has them.
  let dimensions: Dimensions?
  let eventID: String?
  let metadata: String?
  let idempotencyKey: IdempotencyKey?

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
      organizationID = try members.optionalIdentifier("organizationId")
      userID = try members.optionalIdentifier("userId")
      eventID = try members.optionalString("eventId", maximumBytes: 255)
      metadata = try members.metadata()
    } catch {
      throw Problem(error)
    }
    (units, dimensions) = try members.units()
    try members.end()
  }

  /// The deduction itself, once it is known whose tokens it is about.
  func deduction(_ scope: Scope, _ transactionID: TransactionID) -> Deduction {
    Deduction(
      organizationID: scope.organizationID, spender: scope.spender, feature: feature, units: units,
      dimensions: dimensions, idempotencyKey: idempotencyKey, eventID: eventID, metadata: metadata,
      transactionID: transactionID)
  }
}
