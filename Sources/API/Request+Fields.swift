import HTTP
import Tokens

extension Request {
  /// The field `Idempotency-Key`; nil without one.
  ///
  /// - Returns: the key, unquoted.
  /// - Throws: 400 for a key that is not 1 to 255 printable ASCII characters.
  func idempotencyKey() throws(Problem) -> IdempotencyKey? {
    guard let field = headers["Idempotency-Key"] else { return nil }
    guard let key = IdempotencyKey(field: field) else {
      throw Problem(.invalidRequest, "Idempotency-Key is 1 to 255 printable ASCII characters.")
    }
    return key
  }

  /// A query parameter that may be given once.
  func queryText(_ name: String) throws(Problem) -> String? {
    let values = query.filter { $0.name.utf8.elementsEqual(name.utf8) }
    guard values.count <= 1 else { throw Problem(.invalidRequest, "\(name) is given more than once.") }
    return values.first?.value
  }

  /// A query parameter that is a UUID and may be given once.
  func queryIdentifier<Subject>(_ name: String, of _: Subject.Type) throws(Problem) -> Identifier<Subject>? {
    guard let text = try queryText(name) else { return nil }
    guard let identifier = Identifier<Subject>(text) else { throw Problem(.invalidRequest, "\(name) is not a UUID.") }
    return identifier
  }

  /// A query parameter that is an instant, in microseconds since 1970, and may be given once.
  func queryTime(_ name: String) throws(Problem) -> Int64? {
    guard let text = try queryText(name) else { return nil }
    guard let microseconds = Timestamp.read(text) else {
      throw Problem(.invalidRequest, "\(name) is not a time as in RFC 3339.")
    }
    return microseconds
  }

  /// The query parameter `limit`: rows of a list's page, 50 unless told.
  func pageLimit() throws(Problem) -> Int {
    guard let text = try queryText("limit") else { return 50 }
    guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let limit = Int(text), (1...500).contains(limit)
    else { throw Problem(.invalidRequest, "limit is an integer between 1 and 500.") }
    return limit
  }

  /// Refuses query parameters that the route does not have.
  func allowQuery(_ names: Set<String>) throws(Problem) {
    guard query.allSatisfy({ names.contains($0.name) }) else {
      throw Problem(.invalidRequest, "Query parameters here are: \(names.sorted().joined(separator: ", ")).")
    }
  }
}
