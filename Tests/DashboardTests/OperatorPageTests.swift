import JSON
import Testbed
import Testing

extension DashboardTests {
  @Suite("An operator's pages")
  struct OperatorPageTests {
    private func open(_ tenant: Tenant, _ desk: Desk) async throws {
      try await desk.signIn(try desk.served.server.tokens.service(), at: "organizations/\(tenant.organizationID)")
      try await desk.wait("return document.querySelector('[data-type=general]')")
    }

    @Test("an adjustment needs a reason, which the ledger keeps, and counts once")
    func adjusting() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await open(tenant, desk)
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

    @Test("what the server refuses is told in the dialog, which stays open")
    func refused() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await open(tenant, desk)
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
        try await open(tenant, desk)
        try await desk.browser.button("Reset").click()
        try await desk.browser.find("dialog select").type("Goal")
        try await desk.browser.button("Reset").click()
        try await desk.wait(
          "return document.querySelector('[data-type=goal_generation]').innerText.includes('20 of 20')")
        try await desk.wait("return !document.querySelector('dialog')")
        try await desk.browser.button("Change plan").click()
        try await desk.wait("return document.querySelector('dialog .preview').innerText.length > 0")
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

    @Test("spending is suspended for a reason")
    func suspending() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await open(tenant, desk)
        try await desk.browser.button("Suspend").click()
        try await desk.browser.find("dialog textarea").type("Invoice 17 is not paid")
        try await desk.browser.button("Suspend").click()
        try await desk.wait("return !document.querySelector('dialog')")
        #expect(
          try await desk.served.text("SELECT status FROM public.organizations WHERE id = '\(tenant.organizationID)'")
            == "suspended")
      }
    }

    @Test("somebody else's deduction is seen in an organization's page without reloading")
    func live() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await open(tenant, desk)
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
