import Postgres
import Testbed
import Testing
import Tokens

@Suite("What is seen of another tenant")
struct RelationMatrixTests {
  private static let insufficientPrivilege = "42501"

  /// How many rows of a relation are the first tenant's, and how many the other's.
  private struct Seen: Equatable { let relation: String, mine: Int, others: Int }

  private static func ask(
    _ question: String, _ tenants: TwoTenants, _ connection: inout Connection
  ) throws -> [Seen] {
    let rows = try connection.query(.named(question), [.text(tenants.myMarks), .text(tenants.othersMarks)])
    return try (0..<rows.count).map {
      Seen(relation: try rows.string($0, 0), mine: Int(try rows.integer($0, 1)), others: Int(try rows.integer($0, 2)))
    }
  }

  /// Tries relation after relation in one call: the SQLSTATE of each refusal.
  private static let refusalFunction = """
    CREATE FUNCTION pg_temp.refusals(relations text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
    DECLARE
      relation text;
    BEGIN
      FOREACH relation IN ARRAY relations LOOP
        BEGIN
          EXECUTE 'SELECT * FROM ' || relation;
          RETURN NEXT 'allowed';
        EXCEPTION
          WHEN OTHERS THEN RETURN NEXT SQLSTATE;
        END;
      END LOOP;
    END
    $$
    """

  private static func refusals(_ relations: [String], _ connection: inout Connection) throws -> [String] {
    try connection.lines("SELECT pg_temp.refusals($1::text[])", [.array(relations)])
  }

  /// Sets these and empties the others.
  private static func set(_ claims: Claims, _ connection: inout Connection) throws {
    let calls = Claims.settings.indices.map { "set_config($\($0 * 2 + 1), $\($0 * 2 + 2), false)" }
    let values = Claims.settings.flatMap { name in
      [Parameter.text(name), .text(claims.values.first { $0.0 == name }?.1 ?? "")]
    }
    _ = try connection.query(Statement("SELECT \(calls.joined(separator: ", "))"), values)
  }

  @Test("no role sees a row of another tenant in any table, partition, view or statistic, whatever the settings say")
  func matrix() async throws {
    try await Workplace.with { workplace in
      let tenants = try TwoTenants(&workplace)
      let logins = try Logins(workplace.database)
      defer { logins.drop(workplace.database) }
      let relations = try Relation.all(&workplace.administrator)
      let all = Claims.all(tenants)
      // Statistics take long to ask for, and know nothing of claims: once each as nobody, as a member and admitted by hand.
      let telling = [all.first, all.first(where: \.nameMember), all.first(where: \.areOwnSettings)].compactMap {
        $0?.what
      }
      var cells = 0
      for asker in Asker.allCases {
        let role = asker.role(logins)
        let readable = try relations.map { ($0, try $0.columns(for: role, &workplace.administrator)) }
        let opened = readable.filter { !$0.1.isEmpty }
        let questions = [
          opened.filter { !Relation.system.contains($0.0.name) }, opened.filter { Relation.system.contains($0.0.name) },
        ].map { $0.map { $0.0.question(columns: $0.1) }.joined(separator: "\nUNION ALL\n") }
        let due =
          switch asker {
          case .sweeper: try Self.due(tenants, &workplace)
          case .reporter: try Self.reported(tenants, &workplace)
          default: [String: Int]()
          }
        let closed = readable.filter { $0.1.isEmpty }.map(\.0.name)
        var connection = try asker.connect(workplace.database, logins)
        // One plan for all settings: what is cached may depend on none of them.
        try connection.script("SET jit = off; SET plan_cache_mode = force_generic_plan; \(Self.refusalFunction)")
        for claims in all where !(asker.isInternal && claims.areOwnSettings) {
          if !claims.values.isEmpty { try Self.set(claims, &connection) }
          let place = "\(asker): \(claims.what)"
          let seen = try questions.prefix(telling.contains(claims.what) ? 2 : 1).filter { !$0.isEmpty }
            .flatMap { try Self.ask($0, tenants, &connection) }
          for seen in seen {
            cells += 1
            #expect(seen.others == due[seen.relation] ?? 0, "\(place): \(seen.relation)")
            guard asker == .member, !Relation.system.contains(seen.relation) else { continue }
            let isShown = claims.nameMember && !Relation.catalogue.contains(seen.relation)
            #expect((seen.mine > 0) == isShown, "\(place): \(seen.relation)")
          }
          for (relation, refusal) in zip(closed, try Self.refusals(closed, &connection)) {
            cells += 1
            #expect(refusal == Self.insufficientPrivilege, "\(place): \(relation)")
          }
        }
      }
      print("Rows of another tenant: \(cells) combinations of role, relation and settings")
      #expect(cells > 20_000)
    }
  }

