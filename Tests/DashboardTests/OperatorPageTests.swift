import JSON
import Testbed
import Testing

extension DashboardTests {
  @Suite("An operator's pages")
  struct OperatorPageTests {
    @Test("an adjustment needs a reason, which the ledger keeps, and counts once")
    func adjusting() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.openAsOperator(tenant)
        try await desk.browser.button("Adjust").click()
        try await desk.browser.find("dialog select").type("General")
        try await desk.browser.find("dialog input[name=amount]").type("-20")
        try await desk.browser.run(
          "[...document.querySelectorAll('dialog button')].find((button) => button.textContent === 'Adjust').click()")
        // The browser asks for what is missing.
        #expect(try await desk.browser.run("return document.activeElement.name").string == "reason")
        try await desk.browser.find("dialog textarea").type("Counted twice in May")
        try await desk.browser.button("Adjust").click()
        try await desk.wait("return !document.querySelector('dialog')")
        try await desk.wait("return document.querySelector('[data-type=general]').innerText.includes('30 of 50')")
        try await desk.wait("return document.querySelector('.ledger').innerText.includes('Counted twice in May')")
        #expect(try await desk.browser.run("return document.activeElement.innerText").string == "Adjust")
        let adjustments = try await desk.served.text(
          """
          SELECT string_agg(amount || ' ' || reason, '; ') FROM tollgate.ledger
          WHERE kind = 'adjustment' AND organization_id = '\(tenant.organizationID)'
          """)
        #expect(adjustments == "-20 Counted twice in May")
        #expect(try await desk.served.violations() == [])
      }
    }

    @Test("an amount that is corrected after an answer was lost is not booked on top of the first without a word")
    func lostAnswer() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.openAsOperator(tenant)
        // The server answers the first adjustment, and nobody hears it.
        try await desk.browser.run(
          """
          const ask = window.fetch;
          window.fetch = async (path, options) => {
            const answer = await ask(path, options);
            if (!path.endsWith('/adjust') || window.isLost) return answer;
            window.isLost = true;
            throw new TypeError('lost');
          };
          """)
        try await desk.browser.button("Adjust").click()
        try await desk.browser.find("dialog select").type("General")
        try await desk.browser.find("dialog input[name=amount]").type("-20")
        try await desk.browser.find("dialog textarea").type("Counted twice")
        try await desk.browser.button("Adjust").click()
        let problem = "document.querySelector('dialog .problem').innerText"
        try await desk.wait("return \(problem).includes('cannot be reached')")
        try await desk.browser.find("dialog input[name=amount]").clear()
        try await desk.browser.find("dialog input[name=amount]").type("-2")
        try await desk.browser.button("Adjust").click()
        try await desk.wait("return \(problem).includes('The first attempt was booked; see the ledger.')")
        try await desk.wait("return document.querySelector('[data-type=general]').innerText.includes('30 of 50')")
        try await desk.browser.button("Adjust").click()
        try await desk.wait("return !document.querySelector('dialog')")
        try await desk.wait("return document.querySelector('[data-type=general]').innerText.includes('28 of 50')")
      }
    }

    @Test("what the server refuses is told in the dialog, which stays open")
    func refused() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.openAsOperator(tenant)
        try await desk.browser.button("Adjust").click()
        try await desk.browser.find("dialog input[name=amount]").type("-999999")
        try await desk.browser.find("dialog textarea").type("Too much")
        try await desk.browser.button("Adjust").click()
        try await desk.wait("return document.querySelector('dialog .problem').innerText.length > 5")
        try await desk.browser.button("Cancel").click()
        try await desk.wait("return !document.querySelector('dialog')")
      }
    }

    @Test("a balance is reset, and the plan changed after a look at what that does")
    func resetAndPlan() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.spend(tenant, "generate_goal", units: 6)
        try await desk.openAsOperator(tenant)
        try await desk.browser.button("Reset").click()
        try await desk.browser.find("dialog select").type("Goal")
        let end = """
          SELECT to_char(refresh_date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM public.ai_tokens
          WHERE organization_id = '\(tenant.organizationID)' AND token_type = 'goal_generation'
          """
        let told = try #require(try await desk.served.text(end))
        #expect(try await desk.text("dialog [role=status]").hasPrefix("The next reset stays on "))
        #expect(try await desk.browser.run("return document.querySelector('dialog time').dateTime").string == told)
        try await desk.browser.button("Reset").click()
        try await desk.wait(
          "return document.querySelector('[data-type=goal_generation]').innerText.includes('20 of 20')")
        try await desk.wait("return !document.querySelector('dialog')")
        #expect(try await desk.served.text(end) == told)
        try await desk.browser.button("Change plan").click()
        try await desk.wait("return document.querySelector('dialog .preview').innerText === 'Nothing would change.'")
        try await desk.browser.find("dialog select[name=plan]").type("Enterprise")
        try await desk.wait("return document.querySelector('dialog .preview').innerText.includes('20 → 220')")
        #expect(
          try await desk.served.text("SELECT plan FROM public.organizations WHERE id = '\(tenant.organizationID)'")
            == "pro")
        try await desk.browser.button("Change plan").click()
        try await desk.wait(
          "return document.querySelector('[data-type=goal_generation]').innerText.includes('220 of 220')")
        #expect(
          try await desk.served.text("SELECT plan FROM public.organizations WHERE id = '\(tenant.organizationID)'")
            == "enterprise")
        #expect(try await desk.served.violations() == [])
      }
    }

    @Test("pages that are left while they load are not what is kept up to date")
    func leaving() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.signIn(try desk.served.server.tokens.service())
        // From one page to another at once, over and over.
        try await desk.browser.run(
          """
          for (const view of ['overview', 'alerts', 'health', 'organizations/\(tenant.organizationID)']) location.hash = view;
          """
        )
        try await desk.wait("return document.querySelector('[data-type=goal_generation]')")
        try await desk.settle()
        try await desk.spend(tenant, "generate_goal", units: 2)
        try await desk.wait(
          "return document.querySelector('[data-type=goal_generation]').innerText.includes('14 of 20')")
      }
    }

    @Test("spending is suspended for a reason")
    func suspending() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.openAsOperator(tenant)
        try await desk.browser.button("Suspend").click()
        try await desk.browser.find("dialog textarea").type("Invoice 17 is not paid")
        try await desk.browser.button("Suspend").click()
        try await desk.wait("return !document.querySelector('dialog')")
        let changes = "document.querySelector('.below').innerText"
        try await desk.wait("return \(changes).includes('status: active → suspended')")
        #expect(try await desk.text(".below tbody tr").contains("Service"))
        #expect(
          try await desk.served.text("SELECT status FROM public.organizations WHERE id = '\(tenant.organizationID)'")
            == "suspended")
      }
    }

    @Test("somebody else's deduction is seen in an organization's page without reloading")
    func live() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.openAsOperator(tenant)
        try await desk.spend(tenant, "generate_goal", units: 2)
        try await desk.wait(
          "return document.querySelector('[data-type=goal_generation]').innerText.includes('14 of 20')")
      }
    }

    @Test("health says whether the server is ready, and how much it does")
    func health() async throws {
      try await Desk.with { desk in
        try await desk.signIn(try desk.served.server.tokens.service(), at: "health")
        try await desk.waitForText("Ready")
        try await desk.waitForText("Requests answered")
        #expect(try await desk.text("nav [aria-current=page]") == "Health")
        #expect(try await desk.browser.run("return document.title").string == "Health – Tollgate")
      }
    }
  }
}
