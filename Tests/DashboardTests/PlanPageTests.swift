import JSON
import Testbed
import Testing

extension DashboardTests {
  @Suite("Plans on the pages")
  struct PlanPageTests {
    @Test("a look at another plan that is overtaken or fails is not what is confirmed")
    func previews() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.openAsOperator(tenant)
        // The answer about Enterprise comes when it is let go: after that about Starter.
        try await desk.browser.run(
          """
          const ask = window.fetch;
          window.fetch = async (path, options) => {
            const answer = await ask(path, options);
            if (options.body?.includes('enterprise')) await new Promise((resolve) => { window.letGo = resolve; });
            return answer;
          };
          """)
        let preview = "document.querySelector('dialog .preview')"
        try await desk.browser.button("Change plan").click()
        try await desk.wait("return \(preview)?.innerText === 'Nothing would change.'")
        let confirm = "[...document.querySelectorAll('dialog button')].find((one) => one.textContent === 'Change plan')"
        try await desk.browser.find("dialog option[value=enterprise]").click()
        try await desk.wait("return window.letGo")
        #expect(try await desk.browser.run("return \(confirm).disabled") == .boolean(true))
        try await desk.browser.find("dialog option[value=starter]").click()
        try await desk.wait("return \(preview).innerText.includes('50 → 0') && !\(confirm).disabled")
        #expect(try await desk.text("dialog .preview").contains("Until that day nothing changes."))
        try await desk.browser.run("window.letGo()")
        try await desk.browser.tools(
          "Network.setBlockedURLs", #"{"urls":["*/admin/organizations/\#(tenant.organizationID)"]}"#)
        #expect(try await desk.text("dialog .preview").contains("50 → 0"))
        try await desk.browser.find("dialog option[value=now]").click()
        try await desk.wait("return \(preview).innerText.includes('cannot be reached') && \(confirm).disabled")
        #expect(try await desk.text("dialog .preview").contains("→") == false)
        try await desk.browser.tools("Network.setBlockedURLs", #"{"urls":[]}"#)
        try await desk.browser.button("Try again").click()
        try await desk.wait("return \(preview).innerText.includes('50 → 0') && !\(confirm).disabled")
        try await desk.browser.button("Cancel").click()
      }
    }

    @Test("a plan that waits for its day is on both pages, and is taken back")
    func waitingPlan() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.openAsOperator(tenant)
        #expect(try await desk.text(".page-head").contains(" from ") == false)
        try await desk.browser.button("Change plan").click()
        try await desk.wait("return document.querySelector('dialog option[value=starter]')")
        try await desk.browser.find("dialog option[value=starter]").click()
        try await desk.wait("return document.querySelector('dialog .preview').innerText.includes('50 → 0')")
        try await desk.browser.button("Change plan").click()
        let year = try #require(try await desk.served.text("SELECT to_char(now() + interval '30 days', 'YYYY')"))
        let badge = "document.querySelector('.page-head .badge.yellow')?.innerText"
        let isTold = "return /^Starter from \\d+ \\w+ \(year)$/.test(\(badge) ?? '')"
        try await desk.wait("return !document.querySelector('dialog')")
        try await desk.wait(isTold)
        try await desk.browser.button("Change plan").click()
        try await desk.wait("return document.querySelector('dialog').innerText.includes('Waiting: Starter from ')")
        try await desk.waitForText("the change to Starter is taken back")
        try await desk.browser.button("Cancel").click()
        try await desk.browser.reset()
        try await desk.signIn(tenant.token)
        try await desk.wait(isTold)
        try await desk.served.script("SELECT tollgate.change_plan('\(tenant.organizationID)', 'pro')")
        try await desk.wait("return !\(badge)")
      }
    }

    @Test("a plan of one's own making is told by its name, and offered by its title")
    func ownPlan() async throws {
      try await Desk.with { desk in
        let suffix = try #require(try await desk.served.text("SELECT substr(md5(random()::text), 1, 8)"))
        let (plan, title) = ("team_\(suffix)", "Team № \(suffix)")
        let service = try desk.served.server.tokens.service()
        _ = try await desk.ask(
          "PUT", "/api/v1/admin/plans/\(plan)", service, #"{"title":"\#(title)","allocations":{"general":70}}"#)
        let tenant = try await desk.served.makeTenant(plan: plan)
        try await desk.signIn(tenant.token)
        #expect(try await desk.text("[data-type=general]").contains("70 of 70"))
        #expect(try await desk.text(".badge.accent") == "Team \(suffix)")
        try await desk.openAsOperator(tenant)
        try await desk.browser.button("Change plan").click()
        try await desk.wait("return document.querySelector('dialog select')")
        let chosen = try await desk.browser.run(
          "return document.querySelector('dialog select').selectedOptions[0].text")
        #expect(chosen.string == title)
        try await desk.browser.button("Cancel").click()
      }
    }
  }
}
