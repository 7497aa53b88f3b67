public import Postgres
public import Tokens

/// What an operator corrects of a balance by hand.
extension Administration {
  /// Adds tokens to a balance, or takes some with a negative amount.
  ///
  /// - Parameters:
  ///   - organizationID: an unknown one is refused with SQLSTATE `TG404`.
  ///   - tokenType: an unknown one is refused with SQLSTATE `TG421`.
  ///   - amount: tokens; where too few would be left it is refused with SQLSTATE `TG422`.
  ///   - reason: kept in the ledger.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the balance before and after.
  /// - Throws: `PostgresError`.
  public static func adjust(
    _ organizationID: OrganizationID, _ tokenType: String, by amount: Int64, reason: String?,
    on connection: inout Connection
  ) throws -> BalanceCorrection {
    try correction(
      connection.query(
        adjustment, [.uuid(organizationID.bits), .text(tokenType), .integer(amount), .optional(reason)]))
  }

  /// Gives a balance its allocation anew, before its reset is due. The period's end stays.
  ///
  /// - Throws: `PostgresError`, with SQLSTATE `TG404` for an unknown organization, `TG421` for an unknown token type.
  public static func reset(
    _ organizationID: OrganizationID, _ tokenType: String, on connection: inout Connection
  ) throws -> BalanceCorrection {
    try correction(connection.query(resetBalance, [.uuid(organizationID.bits), .text(tokenType)]))
  }

  private static let correctionColumns = "transaction_id, token_type, balance_before, balance_after, available"

  private static let adjustment = Statement.named(
    "SELECT \(correctionColumns) FROM tollgate.adjust($1::uuid, $2, $3::bigint, $4)", results: .binary)

  private static let resetBalance = Statement.named(
    "SELECT \(correctionColumns) FROM tollgate.reset_balance($1::uuid, $2)", results: .binary)

  private static func correction(_ rows: borrowing Rows) throws -> BalanceCorrection {
    BalanceCorrection(
      transactionID: TransactionID(bits: try rows.uuid(0, 0)), tokenType: try rows.string(0, 1),
      balanceBefore: try rows.integer(0, 2), balanceAfter: try rows.integer(0, 3), available: try rows.integer(0, 4))
  }
}
