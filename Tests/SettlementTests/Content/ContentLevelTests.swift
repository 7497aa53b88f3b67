import Postgres
import Testbed
import Testing

@Suite("A content budget that is changed")
struct ContentLevelTests {
  /// Four active attributes of 1000 tokens, numbered by how often they were used.
  private static func tenant(_ workplace: inout Workplace) throws -> Tenant {
    let tenant = try workplace.tenant()
    for number in [3, 1, 4, 2] {
      #expect(try workplace.server.save(number, tokens: 1000, of: tenant) == "success")
      try workplace.server.use(number, of: tenant, times: number)
    }
    return tenant
  }

  @Test("deactivates least used attributes first until it fits, with an event each, where that is configured")
  func automatic() async throws {
    try await Workplace.with { workplace in
      let tenant = try Self.tenant(&workplace)
      #expect(try workplace.server.setBudget(of: tenant, "2, deactivates => true") == [])
      #expect(try workplace.server.setBudget(of: tenant, "NULL, 2500") == ["01", "02"])
      #expect(try workplace.server.usage(of: tenant) == "2000/2500")
      let events = try workplace.administrator.lines(
        """
        SELECT right(payload ->> 'attributeId', 2), payload ->> 'tokens', payload ->> 'used', payload ->> 'budget'
        FROM tollgate.events WHERE organization_id = $1::uuid AND kind = 'content_deactivated' ORDER BY event_id
        """, [tenant.parameter])
      #expect(events == ["01|1000|3000|2500", "02|1000|2000|2500"])
      #expect(
        try workplace.administrator.lines(
          """
          SELECT right(attribute_id::text, 1), active, uses FROM tollgate.content_attributes
          WHERE organization_id = $1::uuid ORDER BY 1
          """, [tenant.parameter]) == ["1|f|1", "2|f|2", "3|t|3", "4|t|4"])
      // Raised again, nothing comes back by itself.
      #expect(try workplace.server.setBudget(of: tenant, "4") == [])
      #expect(try workplace.server.usage(of: tenant) == "2000/25000")
    }
  }

  @Test("is that of everybody who has its level, and what is too much of theirs leaves with the level's tokens")
  func level() async throws {
    try await Workplace.with { workplace in
      let automatic = try Self.tenant(&workplace)
      let manual = try Self.tenant(&workplace)
      let other = try Self.tenant(&workplace)
      _ = try workplace.server.setBudget(of: automatic, "2, deactivates => true")
      _ = try workplace.server.setBudget(of: manual, "2")
      _ = try workplace.server.setBudget(of: other, "3, deactivates => true")
      let changed = try workplace.server.lines(
        "SELECT organization_id, jsonb_array_length(deactivated) FROM tollgate.set_content_level(2, 2500)")
      #expect(Set(changed) == Set(["\(automatic.id)|2", "\(manual.id)|0"]))
      #expect(try workplace.server.usage(of: automatic) == "2000/2500")
      #expect(try workplace.server.usage(of: manual) == "4000/2500")
      #expect(try workplace.server.usage(of: other) == "4000/12000")
      #expect(
        try workplace.administrator.contentEvents(of: manual).last == "content_threshold_crossed exhausted")
    }
  }

  @Test("stays over, and refuses activation, where automatic deactivation is not configured")
  func manual() async throws {
    try await Workplace.with { workplace in
      let tenant = try Self.tenant(&workplace)
      #expect(try workplace.server.save(5, tokens: 0, of: tenant, active: false) == "success")
      #expect(try workplace.server.setBudget(of: tenant, "1") == [])
      #expect(try workplace.server.usage(of: tenant) == "4000/3000")
      #expect(try workplace.server.activate([5], of: tenant) == "budget_exceeded")
      #expect(try workplace.server.save(6, tokens: 0, of: tenant) == "budget_exceeded")
      #expect(try workplace.server.save(1, tokens: 1001, of: tenant) == "budget_exceeded")
      let rows = try workplace.server.lines(
        """
        SELECT message, warning, remaining, state, jsonb_path_query_array(deactivate, '$[*].id')
        FROM tollgate.read_content_usage($1::uuid)
        """, [tenant.parameter])
      #expect(
        rows == [
          "Token Usage: 4,000 / 3,000 tokens (133% used)|Budget exceeded. Please deactivate attributes or upgrade plan."
            + #"|0|exhausted|["\#(attribute(1))"]"#
        ])
      // What makes less of it is saved, and already active ones stay so.
      #expect(try workplace.server.save(1, tokens: 900, of: tenant) == "success")
      #expect(try workplace.server.activate([1, 2], of: tenant) == "success")
      #expect(try workplace.server.save(2, tokens: 1000, of: tenant, active: false) == "success")
      #expect(try workplace.server.usage(of: tenant) == "2900/3000")
      #expect(try workplace.server.activate([5], of: tenant) == "success")
      #expect(try workplace.server.setBudget(of: tenant, "NULL, 1000, true") == ["01", "03"])
      #expect(try workplace.server.usage(of: tenant) == "1000/1000")
    }
  }

  @Test("prefers, among those used as often, the one unused for longest, then the largest, then the smallest id")
  func order() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for (number, tokens) in [(1, 100), (2, 100), (3, 300), (4, 200), (5, 0), (6, 200)] {
        #expect(try workplace.server.save(number, tokens: tokens, of: tenant) == "success")
      }
      try workplace.administrator.script(
        """
        UPDATE tollgate.content_attributes SET uses = 2 WHERE number <= 3;
        UPDATE tollgate.content_attributes SET last_used_at = '2026-01-02' WHERE number = 1;
        UPDATE tollgate.content_attributes SET last_used_at = '2026-01-01' WHERE number = 2;
        UPDATE tollgate.content_attributes SET last_used_at = '2026-01-02' WHERE number = 3;
        """)
      let order = Statement(
        "SELECT right(item ->> 'id', 1) FROM jsonb_array_elements(tollgate.content_to_deactivate($1::uuid, $2)) AS item"
      )
      #expect(try workplace.administrator.lines(order, [tenant.parameter, 900]) == ["4", "6", "2", "3", "1"])
      #expect(try workplace.administrator.lines(order, [tenant.parameter, 401]) == ["4", "6", "2"])
      #expect(try workplace.administrator.lines(order, [tenant.parameter, 200]) == ["4"])
      for excess in [0, -1, 901] as [Int64] {
        #expect(try workplace.administrator.lines(order, [tenant.parameter, .integer(excess)]) == [])
      }
    }
  }

  @Test("names what to deactivate for something to fit, and nothing where that would not help")
  func advice() async throws {
    try await Workplace.with { workplace in
      let tenant = try Self.tenant(&workplace)
      _ = try workplace.server.setBudget(of: tenant, "NULL, 4500")
      let advice = Statement(
        """
        SELECT coalesce(string_agg(right(item ->> 'id', 1), ',' ORDER BY n), '')
        FROM tollgate.save_attribute($1::uuid, $2::uuid, repeat('a', 4 * $3::integer), is_dry_run => true) AS decision
          LEFT JOIN LATERAL jsonb_array_elements(decision.deactivate) WITH ORDINALITY AS found (item, n) ON true
        """)
      func advised(_ number: Int, _ tokens: Int64) throws -> String? {
        try workplace.server.text(advice, [tenant.parameter, .text(attribute(number)), .integer(tokens)])
      }
      #expect(try advised(5, 500) == "")
      #expect(try advised(5, 501) == "1")
      #expect(try advised(5, 1501) == "1,2")
      #expect(try advised(5, 4500) == "1,2,3,4")
      #expect(try advised(5, 4501) == "")
      // Not itself.
      #expect(try advised(1, 2000) == "2")
      #expect(try advised(1, 4501) == "")
    }
  }

  @Test("is reset by hand: everything is deactivated, with one event; twice is once")
  func reset() async throws {
    try await Workplace.with { workplace in
      let tenant = try Self.tenant(&workplace)
      let reset = Statement(
        "SELECT outcome, deactivated_count, tokens, is_replay FROM tollgate.reset_content_budget($1::uuid, $2)")
      #expect(try workplace.server.lines(reset, [tenant.parameter, "k"]) == ["success|4|4000|f"])
      #expect(try workplace.server.lines(reset, [tenant.parameter, "k"]) == ["success|4|4000|t"])
      #expect(try workplace.server.lines(reset, [tenant.parameter, .null]) == ["success|0|0|f"])
      #expect(try workplace.server.usage(of: tenant) == "0/15000")
      #expect(try workplace.administrator.contentEvents(of: tenant) == ["content_reset 4"])
      #expect(try workplace.count("tollgate.content_attributes", of: tenant, where: "NOT active AND uses > 0") == 4)
      #expect(
        try workplace.server.lines(
          "SELECT outcome FROM tollgate.reset_content_budget(gen_random_uuid())") == ["unknown_organization"])
    }
  }
}
