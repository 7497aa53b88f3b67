public import Postgres
public import Tokens

/// Whose customers of the payment provider are, and what they buy.
extension Administration {
  /// Says whose customer this is, and does what its events say that waited for that.
  ///
  /// - Parameters:
  ///   - customerID: the provider's id, as `cus_…`; what is none is refused with SQLSTATE `TG400`, one of another
  ///     organization with `TG409`.
  ///   - organizationID: an unknown one is refused with SQLSTATE `TG404`.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: whether that is new.
  /// - Throws: `PostgresError`.
  public static func setPaymentCustomer(
    _ customerID: String, of organizationID: OrganizationID, on connection: inout Connection
  ) throws -> Bool {
    try connection.query(
      "SELECT tollgate.set_payment_customer($1::uuid, $2)", [.uuid(organizationID.bits), .text(customerID)]
    ).boolean(0, 0)
  }

  /// Says that a customer is the organization's no more, which waives what it owes.
  ///
  /// - Parameters:
  ///   - customerID: the provider's id.
  ///   - organizationID: an unknown one is refused with SQLSTATE `TG404`.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: whether it was.
  /// - Throws: `PostgresError`.
  public static func removePaymentCustomer(
    _ customerID: String, of organizationID: OrganizationID, on connection: inout Connection
  ) throws -> Bool {
    try connection.query(
      "SELECT tollgate.remove_payment_customer($1::uuid, $2)", [.uuid(organizationID.bits), .text(customerID)]
    ).boolean(0, 0)
  }

  /// Says what a pack is, from the next paid checkout on.
  ///
  /// - Parameters:
  ///   - pack: what is none is refused with SQLSTATE `TG400`, an unknown token type with `TG404`.
  ///   - connection: of the server's login or an administrator.
  /// - Throws: `PostgresError`.
  public static func setPaymentPack(_ pack: PaymentPack, on connection: inout Connection) throws {
    _ = try connection.query(
      "SELECT tollgate.set_payment_pack($1, $2, $3::bigint, $4::bigint, $5)",
      [
        .text(pack.name), .text(pack.tokenType), .integer(pack.tokens), .optional(pack.price?.minor),
        .optional(pack.price?.currency),
      ])
  }

  /// What is sold, by name.
  ///
  /// - Throws: `PostgresError`.
  public static func paymentPacks(on connection: inout Connection) throws -> [PaymentPack] {
    let rows = try connection.query(readPacks)
    return try (0..<rows.count).map { row in
      let minor = try rows.optionalInteger(row, 3)
      let currency = try rows.optionalString(row, 4)
      return PaymentPack(
        name: try rows.string(row, 0), tokenType: try rows.string(row, 1), tokens: try rows.integer(row, 2),
        price: minor.flatMap { minor in currency.map { PaymentPack.Price(minor: minor, currency: $0) } })
    }
  }

  /// A page of the provider's customers and whose they are, of all organizations or of one, by the provider's ids.
  ///
  /// - Throws: `PostgresError`.
  public static func paymentCustomers(
    of organizationID: OrganizationID?, behind last: PaymentCustomer?, limit: Int, on connection: inout Connection
  ) throws -> [PaymentCustomer] {
    let rows = try connection.query(
      readCustomers, [.uuid(organizationID?.bits), .optional(last?.id), .integer(Int64(limit))])
    return try (0..<rows.count).map { row in
      PaymentCustomer(id: try rows.string(row, 0), organizationID: OrganizationID(bits: try rows.uuid(row, 1)))
    }
  }

  private static let readPacks = Statement.named(
    "SELECT pack, token_type, tokens, price_minor, currency FROM tollgate.read_payment_packs()", results: .binary)
  private static let readCustomers = Statement.named(
    "SELECT customer_id, organization_id FROM tollgate.read_payment_customers($1::uuid, $2, $3::bigint::integer)",
    results: .binary)

  /// Sells a pack no more.
  ///
  /// - Parameters:
  ///   - name: what checkouts name it by.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: whether there was one.
  /// - Throws: `PostgresError`.
  public static func removePaymentPack(_ name: String, on connection: inout Connection) throws -> Bool {
    try connection.query("SELECT tollgate.remove_payment_pack($1)", [.text(name)]).boolean(0, 0)
  }
}
