import Postgres
import Testbed
import Testing
import Tokens

@Suite("Content budgets from psql and RPC")
struct ContentMemberTests {
  @Test("a member saves, activates, uses, reads and deletes its organization's attributes, and no other's")
  func member() async throws {
    try await Workplace.with { workplace in
      let mine = try workplace.tenant()
      let other = try workplace.tenant()
      #expect(try workplace.server.save(7, tokens: 70, of: other) == "success")
      try workplace.administrator.become(user: mine.member)
      let named = try ["NULL", "'\(mine.id)'"].map { organization in
        try workplace.administrator.text(
          Statement("SELECT outcome FROM tollgate.save_attribute(\(organization), '\(attribute(1))', 'Be brief.')"))
      }
      #expect(named == ["success", "success"])
      for (call, outcome) in [
        ("save_attribute(NULL, '\(attribute(7))', '', active => false)", "success"),
        ("activate_attributes(NULL, ARRAY['\(attribute(1))']::uuid[])", "success"),
        ("record_attribute_use(NULL, '\(attribute(1))')", "success"),
        ("read_content_usage(NULL)", "success"),
        ("delete_attribute(NULL, '\(attribute(1))')", "success"),
        ("save_attribute('\(other.id)', '\(attribute(7))', '')", "forbidden"),
        ("activate_attributes('\(other.id)', ARRAY['\(attribute(7))']::uuid[])", "forbidden"),
        ("record_attribute_use('\(other.id)', '\(attribute(7))')", "forbidden"),
        ("read_content_usage('\(other.id)')", "forbidden"), ("read_attributes('\(other.id)')", "forbidden"),
        ("delete_attribute('\(other.id)', '\(attribute(7))')", "forbidden"),
      ] {
        #expect(
          try workplace.administrator.text(Statement("SELECT outcome FROM tollgate.\(call)")) == outcome, "\(call)")
      }
      #expect(
        try workplace.administrator.lines("SELECT used, budget, state FROM tollgate.content_usage")
          == ["0|15000|safe"])
      #expect(
        try workplace.administrator.lines("SELECT right(attribute_id::text, 1) FROM tollgate.content_attributes")
          == ["7"])
      for statement in [
        "SELECT tollgate.set_content_budget('\(mine.id)', 4)", "SELECT tollgate.reset_content_budget('\(mine.id)')",
        "SELECT tollgate.read_content_budgets()", "SELECT tollgate.read_content_standing('\(mine.id)')",
        "UPDATE tollgate.content_budgets SET level = 4", "UPDATE tollgate.content_attributes SET active = true",
        "UPDATE tollgate.content_levels SET tokens = 1",
      ] {
        #expect(try workplace.administrator.refusal(Statement(statement)) == "42501", "\(statement)")
      }
      try workplace.administrator.become("authenticated")
      #expect(try workplace.administrator.refusal("SELECT tollgate.read_content_usage(NULL)") == "TG401")
      try workplace.administrator.script("RESET ROLE")
      #expect(try workplace.server.usage(of: other) == "70/15000")
    }
  }

  @Test("administrators list every organization's, fullest first or newest first, in pages")
  func list() async throws {
    try await Workplace.with { workplace in
      let tenants = try (1...5).map { try workplace.tenant(name: "Tenant \($0)") }
      for (tenant, tokens) in zip(tenants, [10, 3000, 0, 2999]) where tokens > 0 {
        _ = try workplace.server.save(1, tokens: tokens, of: tenant)
      }
      _ = try workplace.server.setBudget(of: tenants[1], "2")
      let page = Statement(
        """
        SELECT organization_id, name || ' ' || percent_used
        FROM tollgate.read_content_budgets($1::boolean, $2::uuid, 2)
        """)
      for (byPercent, expected) in [
        (true, ["Tenant 2 50", "Tenant 4 20", "Tenant 1 0"]), (false, ["Tenant 5 0", "Tenant 4 20", "Tenant 3 0"]),
      ] {
        var names: [String] = []
        var last: String?
        repeat {
          let rows = try workplace.server.lines(page, [.boolean(byPercent), .optional(last)])
          names += rows.compactMap { $0.split(separator: "|").last.map(String.init) }
          last = rows.last?.split(separator: "|").first.map(String.init)
          #expect(rows.count <= 2)
        } while last != nil
        #expect(Array(names.prefix(3)) == expected)
        #expect(Set(names).count == 5 && names.count == 5)
      }
    }
  }
}
