import Postgres
import Testing
import Tokens

/// What the database has written, held against the model.
extension ModelWorld {
  /// Rows as they are, and balances as they are read.
  func compare(_ comment: Comment, _ administrator: inout Connection) throws {
    for tenant in tenants.dropLast() {
      guard let account = model.accounts[tenant.id] else { continue }
      #expect(try rows(tenant, &administrator) == account.purses.values.map(Self.row).sorted(), comment)
      #expect(try readings(tenant, &administrator) == readings(account), comment)
      #expect(try packs(tenant, &administrator) == Self.packs(account), comment)
      let holds = account.purses.values.flatMap(\.holds)
      #expect(
        try administrator.lines(
          "SELECT reservation_id, status, amount, captured FROM tollgate.reservations WHERE organization_id = $1::uuid",
          [tenant.parameter]
        ).sorted() == holds.map { "\($0.id)|\($0.status.rawValue)|\($0.amount)|\($0.captured)" }.sorted(), comment)
      let events = account.purses.values.flatMap(\.events) + account.limits.events
      #expect(try self.events(tenant, &administrator) == events.sorted(), comment)
    }
  }

  private func rows(_ tenant: Tenant, _ administrator: inout Connection) throws -> [String] {
    try administrator.lines(
      """
      SELECT token_type, balance, reserved, total_allocated, total_used, greatest(0, least(purchased, balance)),
        overdraft, (extract(epoch FROM refresh_date) * 1000000)::bigint, announced
      FROM public.ai_tokens WHERE organization_id = $1::uuid
      """, [tenant.parameter]
    ).sorted()
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
    ).sorted()
  }

  private func readings(_ account: SettlementModel.Account) -> [String] {
    var present = account
    for tokenType in account.purses.keys { present.advance(tokenType, to: now) }
    // What the plan has and nobody has asked for yet.
    for (tokenType, allocation) in ModelCatalogue.plans[account.plan(at: now)]?.allocations ?? [:]
    where account.purses[tokenType] == nil {
      present.purses[tokenType] = ModelPurse(tokenType: tokenType, granted: allocation, at: now, account.calendar)
    }
    return present.purses.values.map(Self.reading).sorted()
  }

  /// Packs with what was spent of them since they were last brought up to date.
  private func packs(_ tenant: Tenant, _ administrator: inout Connection) throws -> [String] {
    try administrator.lines(
      """
      SELECT pack.pack_id, pack.remaining, (extract(epoch FROM pack.expires_at) * 1000000)::bigint
      FROM public.ai_tokens AS token,
        tollgate.use_packs(token, ARRAY(
          SELECT open
          FROM tollgate.token_packs AS open
          WHERE open.organization_id = token.organization_id AND open.token_type = token.token_type
            AND open.remaining > 0
          ORDER BY open.expires_at, open.pack_id)) AS used,
        unnest(used.packs) AS pack
      WHERE token.organization_id = $1::uuid AND pack.remaining > 0
      """, [tenant.parameter]
    ).sorted()
  }

  private static func packs(_ account: SettlementModel.Account) -> [String] {
    account.purses.values.flatMap(\.packs).filter { $0.remaining > 0 }
      .map { "\($0.id)|\($0.remaining)|\($0.expiresAt)" }.sorted()
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
    ).sorted()
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
