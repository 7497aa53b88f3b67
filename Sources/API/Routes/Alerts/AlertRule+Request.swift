import HTTP
import JSON
import Tokens

extension AlertRule {
  /// Reads the body of `POST /api/v1/admin/alerts` and of `PUT /api/v1/admin/alerts/{id}`.
  ///
  /// - Throws: 400 for what cannot be understood, 422 for a threshold that the condition cannot have.
  init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    do throws(ReadingError) {
      let organizationID: OrganizationID? = try body.optionalIdentifier("organizationId")
      let tokenType = try body.optionalString("tokenType", maximumBytes: 63)
      let condition = try Self.condition(of: &body)
      self.init(
        organizationID: organizationID, tokenType: tokenType, condition: condition,
        threshold: try body.integer("threshold", in: condition.thresholdRange), email: try Self.addresses(of: &body),
        isActive: try body.optionalBoolean("active") ?? true)
      try body.finish()
    } catch {
      throw Problem(error)
    }
    // The nil UUID stands for everybody's rules in the database, and is nobody's id.
    guard organizationID?.bits != 0 else { throw .notFound }
    guard tokenType.map(CatalogueName.isOne) != false else {
      throw Problem(.unknownTokenType, "There is no such token type.")
    }
  }

  private static func condition(of body: inout ObjectReader) throws(ReadingError) -> Condition {
    let text = try body.string("condition", maximumBytes: 64)
    guard let condition = Condition.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) else {
      let names = Condition.allCases.map(\.rawValue).joined(separator: ", ")
      throw ReadingError(member: "condition", problem: .outOfRange, bounds: "one of \(names)")
    }
    return condition
  }

  private static func addresses(of body: inout ObjectReader) throws(ReadingError) -> [EmailAddress] {
    let values = try body.optionalArray("email") ?? []
    let addresses = values.compactMap { value -> EmailAddress? in
      guard case .string(let text) = value else { return nil }
      return EmailAddress(text)
    }
    guard addresses.count == values.count, addresses.count <= addressLimit else {
      throw ReadingError(
        member: "email", problem: .outOfRange, bounds: "up to \(addressLimit) addresses, as ops@example.com")
    }
    return addresses
  }
}
