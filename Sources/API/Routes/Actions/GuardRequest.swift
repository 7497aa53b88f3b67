import HTTP
import Tokens

/// What a proxy asks of a guard: path, query and two header fields. A body and its type are not looked at.
struct GuardRequest: Sendable {
  enum Mode: String {
    /// Look, and spend nothing.
    case check
    /// Spend.
    case charge
  }

  let action: String
  let mode: Mode
  let organizationID: OrganizationID?
  let userID: UserID?
  let units: Int64
  /// The status of refusals, for a proxy that hands on a few only; nil: the one that fits.
  let refusalStatus: Int?
  let requestID: String
  /// Of the request as its client names it; nil where it has only an id.
  let idempotencyKey: IdempotencyKey?

  private static let refusalStatuses = [402, 403, 429]

  init(_ request: Request) throws(Problem) {
    action = try request.actionName()
    try request.allowQuery(["mode", "organizationId", "userId", "units", "refusalStatus"])
    organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    userID = try request.queryIdentifier("userId", of: User.self)
    guard let mode = Mode(rawValue: try request.queryText("mode") ?? Mode.check.rawValue) else {
      throw Problem(.invalidRequest, "mode is check or charge.")
    }
    self.mode = mode
    guard let units = Self.number(try request.queryText("units") ?? "1"), TokenAmount.range.contains(units) else {
      throw Problem(.invalidRequest, "units is an integer between 1 and 10^15.")
    }
    self.units = units
    let status = try request.queryText("refusalStatus")
    refusalStatus = status.flatMap(Self.number).flatMap { Int(exactly: $0) }
    guard status == nil || refusalStatus.map(Self.refusalStatuses.contains) == true else {
      throw Problem(.invalidRequest, "refusalStatus is 402, 403 or 429.")
    }
    requestID = request.id
    idempotencyKey = try request.idempotencyKey()
  }

  /// Under which key a charge is made. One request may pass several guards, and pays at each of them.
  var chargeKey: IdempotencyKey? { idempotencyKey ?? IdempotencyKey("guard:\(action):\(requestID)") }

  /// Digits and nothing but digits.
  private static func number(_ text: String) -> Int64? {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    return Int64(text)
  }
}
