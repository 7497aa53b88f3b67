import JSON
import Testbed
import Testing

extension DashboardTests {
  @Suite("A tenant's page")
  struct TenantPageTests {
    @Test("its numbers are those of the API")
    func numbers() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.spend(tenant, "generate_goal", units: 2)
        try await desk.spend(tenant, "analyze_strategy", units: 7)
        try await desk.signIn(tenant.token)
        let statistics = try await desk.ask(
          "GET", "/api/v1/tokens/stats?organizationId=\(tenant.organizationID)", tenant.token)
        let tiles = try await desk.text(".tiles")
        #expect(tiles.contains("Available\n\(try #require(statistics["totalBalance"]?.integer))"))
        #expect(tiles.contains("Used this period\n\(try #require(statistics["totalUsed"]?.integer))"))
        #expect(tiles.contains("Reset in\n30 days"))
        let balances = try #require(
          try await desk.ask("GET", "/api/v1/tokens/balance", tenant.token)["balances"]?.array)
        #expect(balances.count == 5)
        for balance in balances {
          let type = try #require(balance["tokenType"]?.string)
          let (available, allocated) = (balance["available"]?.integer ?? -1, balance["allocated"]?.integer ?? 0)
          let text = try await desk.text("[data-type=\(type)]")
          #expect(text.contains("\(available) of \(allocated)"), "\(text)")
          #expect(text.contains("\(available * 100 / allocated)% left"), "\(text)")
          #expect(text.contains("\(balance["used"]?.integer ?? -1) used"), "\(text)")
          let bar = try await desk.browser.find("[data-type=\(type)] [role=progressbar]")
          #expect(try await bar.role() == "progressbar")
          #expect(try await bar.name().hasSuffix("left"))
        }
      }
    }

    @Test("bought tokens are shown with the day on which the first of them expire")
    func bought() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        for (payment, amount, year) in [("pi_1", 40, 2098), ("pi_2", 60, 2099)] {
          _ = try await desk.ask(
            "POST", "/api/v1/tokens/top-up", try desk.served.server.tokens.service(),
            #"{"organizationId":"\#(tenant.organizationID)","tokenType":"general","amount":\#(amount),"#
              + #""paymentId":"\#(payment)","expiresAt":"\#(year)-05-17T12:00:00Z"}"#)
        }
        try await desk.signIn(tenant.token)
        try await desk.wait(
          "return document.querySelector('[data-type=general]')?.innerText.includes('40 of them expire 17 May 2098')")
        #expect(try await desk.text("[data-type=general]").contains("100 bought"))
        #expect(try await !desk.text("[data-type=forecast]").contains("expire"))
      }
    }

    @Test("bars are green above 50 percent, yellow down to 20, and red and low below")
    func colors() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        var seen: [String: Set<String>] = [:]
        for (balance, color) in [
          (51, "green"), (50, "yellow"), (20, "yellow"), (19, "red"), (0, "red"), (100, "green"),
        ] {
          try await desk.set("strategy_analysis", of: tenant, to: balance)
          try await desk.signIn(tenant.token)
          let bar = "[data-type=strategy_analysis] .meter"
          #expect(try await desk.browser.run("return document.querySelector('\(bar)').dataset.color").string == color)
          let painted = try await desk.browser.run(
            "return getComputedStyle(document.querySelector('\(bar) > div')).backgroundColor"
          ).string
          seen[color, default: []].insert(painted ?? "")
          let isLow = try await desk.text("[data-type=strategy_analysis]").contains("Low")
          #expect(isLow == (color == "red"))
        }
        #expect(seen.values.allSatisfy { $0.count == 1 })
        #expect(Set(seen.values.joined()).count == 3)
      }
    }

    @Test("a deduction by somebody else is seen without reloading, and told to those who listen")
    func live() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.signIn(tenant.token)
        try await desk.browser.run("window.isStillThere = true")
        try await desk.spend(tenant, "generate_goal")
        try await desk.wait(
          "return document.querySelector('[data-type=goal_generation]').innerText.includes('17 of 20')")
        try await desk.wait("return document.querySelector('.ledger tbody').innerText.includes('generate_goal')")
        #expect(try await desk.browser.run("return window.isStillThere") == .boolean(true))
        #expect(try await desk.text("#announcer") == "Goal generation: 17 available")
      }
    }

    @Test("the button refreshes, and keeps the focus")
    func refreshing() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.signIn(tenant.token)
        // Nothing comes by itself from now on.
        try await desk.browser.run(
          "for (let id = setTimeout(() => {}); id > 0; id--) clearTimeout(id); window.setTimeout = () => 0;")
        try await desk.spend(tenant, "generate_goal")
        try await desk.browser.button("Refresh").click()
        try await desk.wait(
          "return document.querySelector('[data-type=goal_generation]').innerText.includes('17 of 20')")
        try await desk.wait("return document.activeElement.id === 'refresh'")
      }
    }

    @Test("Starter is offered an upgrade, and a suspension is told of while one looks, and its end")
    func notices() async throws {
      try await Desk.with { desk in
        let starter = try await desk.served.makeTenant(plan: "starter")
        try await desk.signIn(starter.token)
        #expect(try await desk.text("#upgrade").contains("Upgrade"))
        #expect(try await desk.text("[data-type=forecast]").contains("Not on this plan"))
        let pro = try await desk.served.makeTenant()
        try await desk.browser.reset()
        try await desk.signIn(pro.token)
        #expect(try await desk.text("#upgrade") == "")
        try await desk.served.script("SELECT tollgate.suspend_organization('\(pro.organizationID)')")
        try await desk.waitForText("Token spending is suspended")
        try await desk.served.script("SELECT tollgate.resume_organization('\(pro.organizationID)')")
        try await desk.wait("return !document.body.innerText.includes('Token spending is suspended')")
      }
    }

    @Test("bought tokens where the plan gives none are measured by what there was, and Starter is told of them")
    func boughtTokens() async throws {
      try await Desk.with { desk in
        let starter = try await desk.served.makeTenant(plan: "starter")
        let service = try desk.served.server.tokens.service()
        let id = starter.organizationID.prefix(8)
        let row = "[...document.querySelectorAll('main tbody tr')].find((one) => one.innerText.includes('\(id)'))"
        try await desk.signIn(service, at: "organizations?search=\(id)")
        try await desk.wait("return \(row)?.innerText.includes('None on this plan')")
        #expect(try await desk.browser.run("return \(row).innerText.includes('Exhausted')") == .boolean(false))
        _ = try await desk.ask(
          "POST", "/api/v1/tokens/top-up", service,
          """
          {"organizationId":"\(starter.organizationID)","tokenType":"general","amount":500,"paymentId":"\(starter.userID)"}
          """)
        try await desk.signIn(starter.token)
        #expect(try await desk.text("#upgrade").contains("Upgrade for new tokens every 30 days"))
        #expect(try await desk.text("#upgrade").contains("the 500 that are left"))
        #expect(try await desk.text("[data-type=general]").contains("500 available"))
        try await desk.spend(starter, "generate_insight", units: 497)
        try await desk.wait("return document.querySelector('[data-type=general] .meter').dataset.color === 'red'")
        let text = try await desk.text("[data-type=general]")
        #expect(text.contains("3 available") && text.contains("0% left") && text.contains("Low"))
        try await desk.wait("return document.querySelector('#upgrade').innerText.includes('the 3 that are left')")
        try await desk.signIn(service, at: "organizations?search=\(id)")
        try await desk.wait("return \(row)?.querySelector('.meter').dataset.color === 'red'")
        #expect(try await desk.browser.run("return \(row).innerText").string?.contains("3 available") == true)
      }
    }

    @Test("the content budget is shown in the words of the API")
    func budget() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        let path = "/api/v1/admin/budgets/\(tenant.organizationID)"
        let service = try desk.served.server.tokens.service()
        _ = try await desk.ask("PUT", path, service, #"{"budgetTokens":5000}"#)
        try await save(1_250, of: tenant, desk)
        try await desk.signIn(tenant.token)
        #expect(try await desk.text(".budget-line") == "Token Usage: 1,250 / 5,000 tokens (25% used)")
        #expect(try await desk.text(".budget-warning") == "")
        try await save(3_000, of: tenant, desk)
        try await desk.wait(
          "return document.querySelector('.budget-warning')?.innerText === 'Warning: Only 750 tokens remaining'")
        _ = try await desk.ask("PUT", path, service, #"{"budgetTokens":4000}"#)
        try await desk.waitForText("Budget exceeded. Please deactivate attributes or upgrade plan.")
      }
    }

    private func save(_ tokens: Int, of tenant: Tenant, _ desk: Desk) async throws {
      let text = String(repeating: "a", count: tokens * 4)
      let id = try #require(try await desk.served.text("SELECT gen_random_uuid()"))
      _ = try await desk.ask("PUT", "/api/attributes/\(id)", tenant.token, #"{"instructions":"\#(text)"}"#)
    }

    @Test("without a plan the page says what that means, and without an organization whom to ask")
    func empty() async throws {
      try await Desk.with { desk in
        let id = try #require(
          try await desk.served.text("INSERT INTO public.organizations (name) VALUES ('No plan') RETURNING id"))
        let user = try #require(try await desk.served.text("SELECT tollgate.create_user('\(id)')"))
        try await desk.signIn(try desk.served.server.tokens.user(user))
        #expect(try await desk.text("main").contains("There are no tokens yet"))
        try await desk.browser.reset()
        try await desk.browser.open(desk.url)
        let stranger = "3f1b7c9e-0000-4000-8000-0000000000bb"
        try await desk.browser.run("location.hash = 'token=\(try desk.served.server.tokens.user(stranger))'")
        try await desk.waitForText("This user belongs to no organization yet.")
        try await desk.waitForText(stranger)
      }
    }

    @Test("a part that cannot be loaded says what to do, and the others are there")
    func failing() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.browser.tools("Network.setBlockedURLs", #"{"urls":["*/api/token-usage*"]}"#)
        try await desk.browser.open(desk.url)
        try await desk.browser.run("location.hash = 'token=\(tenant.token)'")
        try await desk.waitForText("The server cannot be reached. Check the network, then try again.")
        try await desk.wait("return document.querySelector('[data-type=general]').innerText.includes('50 of 50')")
        // Looking again and again says nothing new.
        try await desk.browser.run("document.querySelector('.problem').isTheSame = true")
        try await desk.spend(tenant, "generate_goal")
        try await desk.waitForText("17 of 20")
        #expect(
          try await desk.browser.run("return document.querySelector('.problem').isTheSame ?? false") == .boolean(true))
        try await desk.browser.tools("Network.setBlockedURLs", #"{"urls":[]}"#)
        try await desk.browser.button("Try again").click()
        try await desk.waitForText("Token Usage: 0 / 15,000 tokens (0% used)")
      }
    }
  }
}
