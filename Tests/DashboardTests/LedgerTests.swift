import JSON
import Testbed
import Testing

extension DashboardTests {
  @Suite("The ledger on the page")
  struct LedgerTests {
    @Test("text is looked for in every entry, and what was found is counted")
    func searching() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        for _ in 0..<3 { try await desk.spend(tenant, "analyze_strategy") }
        try await desk.spend(tenant, "generate_goal")
        try await desk.signIn(tenant.token)
        #expect(try await desk.browser.findAll(".ledger tbody tr").count == 9)
        let search = try await desk.browser.find("input[type=search]")
        #expect(try await search.name() == "Search")
        try await search.type("ANALYZE_str")
        try await desk.waitForText("3 found in 9 entries.")
        #expect(try await desk.browser.findAll(".ledger tbody tr").count == 3)
        try await search.clear()
        try await search.type("nothing like it")
        try await desk.waitForText("0 found in 9 entries.")
        #expect(try await desk.text("#announcer") == "0 found")
        try await search.clear()
        try await search.type(" ")
        try await desk.wait("return document.querySelectorAll('.ledger tbody tr').length === 9")
      }
    }

    @Test("while text is looked for, nothing is looked at twice but the newest entries")
    func searchingOn() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant(plan: "enterprise")
        for _ in 0..<25 { try await desk.spend(tenant, "generate_insight") }
        try await desk.signIn(tenant.token)
        try await desk.browser.find("input[type=search]").type("analyze")
        try await desk.waitForText("0 found in 30 entries.")
        let asked = """
          performance.getEntriesByType('resource').map(({ name }) => new URL(name))
            .filter(({ pathname }) => pathname.endsWith('/ledger')).map(({ searchParams }) => searchParams.get('limit'))
          """
        #expect(try await desk.browser.run("return \(asked).filter((limit) => limit === '500').length").integer == 1)
        try await desk.browser.run("performance.clearResourceTimings()")
        for number in 1...3 {
          try await desk.spend(tenant, "analyze_strategy")
          try await desk.waitForText("\(number) found in \(30 + number) entries.")
        }
        let limits = Set(try await desk.browser.run("return \(asked)").array?.compactMap(\.string) ?? [])
        #expect(limits == ["1", "20"])
      }
    }

    @Test("entries of a kind and of a token type are shown alone")
    func filtering() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        for feature in ["analyze_strategy", "generate_goal", "generate_insight"] {
          try await desk.spend(tenant, feature)
        }
        try await desk.signIn(tenant.token)
        let rows = "document.querySelectorAll('.ledger tbody tr').length"
        try await desk.browser.find(".card [role=search] label:nth-of-type(2) select").type("Deduction")
        try await desk.wait("return \(rows) === 3")
        try await desk.browser.find(".card [role=search] label:nth-of-type(3) select").type("General")
        try await desk.wait(
          "return \(rows) === 1 && document.querySelector('.ledger td.feature + td.tokens').innerText === 'General'")
      }
    }

    @Test("entries have their second, the year where it is another, and why they are there in words")
    func words() async throws {
      try await Desk.with { desk in
        let id = try #require(try await desk.served.text("SELECT gen_random_uuid()"))
        let clock = "SELECT set_config('tollgate.clock', (now() - interval '400 days')::text, true);"
        for call in ["ensure_partitions()", "create_organization('Old', 'pro', 'UTC', '\(id)')"] {
          try await desk.served.script("BEGIN; \(clock) SELECT tollgate.\(call); COMMIT")
        }
        let userID = try #require(try await desk.served.text("SELECT tollgate.create_user('\(id)')"))
        let tenant = Tenant(
          organizationID: id, userID: userID, token: try desk.served.server.tokens.user(userID))
        try await desk.spend(tenant, "generate_goal")
        try await desk.signIn(tenant.token)
        let year = try #require(
          try await desk.served.text("SELECT to_char(now() AT TIME ZONE 'UTC' - interval '400 days', 'YYYY')"))
        let times = try await desk.browser.run(
          "return [...document.querySelectorAll('.ledger time')].map((one) => one.innerText)")
        let texts = times.array?.compactMap(\.string) ?? []
        #expect(try #require(texts.first).wholeMatch(of: /\d+ \w+, \d\d:\d\d:\d\d/) != nil, "\(texts)")
        #expect(try #require(texts.last).contains(year), "\(texts)")
        #expect(try await desk.text(".ledger").contains("Period ended"))
      }
    }

    @Test("long ledgers come in pages, older and newer")
    func paging() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant(plan: "enterprise")
        for _ in 0..<20 { try await desk.spend(tenant, "generate_insight") }
        try await desk.signIn(tenant.token)
        let rows = "document.querySelectorAll('.ledger tbody tr').length"
        #expect(try await desk.browser.run("return \(rows)").integer == 20)
        try await desk.browser.button("Older").click()
        try await desk.wait(
          "return \(rows) === 5 && document.querySelector('.ledger').innerText.includes('Allocation')")
        try await desk.browser.button("Newer").click()
        try await desk.wait("return \(rows) === 20")
      }
    }

    @Test("names that are markup, right to left or very long are shown as text, and break nothing")
    func hostileNames() async throws {
      try await Desk.with { desk in
        let script = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
        let direction = "\u{202E}gnp.exe \u{0634}\u{0631}\u{0643}\u{0629}"
        for name in [script, direction, String(repeating: "W", count: 200)] {
          let tenant = try await desk.served.makeTenant()
          let literal = name.replacing("'", with: "''")
          try await desk.served.script(
            "UPDATE public.organizations SET name = '\(literal)' WHERE id = '\(tenant.organizationID)'")
          _ = try await desk.ask(
            "POST", "/api/v1/admin/organizations/\(tenant.organizationID)/adjust",
            try desk.served.server.tokens.service(), #"{"tokenType":"general","amount":1,"reason":\#(name.quoted)}"#)
          for width in [1_280, 360] {
            try await desk.browser.reset()
            try await desk.browser.show(width: width, height: 800)
            try await desk.signIn(tenant.token)
            #expect(try await desk.browser.run("return document.querySelector('h1').textContent").string == name)
            #expect(
              try await desk.browser.run("return document.querySelector('.ledger .cell-note').textContent").string
                == name)
            #expect(try await desk.browser.run("return window.hacked ?? null") == .null)
            #expect(
              try await desk.browser.run("return document.querySelectorAll('main script, main img').length").integer
                == 0)
            #expect(
              try await desk.browser.run("return document.documentElement.scrollWidth <= innerWidth") == .boolean(true))
          }
        }
      }
    }
  }
}
