import Postgres
import Testbed
import Tokens

extension Workplace {
  /// Changes a plan through the server's login, and tells what became of each balance:
  /// `goal_generation: 17 → 217 of 20 → 220`.
  mutating func changePlan(
    of tenant: Tenant, to plan: String, atOnce: Bool? = nil, preview: Bool = false
  ) throws -> [String] {
    try server.lines(
      """
      SELECT format('%s: %s → %s of %s → %s', token_type, balance_before, balance_after, allocated_before, allocated_after)
      FROM tollgate.change_plan($1::uuid, $2, $3::boolean, $4::boolean)
      """, [tenant.parameter, .text(plan), atOnce.map(Parameter.boolean) ?? .null, .boolean(preview)])
  }

  /// The same for the goals alone.
  mutating func changeGoals(of tenant: Tenant, to plan: String, atOnce: Bool? = nil) throws -> String? {
    let prefix = "goal_generation: "
    return try changePlan(of: tenant, to: plan, atOnce: atOnce).first { $0.hasPrefix(prefix) }
      .map { String($0.dropFirst(prefix.count)) }
  }

  /// A plan of this test with these allocations, made by an administrator.
  mutating func makePlan(_ plan: String, _ tokens: KeyValuePairs<String, Int64>) throws {
    _ = try administrator.query("INSERT INTO tollgate.plans (plan, title) VALUES ($1, $1)", [.text(plan)])
    for (tokenType, count) in tokens {
      _ = try administrator.query(
        "INSERT INTO tollgate.plan_allocations (plan, token_type, tokens) VALUES ($1, $2, $3::bigint)",
        [.text(plan), .text(tokenType), .integer(count)])
    }
  }

  /// The present plan of an organization, the one that waits, and whether that waits for the earliest reset.
  mutating func plans(of tenant: Tenant) throws -> String? {
    try administrator.text(
      """
      SELECT concat_ws(' ', plan, next_plan,
        next_plan_from = (SELECT min(refresh_date) FROM public.ai_tokens WHERE organization_id = organization.id))
      FROM public.organizations AS organization WHERE organization.id = $1::uuid
      """, [tenant.parameter])
  }

  /// The events of an organization, the oldest first: the kind and these members of the payload.
  mutating func events(of tenant: Tenant, _ members: String...) throws -> [String] {
    let payload = members.map { ", payload ->> '\($0)'" }.joined()
    return try administrator.lines(
      Statement(
        "SELECT concat_ws(' ', kind\(payload)) FROM tollgate.events WHERE organization_id = $1::uuid ORDER BY event_id"),
      [tenant.parameter])
  }

  /// The movements of a balance by changes of plan.
  mutating func planMovements(of tenant: Tenant, _ tokenType: String = "goal_generation") throws -> [String] {
    try administrator.lines(
      """
      SELECT kind, reason, amount, metadata ->> 'from', metadata ->> 'plan' FROM tollgate.ledger_entries
      WHERE organization_id = $1::uuid AND token_type = $2 AND reason LIKE 'plan_%' ORDER BY sequence
      """, [tenant.parameter, .text(tokenType)])
  }

  /// Lets the period of every balance of an organization be over.
  mutating func endPeriods(of tenant: Tenant) throws {
    _ = try administrator.query(
      """
      UPDATE public.ai_tokens SET refresh_date = now() - interval '1 second'
      WHERE organization_id = $1::uuid AND refresh_date IS NOT NULL
      """, [tenant.parameter])
  }
}
