import Postgres
import Testing
import Tokens

/// What the database has written, held against the model.
extension ModelWorld {
  /// Rows as they are, and balances as they are read.
  func compare(_ comment: Comment, _ administrator: inout Connection) throws {
    for tenant in tenants.dropLast() {
      guard let account = model.accounts[tenant.id] else { continue }
      let present = present(account)
      var differences = Self.differences(try rows(tenant, &administrator), account.purses.values.map(Self.row))
      differences += Self.differences(try readings(tenant, &administrator), present.purses.values.map(Self.reading))
      differences += Self.differences(try packs(tenant, &administrator), Self.packs(present))
      differences += Self.differences(try holds(tenant, &administrator), Self.holds(account))
      let events = account.purses.values.flatMap(\.events) + account.limits.events
      differences += Self.differences(try self.events(tenant, &administrator), events)
      #expect(differences == [], comment)
    }
  }

  /// What only the database has, and what only the model has.
  private static func differences(_ found: [String], _ expected: [String]) -> [String] {
    found.sorted().difference(from: expected.sorted()).map { change in
      switch change {
      case .insert(_, let line, _): "found \(line)"
      case .remove(_, let line, _): "expected \(line)"
      }
    }
  }

  private func rows(_ tenant: Tenant, _ administrator: inout Connection) throws -> [String] {
    try administrator.lines(
      """
      SELECT token_type, balance, reserved, total_allocated, total_used, greatest(0, least(purchased, balance)),
        overdraft, (extract(epoch FROM refresh_date) * 1000000)::bigint, announced
      FROM public.ai_tokens WHERE organization_id = $1::uuid
      """, [tenant.parameter]
    )
  }

  private static func row(_ purse: ModelPurse) -> String { "\(reading(purse))|\(purse.announced)" }

  private static func reading(_ purse: ModelPurse) -> String {
    [
      purse.tokenType, "\(purse.balance)", "\(purse.reserved)", "\(purse.allocated)", "\(purse.used)",
      "\(purse.purchased)", "\(purse.overdraft)", purse.periodEnd.map(String.init) ?? "",
    ].joined(separator: "|")
  }

  private func readings(_ tenant: Tenant, _ administrator: inout Connection) throws -> [String] {
    try administrator.lines(
      """
      SELECT token_type, balance, reserved, total_allocated, total_used, purchased, overdraft,
        (extract(epoch FROM refresh_date) * 1000000)::bigint
      FROM tollgate.current_balances WHERE organization_id = $1::uuid
      """, [tenant.parameter]
    )
  }

  /// As of now: with all that is due, and with what the plan has and nobody has asked for yet.
  private func present(_ account: SettlementModel.Account) -> SettlementModel.Account {
    var present = account
    for tokenType in account.purses.keys { present.advance(tokenType, to: now) }
    for (tokenType, allocation) in ModelCatalogue.plans[account.plan(at: now)]?.allocations ?? [:]
    where account.purses[tokenType] == nil {
      present.purses[tokenType] = ModelPurse(tokenType: tokenType, granted: allocation, at: now, account.calendar)
    }
    return present
  }

  private func packs(_ tenant: Tenant, _ administrator: inout Connection) throws -> [String] {
    try administrator.lines(
      """
      SELECT pack_id, remaining, (extract(epoch FROM expires_at) * 1000000)::bigint
      FROM tollgate.packs WHERE organization_id = $1::uuid
      """, [tenant.parameter])
  }

  private static func packs(_ account: SettlementModel.Account) -> [String] {
    account.purses.values.flatMap(\.packs).map { "\($0.id)|\($0.remaining)|\($0.expiresAt)" }
  }

  private func holds(_ tenant: Tenant, _ administrator: inout Connection) throws -> [String] {
    try administrator.lines(
      "SELECT reservation_id, status, amount, captured FROM tollgate.reservations WHERE organization_id = $1::uuid",
      [tenant.parameter])
  }

  private static func holds(_ account: SettlementModel.Account) -> [String] {
    account.purses.values.flatMap(\.holds).map { "\($0.id)|\($0.status.rawValue)|\($0.amount)|\($0.captured)" }
  }

  private func events(_ tenant: Tenant, _ administrator: inout Connection) throws -> [String] {
    try administrator.lines(
      """
      SELECT CASE kind
        WHEN 'threshold_crossed' THEN concat_ws('|', 'threshold', token_type, payload ->> 'state',
          payload ->> 'available', payload ->> 'allocated',
          coalesce((extract(epoch FROM (payload ->> 'periodEnd')::timestamptz) * 1000000)::bigint::text, ''))
        ELSE concat_ws('|', 'limit', payload ->> 'limit', payload ->> 'subject', payload ->> 'used',
          payload ->> 'maximum')
      END
      FROM tollgate.events WHERE organization_id = $1::uuid
      """, [tenant.parameter]
    )
  }

  /// What limits have counted, where all that expired is booked.
  func compareLimits(_ comment: Comment, _ administrator: inout Connection) throws {
    for tenant in tenants.dropLast() {
      guard let account = model.accounts[tenant.id] else { continue }
      let expected = account.limits.counters.compactMap { subject, counter -> String? in
        guard let limit = account.limits.limits.first(where: { $0.name == subject.limit }),
          account.limits.isOpen(limit, counter, now)
        else { return nil }
        let id = subject.userID?.description ?? tenant.id.description
        return "\(subject.limit)|\(id)|\(counter.start)|\(counter.used)|\(counter.isAlerted ? "t" : "f")"
      }
      let found = try administrator.lines(
        """
        SELECT limit_name, subject, (extract(epoch FROM window_start) * 1000000)::bigint, used, alerted
        FROM tollgate.limit_uses WHERE organization_id = $1::uuid
        """, [tenant.parameter])
      #expect(Set(expected).subtracting(found) == [], comment)
    }
  }
}