  /// The other's rows that administrators' lists are made of.
  private static func reported(_ tenants: TwoTenants, _ workplace: inout Workplace) throws -> [String: Int] {
    let changes = try workplace.administrator.integer(
      "SELECT count(*) FROM tollgate.audit_log AS seen WHERE seen::text ~ $1", [.text(tenants.othersMarks)])
    var reported = ["public.organizations": 1, "tollgate.content_budgets": 1, "tollgate.audit_log": Int(changes)]
    reported["public.user_profiles"] = 2
    // What is rolled up, and whose rows there are in the ledger.
    for table in [
      "public.ai_tokens", "public.ai_token_usage_log", "tollgate.ledger_entries", "tollgate.usage_hours",
      "tollgate.usage_days", "tollgate.usage_months", "tollgate.rolled_balances", "tollgate.rolled_organizations",
    ] {
      reported[table] = Int(try workplace.count(table, of: tenants.other))
    }
    for table in ["events", "event_queue", "alerts", "alert_states", "webhooks", "deliveries", "payment_customers"] {
      reported["tollgate.\(table)"] = Int(try workplace.count("tollgate.\(table)", of: tenants.other))
    }
    return reported
  }

  /// The other's rows that the sweeper may find, because they are due.
  private static func due(_ tenants: TwoTenants, _ workplace: inout Workplace) throws -> [String: Int] {
    [
      "public.ai_tokens": Int(
        try workplace.count(
          "public.ai_tokens", of: tenants.other,
          where: "refresh_date <= now() OR due_at <= now() OR balance <> ledger_balance")),
      "tollgate.reservations": Int(
        try workplace.count(
          "tollgate.reservations", of: tenants.other, where: "status = 'open' AND expires_at <= now()")),
      "tollgate.credential_authorizations": Int(
        try workplace.count("tollgate.credential_authorizations", of: tenants.other, where: "ends_at <= now()")),
    ]
  }

  @Test("both tenants have rows in every table and view, in a partition of each, and in the statistics")
  func control() async throws {
    try await Workplace.with { workplace in
      let tenants = try TwoTenants(&workplace)
      let relations = try Relation.all(&workplace.administrator)
      let question = relations.map { $0.question(columns: "*") }.joined(separator: "\nUNION ALL\n")
      let seen = try Self.ask(question, tenants, &workplace.administrator)
      let shown = Set(seen.filter { $0.mine > 0 && $0.others > 0 }.map(\.relation))
      let expected = relations.filter { !$0.isPartition && !Relation.system.contains($0.name) }.map(\.name)
      #expect(Set(expected).subtracting(shown) == Relation.catalogue, "a new table needs rows in TwoTenants")
      #expect(shown.isSuperset(of: ["pg_catalog.pg_stats", "pg_catalog.pg_statistic"]))
      let parents = ["ai_token_usage_log", "ledger_entries", "idempotency_keys"]
      for parent in parents {
        #expect(shown.contains { $0.hasPrefix("tollgate.\(parent)_2") }, "\(parent)")
      }
      #expect(Set(relations.map(\.name)).count == relations.count)
    }
  }

  @Test("the owner sees those it has admitted itself to, and no others")
  func owner() async throws {
    try await Workplace.with { workplace in
      let tenants = try TwoTenants(&workplace)
      try workplace.administrator.script("SET ROLE tollgate_owner")
      for admitted in [tenants.mine, tenants.other] {
        try workplace.administrator.script("SET tollgate.organizations = '{\(admitted.id)}'")
        let question = ["public.ai_tokens", "tollgate.ledger", "tollgate.packs"].map {
          Relation(name: $0, isPartition: false).question(columns: "*")
        }
        for seen in try Self.ask(question.joined(separator: "\nUNION ALL\n"), tenants, &workplace.administrator) {
          #expect((seen.mine > 0) == (admitted.id == tenants.mine.id), "\(seen.relation)")
          #expect((seen.others > 0) == (admitted.id == tenants.other.id), "\(seen.relation)")
        }
      }
      try workplace.administrator.script("RESET ROLE; RESET tollgate.organizations")
    }
  }
}
