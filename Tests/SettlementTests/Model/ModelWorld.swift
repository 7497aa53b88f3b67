import Postgres
import Testbed
import Testing
import Tokens

/// A database and the model of it, side by side, at a time that the test says.
struct ModelWorld {
  var model = SettlementModel()
  private(set) var now: Instant = 1_925_000_000_000_000
  /// Those that exist, and one that does not, with users of one that does.
  private(set) var tenants: [Tenant] = []
  private var partitionsMadeAt: Instant = 0
  private static let day: Instant = 86_400_000_000

  init(_ requests: inout RandomRequests, _ administrator: inout Connection) throws {
    try administrator.script(ModelCatalogue.script)
    let limits = requests.pick(3) == 0 ? [] : ModelLimit.all.filter { _ in requests.pick(2) == 0 }
    for limit in limits { try administrator.script(limit.insertion) }
    try setClock(to: now + Instant(requests.pick(300)) * Self.day, &administrator)
    for (plan, zone) in [
      ("small", "UTC"), ("small", "Europe/Berlin"), ("large", "America/New_York"), ("starter", "UTC"),
      ("weekly", "Asia/Kolkata"),
    ] {
      try addTenant(plan: plan, zone: zone, limits, &administrator)
    }
    for limit in limits where requests.pick(4) == 0 {
      try override(limit, of: tenants[0], by: requests.pick(2) == 0 ? nil : limit.maximum / 2, &administrator)
    }
    tenants.append(
      Tenant(id: OrganizationID(high: 7, low: 7), member: tenants[0].member, otherMember: tenants[1].member))
    requests.tenants = tenants
  }

  private mutating func addTenant(
    plan: String, zone: String, _ limits: [ModelLimit], _ administrator: inout Connection
  ) throws {
    let organization = try #require(
      try administrator.text("SELECT tollgate.create_organization('Model', $1, $2)", [.text(plan), .text(zone)]))
    let members = try (1...2).map { _ in
      try #require(
        UserID(try administrator.text("SELECT tollgate.create_user($1::uuid)", [.text(organization)]) ?? ""))
    }
    let id = try #require(OrganizationID(organization))
    tenants.append(Tenant(id: id, member: members[0], otherMember: members[1]))
    let calendar = ModelCalendar(zone: zone)
    var account = SettlementModel.Account(
      plan: plan, calendar: calendar, members: Set(members),
      limits: ModelLimitBook(organizationID: id, calendar: calendar))
    account.limits.limits = limits
    for (tokenType, allocation) in try #require(ModelCatalogue.plans[plan]).allocations {
      account.purses[tokenType] = ModelPurse(tokenType: tokenType, granted: allocation, at: now, calendar)
    }
    model.accounts[id] = account
  }

  /// Gives a tenant a maximum of its own, or frees it from a limit.
  private mutating func override(
    _ limit: ModelLimit, of tenant: Tenant, by maximum: Int64?, _ administrator: inout Connection
  ) throws {
    _ = try administrator.query(
      "INSERT INTO tollgate.limit_overrides (organization_id, limit_name, maximum) VALUES ($1::uuid, $2, $3::bigint)",
      [tenant.parameter, .text(limit.name), .optional(maximum)])
    var own = model.accounts[tenant.id]?.limits.limits ?? []
    own.removeAll { $0.name == limit.name }
    if let maximum {
      var changed = limit
      if case .spacing = limit.window {} else { changed.maximum = maximum }
      own.append(changed)
    }
    model.accounts[tenant.id]?.limits.limits = own
  }

  mutating func setClock(to instant: Instant, _ administrator: inout Connection) throws {
    now = instant
    _ = try administrator.query(
      """
      SELECT set_config('tollgate.clock',
        ('epoch'::timestamptz + $1::bigint * interval '1 microsecond')::text, false)
      """, [.integer(instant)])
    if instant > partitionsMadeAt + Self.day {
      partitionsMadeAt = instant
      _ = try administrator.query("SELECT tollgate.ensure_partitions()")
    }
  }

  /// Lets time pass: mostly seconds to hours, now and then weeks.
  mutating func letTimePass(_ requests: inout RandomRequests, _ administrator: inout Connection) throws {
    let seconds: Int =
      switch requests.pick(18) {
      case 0..<7: requests.pick(15)
      case 7..<13: requests.pick(600)
      case 13..<15: requests.pick(6 * 3600)
      case 15, 16: requests.pick(3 * 86_400)
      default: requests.pick(45 * 86_400)
      }
    let part = requests.chance(1, in: 3) ? requests.pick(1_000_000) : 0
    try setClock(to: now + Instant(seconds) * 1_000_000 + Instant(part), &administrator)
  }
}
