import HTTP
import JSON
import Tokens

/// The body and key of `POST /api/v1/tokens/deduct`.
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

  init(_ request: Request) throws(Problem) {
    idempotencyKey = try request.idempotencyKey()
    var body = try RequestBody.object(of: request)
    do throws(ReadingError) {
      feature = try body.string("featureUsed", maximumBytes: 255)
      organizationID = try Self.identifier(body.optionalString("organizationId"), "organizationId")
      userID = try Self.identifier(body.optionalString("userId"), "userId")
      units = try body.optionalInteger("units") ?? 1
      eventID = try body.optionalString("eventId", maximumBytes: 255)
      metadata = try body.optionalObject("metadata").map { object in
        String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)
      }
      try body.finish()
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
