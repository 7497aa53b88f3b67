import JSON
import Postgres
import Tokens

extension Rows {
  /// What an answer says besides its numbers: an object as text, or NULL. Members that nobody here asks for are let be.
  func details(_ row: Int, _ column: Int) throws(PostgresError) -> SettlementDetails? {
    guard let text = try optionalString(row, column) else { return nil }
    guard let value = try? parseJSON(Array(text.utf8)), case .object(let object) = value else {
      throw .unexpected("details")
    }
    var details = SettlementDetails()
    details.amount = try Self.integer(object["amount"])
    details.refundedTotal = try Self.integer(object["refundedTotal"])
    details.expiresAtMicroseconds = try Self.integer(object["expiresAtMicroseconds"])
    details.captured = try Self.integer(object["captured"])
    details.released = try Self.integer(object["released"])
    details.retryAfterSeconds = try Self.integer(object["retryAfterSeconds"])
    if case .string(let limit) = object["limit"] { details.limit = limit }
    return details
  }

  /// Rounded up: who waits so many whole seconds has waited long enough.
  private static func integer(_ value: JSONValue?) throws(PostgresError) -> Int64? {
    switch value {
    case nil, .null: return nil
    case .integer(let integer): return integer
    case .real(let real):
      guard let integer = Int64(exactly: real.rounded(.up)) else { throw .unexpected("details") }
      return integer
    default: throw .unexpected("details")
    }
  }
}
