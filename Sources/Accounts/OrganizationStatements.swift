public import Postgres
public import Tokens

extension Administration {
  /// Changes plan and status of an organization, both or nothing, and reads how it is then.
  ///
  /// - Parameters:
  ///   - organizationID: an unknown one is refused with SQLSTATE `TG404`.
  ///   - change: an unknown plan is refused with SQLSTATE `TG400`.
  ///   - connection: of the server's login or an administrator.
  /// - Returns: the organization as it is then, and what becomes of its balances.
  /// - Throws: `PostgresError`.
  public static func change(
    _ organizationID: OrganizationID, by change: OrganizationChange, on connection: inout Connection
  ) throws -> ChangedOrganization {
    try connection.joiningTransaction { connection in
      let balanceChanges = try change.plan.map { plan in
        try self.changePlan(of: organizationID, to: plan, change, on: &connection)
      }
      switch change.status {
      case .active?:
        _ = try connection.query("SELECT tollgate.resume_organization($1::uuid)", [.uuid(organizationID.bits)])
      case .suspended?:
        _ = try connection.query(
          "SELECT tollgate.suspend_organization($1::uuid, $2)",
          [.uuid(organizationID.bits), .optional(change.reason)])
      case nil: break
      }
      return ChangedOrganization(
        organization: try details(of: organizationID, on: &connection), balanceChanges: balanceChanges ?? [])
    }
  }

  private static func changePlan(
    of organizationID: OrganizationID, to plan: String, _ change: OrganizationChange, on connection: inout Connection
  ) throws -> [BalanceChange] {
    let rows = try connection.query(
      planChange,
      [
        .uuid(organizationID.bits), .text(plan), change.isAtOnce.map(Parameter.boolean) ?? .null,
        .boolean(change.isPreview),
      ])
    return try (0..<rows.count).map { row in
      BalanceChange(
        tokenType: try rows.string(row, 0), effectiveAtMicroseconds: try rows.optionalInstant(row, 1),
        balanceBefore: try rows.integer(row, 2), balanceAfter: try rows.integer(row, 3),
        allocatedBefore: try rows.integer(row, 4), allocatedAfter: try rows.integer(row, 5))
    }
  }

  private static let planChange = Statement.named(
    """
    SELECT token_type, effective_at, balance_before, balance_after, allocated_before, allocated_after \
    FROM tollgate.change_plan($1::uuid, $2, $3::boolean, $4::boolean)
    """, results: .binary)

  private static func details(
    of organizationID: OrganizationID, on connection: inout Connection
  ) throws -> OrganizationDetails {
    let rows = try connection.query(reading, [.uuid(organizationID.bits)])
    guard let status = OrganizationStatus(rawValue: try rows.string(0, 4)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected status")
    }
    return OrganizationDetails(
      id: organizationID, name: try rows.string(0, 0), plan: try rows.optionalString(0, 1),
      nextPlan: try rows.optionalString(0, 2), nextPlanFromMicroseconds: try rows.optionalInstant(0, 3),
      status: status)
  }

  private static let reading = Statement.named(
    "SELECT name, plan, next_plan, next_plan_from, status FROM tollgate.read_organization($1::uuid)",
    results: .binary)

  /// Asks for top-ups of a balance from now on. Settings that it has are replaced; what was asked for already counts.
  static func set(
    _ autoTopUp: AutoTopUp, for tokenType: String, of organizationID: OrganizationID, on connection: inout Connection
  ) throws {
    _ = try connection.query(
      "SELECT tollgate.set_auto_top_up($1::uuid, $2, $3::bigint, $4::bigint, $5::integer, $6::integer)",
      [
        .uuid(organizationID.bits), .text(tokenType), .integer(autoTopUp.below), .integer(autoTopUp.amount),
        .integer(autoTopUp.periodMaximum), .integer(autoTopUp.coolOffSeconds),
      ])
  }

  /// Asks for no more top-ups of a balance, and answers whether any were asked for before.
  static func clearAutoTopUp(
    for tokenType: String, of organizationID: OrganizationID, on connection: inout Connection
  ) throws -> Bool {
    try connection.query(
      "SELECT tollgate.clear_auto_top_up($1::uuid, $2)", [.uuid(organizationID.bits), .text(tokenType)]
    ).boolean(0, 0)
  }
}
