import Foundation
import Postgres
import Testbed
import Testing

@Suite("Content budgets")
struct ContentBudgetTests {
  @Test("have 3,000, 6,000, 12,000 or 25,000 tokens by level, 15,000 when nothing is set, and an override before all")
  func levels() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      #expect(try workplace.server.usage(of: tenant) == "0/15000")
      for (level, title, tokens) in [
        (1, "Basic", 3000), (2, "Professional", 6000), (3, "Enterprise", 12_000), (4, "Unlimited", 25_000),
      ] {
        _ = try workplace.server.setBudget(of: tenant, "\(level)")
        let rows = try workplace.server.lines(
          "SELECT level, level_title, budget FROM tollgate.read_content_usage($1::uuid)", [tenant.parameter])
        #expect(rows == ["\(level)|\(title)|\(tokens)"])
      }
      _ = try workplace.server.setBudget(of: tenant, "NULL, 5000")
      #expect(try workplace.server.usage(of: tenant) == "0/5000")
      _ = try workplace.server.setBudget(of: tenant, "deactivates => true")
      #expect(try workplace.server.usage(of: tenant) == "0/5000")
      _ = try workplace.server.setBudget(of: tenant, "2")
      #expect(try workplace.server.usage(of: tenant) == "0/6000")
      _ = try workplace.server.setBudget(of: tenant, "2, 7000")
      #expect(try workplace.server.usage(of: tenant) == "0/7000")
      _ = try workplace.server.setBudget(of: tenant, "0")
      #expect(try workplace.server.usage(of: tenant) == "0/15000")
      for arguments in ["5", "-1", "NULL, 0", "NULL, 1000000000000001"] {
        #expect(
          try workplace.server.refusal(
            Statement("SELECT tollgate.set_content_budget($1::uuid, \(arguments))"), [tenant.parameter]) == "TG400")
      }
      #expect(try workplace.server.refusal("SELECT tollgate.set_content_budget(gen_random_uuid(), 1)") == "TG404")
    }
  }

  @Test("count the active attributes only")
  func activeOnly() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      #expect(try workplace.server.save(1, tokens: 100, of: tenant) == "success")
      #expect(try workplace.server.save(2, tokens: 10, of: tenant, active: false) == "success")
      #expect(try workplace.server.usage(of: tenant) == "100/15000")
      #expect(try workplace.server.activate([2], of: tenant) == "success")
      #expect(try workplace.server.usage(of: tenant) == "110/15000")
      #expect(try workplace.server.save(1, tokens: 40, of: tenant) == "success")
      #expect(try workplace.server.usage(of: tenant) == "50/15000")
      // As it was: active.
      #expect(try workplace.server.save(1, tokens: 30, of: tenant, active: nil) == "success")
      #expect(try workplace.server.usage(of: tenant) == "40/15000")
      #expect(try workplace.server.save(1, tokens: 30, of: tenant, active: false) == "success")
      #expect(try workplace.server.save(1, tokens: 5000, of: tenant, active: nil) == "success")
      #expect(try workplace.server.usage(of: tenant) == "10/15000")
    }
  }

  @Test("refuse what would be active beyond them, and say all figures; what frees tokens is always done")
  func refusals() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.setBudget(of: tenant, "1")
      #expect(try workplace.server.save(1, tokens: 2000, of: tenant) == "success")
      let refused = try workplace.server.lines(
        """
        SELECT outcome, fits, used, used_after, budget, tokens, message
        FROM tollgate.save_attribute($1::uuid, gen_random_uuid(), repeat('a', 4004))
        """, [tenant.parameter])
      #expect(
        refused == [
          "budget_exceeded|f|2000|3001|3000|1001|Budget exceeded. Please deactivate attributes or upgrade plan."
        ])
      #expect(try workplace.server.save(2, tokens: 1000, of: tenant) == "success")
      #expect(try workplace.server.usage(of: tenant) == "3000/3000")
      #expect(try workplace.server.save(3, tokens: 1, of: tenant) == "budget_exceeded")
      #expect(try workplace.server.save(1, tokens: 2001, of: tenant) == "budget_exceeded")
      #expect(try workplace.server.save(3, tokens: 1, of: tenant, active: false) == "success")
      #expect(try workplace.server.activate([3], of: tenant) == "budget_exceeded")
      #expect(try workplace.server.save(2, tokens: 1000, of: tenant, active: false) == "success")
      #expect(try workplace.server.usage(of: tenant) == "2000/3000")
      #expect(try workplace.server.activate([3], of: tenant) == "success")
      #expect(try workplace.server.delete(1, of: tenant) == "success")
      #expect(try workplace.server.usage(of: tenant) == "1/3000")
      #expect(try workplace.server.delete(1, of: tenant) == "unknown_attribute")
      #expect(try workplace.server.activate([2], of: tenant) == "success")
      #expect(try workplace.server.usage(of: tenant) == "1001/3000")
    }
  }

  @Test("are activated into all or nothing")
  func bulk() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let other = try workplace.tenant()
      _ = try workplace.server.setBudget(of: tenant, "1")
      for number in 1...4 { _ = try workplace.server.save(number, tokens: 1000, of: tenant, active: false) }
      _ = try workplace.server.save(9, tokens: 1, of: other, active: false)
      #expect(try workplace.server.activate([1, 2, 3, 4], of: tenant) == "budget_exceeded")
      #expect(try workplace.server.activate([1, 9], of: tenant) == "unknown_attribute")
      #expect(try workplace.server.activate([1, 8], of: tenant) == "unknown_attribute")
      #expect(try workplace.server.usage(of: tenant) == "0/3000")
      #expect(try workplace.count("tollgate.content_attributes", of: tenant, where: "active") == 0)
      #expect(try workplace.server.activate([3, 1, 2, 1], of: tenant) == "success")
      #expect(try workplace.server.activate([1, 2, 3], of: tenant) == "success")
      #expect(try workplace.server.usage(of: tenant) == "3000/3000")
      #expect(try workplace.count("tollgate.content_attributes", of: other, where: "active") == 0)
      for list in ["{}", "{NULL}", "{\((0...1000).map(attribute).joined(separator: ","))}"] {
        #expect(
          try workplace.server.refusal(
            "SELECT tollgate.activate_attributes($1::uuid, $2::uuid[])", [tenant.parameter, .text(list)]) == "TG400")
      }
    }
  }

  @Test("say before a save what would come of it, and change nothing by that")
  func dryRun() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let sum = Statement(
        """
        SELECT md5(concat((SELECT string_agg(t::text, ' ') FROM tollgate.content_budgets AS t),
          (SELECT string_agg(t::text, ' ' ORDER BY t.number) FROM tollgate.content_attributes AS t),
          (SELECT string_agg(t::text, ' ' ORDER BY event_id) FROM tollgate.events AS t)))
        """)
      let empty = try workplace.administrator.text(sum)
      #expect(try workplace.server.save(1, tokens: 15_000, of: tenant, isDryRun: true) == "success")
      #expect(try workplace.server.save(1, tokens: 15_001, of: tenant, isDryRun: true) == "budget_exceeded")
      #expect(try workplace.administrator.text(sum) == empty)
      #expect(try workplace.server.save(1, tokens: 7000, of: tenant) == "success")
      #expect(try workplace.server.save(2, tokens: 7000, of: tenant, active: false) == "success")
      let before = try workplace.administrator.text(sum)
      for tokens in [0, 1, 6999, 7000, 8000, 8001, 15_000, 15_001] {
        for active in [true, false, nil] {
          for number in 1...3 {
            let foreseen = try workplace.server.save(
              number, tokens: tokens, of: tenant, active: active, isDryRun: true)
            #expect(try workplace.administrator.text(sum) == before)
            try workplace.server.script("BEGIN")
            #expect(try workplace.server.save(number, tokens: tokens, of: tenant, active: active) == foreseen)
            try workplace.server.script("ROLLBACK")
          }
        }
      }
      #expect(try workplace.administrator.text(sum) == before)
    }
  }

  @Test("have at most 10000 attributes")
  func tooMany() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.administrator.script(
        """
        INSERT INTO tollgate.content_budgets (organization_id, attribute_count, last_number)
        VALUES ('\(tenant.id)', 9999, 9999);
        INSERT INTO tollgate.content_attributes (organization_id, attribute_id, number, instructions, active, tokens)
        SELECT '\(tenant.id)', gen_random_uuid(), number, '', false, 0 FROM generate_series(1, 9999) AS number
        """)
      #expect(try workplace.server.save(1, tokens: 0, of: tenant) == "success")
      #expect(try workplace.server.save(2, tokens: 0, of: tenant) == "too_many_attributes")
      #expect(try workplace.server.save(2, tokens: 0, of: tenant, isDryRun: true) == "too_many_attributes")
      #expect(try workplace.server.save(1, tokens: 5, of: tenant) == "success")
      #expect(try workplace.server.delete(1, of: tenant) == "success")
      #expect(try workplace.server.save(2, tokens: 0, of: tenant) == "success")
    }
  }

  @Test("have at most 16 MiB of texts, active or not, however they are changed, and also where nobody had counted yet")
  func tooManyBytes() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let save = Statement(
        """
        SELECT outcome FROM tollgate.save_attribute($1::uuid, $2::uuid, repeat('x', $3::integer), active => false)
        """)
      func outcome(_ number: Int, _ bytes: Int, _ workplace: inout Workplace) throws -> String? {
        let id = "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - "\(number)".count) + "\(number)"
        return try workplace.server.text(save, [tenant.parameter, .text(id), .integer(Int64(bytes))])
      }
      for number in 1...256 { #expect(try outcome(number, 65_536, &workplace) == "success") }
      try workplace.administrator.script("UPDATE tollgate.content_budgets SET stored_bytes = NULL")
      #expect(try outcome(257, 1, &workplace) == "too_many_attributes")
      #expect(try outcome(1, 65_535, &workplace) == "success")
      #expect(try outcome(257, 1, &workplace) == "success")
      #expect(try outcome(1, 65_536, &workplace) == "too_many_attributes")
      #expect(try outcome(1, 65_535, &workplace) == "success")
      _ = try workplace.server.query(
        "SELECT tollgate.delete_attribute($1::uuid, '00000000-0000-4000-8000-000000000002')", [tenant.parameter])
      #expect(try outcome(1, 65_536, &workplace) == "success")
      #expect(
        try workplace.administrator.text("SELECT stored_bytes::text FROM tollgate.content_budgets")
          == "\(255 * 65_536 + 1)")
    }
  }
}
