import Postgres
import Testing
import Tokens

/// What happens between batches besides the passing of time.
extension ModelWorld {
  mutating func intervene(_ requests: inout RandomRequests, _ administrator: inout Connection) throws {
    // Nobody stays suspended for long.
    let suspended = tenants.first { model.accounts[$0.id]?.isSuspended == true }
    if let suspended, requests.chance(2, in: 3) { try suspendOrResume(suspended, &administrator) }
    let tenant = tenants[requests.pick(tenants.count - 1)]
    let tokenType = requests.any(ModelCatalogue.tokenTypes)
    switch requests.pick(10) {
    case 0..<4: try sweep(tenant, [tokenType], &administrator)
    case 4: for tenant in tenants.dropLast() { try sweep(tenant, ModelCatalogue.tokenTypes, &administrator) }
    case 5, 6: try changeByHand(tenant, tokenType, &requests, &administrator)
    case 7: try suspendOrResume(tenant, &administrator)
    case 8: try planChange(tenant, &requests, &administrator)
    default: try beginNextPlan(tenant, &administrator)
    }
  }

  /// Books what is due to balances.
  mutating func sweep(_ tenant: Tenant, _ tokenTypes: [String], _ administrator: inout Connection) throws {
    _ = try administrator.query(
      "SELECT tollgate.bring_up_to_date(array_fill($1::uuid, ARRAY[cardinality($2::text[])]), $2::text[])",
      [tenant.parameter, .array(tokenTypes)])
    for tokenType in tokenTypes { model.advance(tenant.id, tokenType, to: now) }
  }

  /// Changes a balance in its row, with what is due to it booked: a change by hand counts before what is due.
  private mutating func changeByHand(
    _ tenant: Tenant, _ tokenType: String, _ requests: inout RandomRequests, _ administrator: inout Connection
  ) throws {
    try sweep(tenant, [tokenType], &administrator)
    guard var purse = model.accounts[tenant.id]?.purses[tokenType] else {
      try insertByHand(tenant, tokenType, balance: Int64(requests.pick(60)), &administrator)
      return
    }
    let balance = Int64(requests.pick(requests.chance(1, in: 2) ? 140 : 20)) - purse.overdraft
    purse.move(by: balance - purse.balance)
    var statement = "UPDATE public.ai_tokens SET balance = $3::bigint"
    // Where no packs say what was bought.
    if purse.packs.isEmpty, balance > 0, requests.chance(1, in: 2) {
      let purchased = Int64(requests.pick(Int(balance)))
      purse.keepPurchased(purchased)
      statement += ", purchased = \(purchased)"
    }
    _ = try administrator.query(
      Statement(statement + " WHERE organization_id = $1::uuid AND token_type = $2"),
      [tenant.parameter, .text(tokenType), .integer(balance)])
    model.accounts[tenant.id]?.purses[tokenType] = purse
    // What it takes from reservations shows when it is booked.
    if purse.available < -purse.overdraft { try sweep(tenant, [tokenType], &administrator) }
  }

  private mutating func insertByHand(
    _ tenant: Tenant, _ tokenType: String, balance: Int64, _ administrator: inout Connection
  ) throws {
    _ = try administrator.query(
      "INSERT INTO public.ai_tokens (organization_id, token_type, balance) VALUES ($1::uuid, $2, $3::bigint)",
      [tenant.parameter, .text(tokenType), .integer(balance)])
    var purse = ModelPurse(empty: tokenType, at: now)
    purse.announced = 0
    purse.move(by: balance)
    model.accounts[tenant.id]?.purses[tokenType] = purse
  }

  private mutating func suspendOrResume(_ tenant: Tenant, _ administrator: inout Connection) throws {
    let isSuspended = model.accounts[tenant.id]?.isSuspended == true
    _ = try administrator.query(
      "UPDATE public.organizations SET status = $2 WHERE id = $1::uuid",
      [tenant.parameter, .text(isSuspended ? "active" : "suspended")])
    model.accounts[tenant.id]?.isSuspended = !isSuspended
  }

  /// Another plan from some time on.
  private mutating func planChange(
    _ tenant: Tenant, _ requests: inout RandomRequests, _ administrator: inout Connection
  ) throws {
    guard let account = model.accounts[tenant.id], account.nextPlan == nil, account.plan != "weekly" else { return }
    let next = requests.any(["small", "large"])
    let from = now + Instant(1 + requests.pick(1_000_000)) * 1_000_000
    _ = try administrator.query(
      """
      UPDATE public.organizations
      SET next_plan = $2, next_plan_from = 'epoch'::timestamptz + $3::bigint * interval '1 microsecond'
      WHERE id = $1::uuid
      """, [tenant.parameter, .text(next), .integer(from)])
    model.accounts[tenant.id]?.nextPlan = (next, from)
  }

  /// Makes the next plan the plan, as the sweeper does once all resets of the time before are booked.
  private mutating func beginNextPlan(_ tenant: Tenant, _ administrator: inout Connection) throws {
    _ = try administrator.query(
      "SELECT tollgate.begin_next_plans(ARRAY[$1::uuid])", [tenant.parameter])
    guard let account = model.accounts[tenant.id], let next = account.nextPlan, next.from <= now,
      !account.purses.values.contains(where: { $0.periodEnd.map { $0 <= now } ?? false })
    else { return }
    model.accounts[tenant.id]?.plan = next.plan
    model.accounts[tenant.id]?.nextPlan = nil
  }
}
