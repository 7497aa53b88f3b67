import JSON
import Testbed
import Testing

extension DashboardTests {
  @Suite("Lists and reports on the pages")
  struct ReportPageTests {
    @Test("a tenant sees its history and when tokens run out")
    func history() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.spend(tenant, "generate_goal", units: 6)
        try await desk.signIn(tenant.token)
        try await desk.wait(
          "return document.querySelector('.plot svg[role=img]')?.ariaLabel.includes('18 tokens used')")
        try await desk.browser.find("summary").click()
        try await desk.wait("return document.querySelector('details table')?.innerText.includes('18')")
        let forecasts = try #require(
          try await desk.ask("GET", "/api/v1/tokens/forecast", tenant.token)["data"]?.array)
        let rate = forecasts.first { $0["tokenType"]?.string == "goal_generation" }?["tokensPerDay"]
        #expect(rate != nil)
        try await desk.waitForText("a day")
      }
    }

    @Test("the history of an older organization begins with what it had, also where nothing moved since")
    func olderHistory() async throws {
      try await Desk.with { desk in
        let id = try #require(try await desk.served.text("SELECT gen_random_uuid()"))
        let clock = "SELECT set_config('tollgate.clock', (now() - interval '40 days')::text, true);"
        for call in ["ensure_partitions()", "create_organization('Older', 'pro', 'UTC', '\(id)')"] {
          try await desk.served.script("BEGIN; \(clock) SELECT tollgate.\(call); COMMIT")
        }
        let userID = try #require(try await desk.served.text("SELECT tollgate.create_user('\(id)')"))
        let tenant = Tenant(
          organizationID: id, userID: userID, token: try desk.served.server.tokens.user(userID))
        try await desk.spend(tenant, "generate_goal", units: 6)
        try await desk.signIn(tenant.token)
        try await desk.wait(
          "return document.querySelector('.plot svg[role=img]')?.ariaLabel.includes('Balance today: 232.')")
        try await desk.browser.find("summary").click()
        let days = "[...document.querySelectorAll('details tbody tr')].map((row) => row.lastChild.innerText)"
        try await desk.wait("return \(days).length === 30 && \(days)[29] === '250' && \(days)[0] === '232'")
        try await desk.browser.find(".card .controls select").type("Goal")
        try await desk.wait("return \(days)[29] === '20' && \(days)[0] === '2'")
      }
    }

    @Test("an operator finds an organization by its name, and those near their limit")
    func organizations() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        let name = "Unlikely \(tenant.organizationID.prefix(8))"
        try await desk.served.script(
          "UPDATE public.organizations SET name = '\(name)' WHERE id = '\(tenant.organizationID)'")
        try await desk.signIn(try desk.served.server.tokens.service(), at: "organizations")
        try await desk.browser.find("input[type=search]").type(name)
        let rows = "document.querySelectorAll('main tbody tr')"
        try await desk.wait("return \(rows).length === 1 && \(rows)[0].innerText.includes('\(name)')")
        try await desk.browser.find("input[type=checkbox]").click()
        try await desk.waitForText("No organization's name begins so, and no id with four digits or more.")
        try await desk.set("general", of: tenant, to: 2)
        try await desk.wait("return \(rows).length === 1 && \(rows)[0].innerText.includes('\(name)')")
        try await desk.browser.find("main tbody a").click()
        try await desk.wait("return document.querySelector('h1').innerText === '\(name)'")
        try await desk.settle()
        #expect(try await desk.text("[data-type=general]").contains("Low"))
        try await desk.browser.command("POST", "/back")
        try await desk.wait("return \(rows).length === 1 && \(rows)[0].innerText.includes('\(name)')")
        let search = "document.querySelector('input[type=search]').value"
        #expect(try await desk.browser.run("return \(search)").string == name)
        #expect(
          try await desk.browser.run("return document.querySelector('input[type=checkbox]').checked") == .boolean(true))
        let list = "organizations?search=\(tenant.organizationID.prefix(8))&sort=used"
        try await desk.signIn(try desk.served.server.tokens.service(), at: list)
        try await desk.wait("return \(rows).length === 1 && \(rows)[0].innerText.includes('\(name)')")
        try await desk.browser.find("main tbody a").click()
        try await desk.wait("return document.querySelector('.back a')?.hash.includes('sort=used')")
        try await desk.settle()
        try await desk.browser.find(".back a").click()
        try await desk.wait("return document.querySelector('select')?.value === 'used' && \(rows).length === 1")
      }
    }

    @Test("an operator sees what is used most, and by whom")
    func overview() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant(plan: "enterprise")
        try await desk.spend(tenant, "analyze_strategy", units: 400)
        try await desk.signIn(try desk.served.server.tokens.service())
        try await desk.wait("return document.querySelector('.tiles')?.innerText.includes('Organizations')")
        try await desk.served.script("SELECT tollgate.roll_up()")
        try await desk.waitForText("analyze_strategy")
        let list =
          "[...document.querySelectorAll('.card')].find((one) => one.innerText.startsWith('Top users'))?.innerText"
        try await desk.wait("return \(list)?.includes('\(tenant.userID.prefix(8))')")
        try await desk.served.script(
          """
          UPDATE public.user_profiles SET email = 'ada@example.org' WHERE id = '\(tenant.userID)';
          UPDATE public.organizations SET name = 'Busiest' WHERE id = '\(tenant.organizationID)';
          """)
        try await desk.browser.button("Refresh").click()
        try await desk.wait("return \(list)?.includes('ada@example.org Busiest')")
        let month = try #require(try await desk.served.text("SELECT to_char(now() AT TIME ZONE 'UTC', '\"1 \"Mon')"))
        #expect(try await desk.browser.run("return \(list)").string?.contains("since \(month)") == true)
      }
    }
  }
}
