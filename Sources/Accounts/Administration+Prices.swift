import Postgres
import Tokens

/// What plans and packs cost, and what organizations would have paid.
extension Administration {
  /// Says what a plan costs for 30 days. An unknown plan is refused with SQLSTATE `TG404`.
  static func setPrice(_ price: Money, ofPlan plan: String, on connection: inout Connection) throws {
    _ = try connection.query(
      "SELECT tollgate.set_plan_price($1, $2::bigint, $3)",
      [.text(plan), .integer(price.amountMinor), .text(price.currency)])
  }

  /// Says what a pack of so many tokens costs.
  static func setPrice(_ price: Money, ofPackOf tokens: Int64, on connection: inout Connection) throws {
    _ = try connection.query(
      "SELECT tollgate.set_pack_price($1::bigint, $2::bigint, $3)",
      [.integer(tokens), .integer(price.amountMinor), .text(price.currency)])
  }

  /// Estimates know no price of this plan any more. Without one there it is refused with SQLSTATE `TG404`.
  static func removePrice(ofPlan plan: String, on connection: inout Connection) throws {
    _ = try connection.query("SELECT tollgate.remove_plan_price($1)", [.text(plan)])
  }

  /// Estimates buy no packs of so many tokens any more. Without a price there it is refused with SQLSTATE `TG404`.
  static func removePrice(ofPackOf tokens: Int64, on connection: inout Connection) throws {
    _ = try connection.query("SELECT tollgate.remove_pack_price($1::bigint)", [.integer(tokens)])
  }

  /// What packs cost in estimates, and what is sold, smallest first.
  static func packPrices(on connection: inout Connection) throws -> [PackPrice] {
    let rows = try connection.query(readPackPrices)
    return try (0..<rows.count).map { row in
      PackPrice(
        tokens: try rows.integer(row, 0), price: try price(rows, row, 1), sold: try rows.string(row, 3))
    }
  }

  private static let readPackPrices = Statement.named(
    "SELECT tokens, amount_minor, currency, sold FROM tollgate.read_pack_prices()", results: .binary)

  /// A price from two columns, that are both NULL where there is none.
  static func price(_ rows: borrowing Rows, _ row: Int, _ column: Int) throws -> Money? {
    guard let amountMinor = try rows.optionalInteger(row, column),
      let currency = try rows.optionalString(row, column + 1)
    else { return nil }
    return Money(amountMinor: amountMinor, currency: currency)
  }

  /// What an organization's uses would have cost on each plan: JSON. An unknown organization is refused with `TG404`.
  static func planEstimates(
    of organizationID: OrganizationID, from: Int64?, to: Int64?, on connection: inout Connection
  ) throws -> AnalyticsReport<String> {
    let span = try AnalyticsQueries.span(from, to, on: &connection)
    // Whole days: an hour at either end makes one more.
    guard span.isWithin(seconds: 399 * 86_400) else { return .spanOutOfBounds(span) }
    let rows = try connection.query(
      estimatePlans, [.uuid(organizationID.bits), .integer(span.fromMicroseconds), .integer(span.toMicroseconds)])
    return .report(span, try rows.string(0, 0))
  }

  private static let estimatePlans = Statement.named(
    """
    SELECT tollgate.estimate_plans($1::uuid, ((\(AnalyticsQueries.instant("$2"))) AT TIME ZONE 'UTC')::date, \
    ((\(AnalyticsQueries.instant("$3")) - interval '1 microsecond') AT TIME ZONE 'UTC')::date + 1)::text
    """)
}
