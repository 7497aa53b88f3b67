import JSON
import Tokens

extension LedgerEntry {
  /// The members that tell a movement or refusal, in `ledger` and in `transactions/{id}`.
  func write(to writer: inout JSONWriter) {
    writer.member("id", id)
    writer.member("kind", kind.rawValue)
    writer.member("status", kind == .refusal ? "refused" : "success")
    writer.member("tokenType", tokenType)
    writer.member("featureUsed", feature)
    writer.member("userId", userID)
    writer.member("eventId", eventID)
    writer.member("amount", amount)
    writer.member("balanceBefore", balanceBefore)
    writer.member("balanceAfter", balanceAfter)
    writer.member("createdAt", timestamp: createdAtMicroseconds)
    writer.member("sequence", sequence)
    writer.member("reason", reason)
    writer.member("requiredTokens", required)
    if let dimensions { writer.member("units", json: dimensions) } else { writer.member("units", units) }
    writer.member("fromPurchased", fromPurchased)
    writer.member("priceVersion", priceVersion)
    writer.member("subjectId", subjectID)
    writer.member("reservationId", reservationID)
    writer.member("idempotencyKey", idempotencyKey)
    writer.member("metadata", json: metadata)
  }
}

extension JSONWriter {
  /// Writes a member whose value is a JSON text of PostgreSQL's, or `null`.
  mutating func member(_ name: StaticString, json text: String?) {
    if let text { member(name, raw: Array(text.utf8)) } else { member(name, nil as String?) }
  }
}
