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
