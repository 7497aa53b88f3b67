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
        let tenant = try await desk.served.makeTenant()
        // As rolled up forty days ago; of forecast there was nothing then.
        try await desk.served.script(
          """
          INSERT INTO tollgate.balance_days (organization_id, token_type, day, used, granted, balance, last_sequence)
          SELECT organization_id, token_type, current_date - 40, 0, balance, balance, 0
          FROM public.ai_tokens WHERE organization_id = '\(tenant.organizationID)' AND token_type <> 'forecast'
          """)
        try await desk.spend(tenant, "generate_goal", units: 6)
        try await desk.signIn(tenant.token)
        try await desk.wait("return document.querySelector('.plot svg[role=img]')?.ariaLabel.includes('Balance today: 232.')")
        try await desk.browser.find("summary").click()
        let days = "[...document.querySelectorAll('details tbody tr')].map((row) => row.lastChild.innerText)"
        try await desk.wait("return \(days).length === 30 && \(days)[29] === '220' && \(days)[0] === '232'")
        try await desk.browser.find(".card .controls select").type("Forecast")
        try await desk.wait("return \(days)[29] === '–' && \(days)[0] === '30'")
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
        try await desk.waitForText("There is no such organization.")
        try await desk.set("general", of: tenant, to: 2)
        try await desk.wait("return \(rows).length === 1 && \(rows)[0].innerText.includes('\(name)')")
        try await desk.browser.find("main tbody a").click()
        try await desk.wait("return document.querySelector('h1').innerText === '\(name)'")
        try await desk.settle()
        #expect(try await desk.text("[data-type=general]").contains("Low"))
      }
    }

    @Test("an operator sees what is used most, and by whom")
    func overview() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant(plan: "enterprise")
        try await desk.spend(tenant, "analyze_strategy", units: 400)
        try await desk.signIn(try desk.served.server.tokens.service())
        try await desk.wait("return document.querySelector('.tiles')?.innerText.includes('Organizations')")
        try await desk.waitForText("analyze_strategy")
        try await desk.waitForText(String(tenant.userID.prefix(8)))
      }
    }
  }
}
