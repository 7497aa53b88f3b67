import Tokens

/// A request to settlement, as the model and `tollgate.settle` get it.
struct ModelRequest {
  enum Units: Equatable {
    case count(Int64)
    case dimensions([String: Int64])
  }

  enum Operation: Equatable {
    case deduct(feature: String, Units)
    case refund(TransactionID, amount: Int64?)
    case topUp(tokenType: String, amount: Int64, paymentID: String, expiresAt: Instant?)
    case reserve(feature: String, Units, ttlSeconds: Int64?)
    case hold(tokenType: String, amount: Int64, ttlSeconds: Int64?)
    case capture(TransactionID, amount: Int64?)
    case release(TransactionID)
    case extend(TransactionID, ttlSeconds: Int64)
    case adjust(tokenType: String, amount: Int64)
    case set(tokenType: String, balance: Int64)
    case reset(tokenType: String)
  }

  let organizationID: OrganizationID
  let spender: Spender
  let operation: Operation
  let key: String?
  let eventID: String?
  let metadata: String?
  let transactionID: TransactionID

  var feature: String? {
    switch operation {
    case .deduct(let feature, _), .reserve(let feature, _, _): feature
    default: nil
    }
  }

  var units: Units? {
    switch operation {
    case .deduct(_, let units), .reserve(_, let units, _): units
    default: nil
    }
  }

  var isPlain: Bool {
    if case .deduct(_, .count) = operation { return true }
    return false
  }

  /// The element of `requests`; nil: a plain deduction.
  var document: String? {
    if isPlain { return nil }
    var members: [(String, String?)] = []
    switch operation {
    case .deduct: members = [("operation", quoted("deduct"))]
    case .refund(let id, let amount):
      members = [("operation", quoted("refund")), ("transactionId", quoted("\(id)")), ("amount", text(amount))]
    case .topUp(let tokenType, let amount, let paymentID, let expiresAt):
      members = [
        ("operation", quoted("top_up")), ("tokenType", quoted(tokenType)), ("amount", "\(amount)"),
        ("paymentId", quoted(paymentID)), ("expiresAtMicroseconds", text(expiresAt)),
      ]
    case .reserve(_, _, let ttlSeconds): members = [("operation", quoted("reserve")), ("ttlSeconds", text(ttlSeconds))]
    case .hold(let tokenType, let amount, let ttlSeconds):
      members = [
        ("operation", quoted("reserve")), ("tokenType", quoted(tokenType)), ("amount", "\(amount)"),
        ("ttlSeconds", text(ttlSeconds)),
      ]
    case .capture(let id, let amount):
      members = [("operation", quoted("capture")), ("reservationId", quoted("\(id)")), ("amount", text(amount))]
    case .release(let id): members = [("operation", quoted("release")), ("reservationId", quoted("\(id)"))]
    case .extend(let id, let ttlSeconds):
      members = [("operation", quoted("extend")), ("reservationId", quoted("\(id)")), ("ttlSeconds", "\(ttlSeconds)")]
    case .adjust(let tokenType, let amount):
      members = [("operation", quoted("adjust")), ("tokenType", quoted(tokenType)), ("amount", "\(amount)")]
    case .set(let tokenType, let balance):
      members = [("operation", quoted("adjust")), ("tokenType", quoted(tokenType)), ("balance", "\(balance)")]
    case .reset(let tokenType): members = [("operation", quoted("reset")), ("tokenType", quoted(tokenType))]
    }
    if case .dimensions(let dimensions)? = units {
      let parts = dimensions.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
      members.append(("units", "{\(parts.joined(separator: ", "))}"))
    }
    return "{\(members.compactMap { name, value in value.map { "\"\(name)\": \($0)" } }.joined(separator: ", "))}"
  }

  private func quoted(_ text: String) -> String { "\"\(text)\"" }
  private func text(_ number: Int64?) -> String? { number.map { "\($0)" } }
}

extension [ModelRequest] {
  /// Whether nothing but plain deductions are in it: then `requests` is left out.
  var isPlain: Bool { allSatisfy(\.isPlain) }
}
