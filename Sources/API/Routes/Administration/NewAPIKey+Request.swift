import HTTP
import JSON
import Tokens

extension NewAPIKey {
  /// Reads the body of `POST /api/v1/admin/keys`.
  ///
  /// - Throws: 400 for what cannot be understood.
  init(_ request: Request, createdBy: APIKeyID?) throws(Problem) {
    var body = try RequestBody.object(of: request)
    do throws(ReadingError) {
      let organizationID: OrganizationID? = try body.optionalIdentifier("organizationId")
      let name = try body.string("name")
      guard APIKey.nameLengthRange.contains(name.unicodeScalars.count) else {
        throw ReadingError(member: "name", problem: .outOfRange, bounds: "1 to 200 characters long")
      }
      self.init(
        organizationID: organizationID, name: name, scopes: try Self.scopes(&body),
        expiresAtMicroseconds: try body.optionalTime("expiresAt"), createdBy: createdBy)
      try body.finish()
    } catch {
      throw Problem(error)
    }
  }

  private static func scopes(_ body: inout ObjectReader) throws(ReadingError) -> KeyScopes {
    let names = try body.array("scopes").map { value in if case .string(let name) = value { name } else { "" } }
    guard let scopes = KeyScopes(names: names) else {
      throw ReadingError(
        member: "scopes", problem: .outOfRange, bounds: "one or more of read, spend and admin, each once")
    }
    return scopes
  }
}
