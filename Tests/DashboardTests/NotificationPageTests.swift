import Accounts
import Cluster
import Fetching
import HTTP
import JSON
import Locking
import Log
import Network
import Notifications
import Testbed
import Testing
import Vault

extension DashboardTests {
  @Suite("Webhooks and alerts on the pages")
  struct NotificationPageTests {
    /// Lets a server deliver, with two attempts, while the body runs.
    private static func delivering(_ desk: Desk, _ body: () async throws -> Void) async throws {
      let keys = try #require(VaultKeys(TestVault.keys))
      let settings = try await onOwnThread { try desk.served.database.serverSettings() }
      let certificateFile = try OAuthServer.certificate.get().authorityFile
      var timing = NotifierTiming()
      timing.roundSeconds = 0.1
      timing.retries.delaysSeconds = [0.1]
      let accounts = Accounts(settings: settings)
      let notifier = Notifier(
        accounts: accounts, sealer: Sealer(keys),
        egress: Egress(allowing: [AddressRange("127.0.0.1")].compactMap(\.self)), certificateFile: certificateFile,
        timing: timing, log: Logger(level: .debug, format: .json) { _ in })
      notifier.start()
      let outcome: Result<Void, any Error>
      do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
      try await onOwnThread {
        notifier.stop()
        accounts.shutDown()
      }
      try outcome.get()
    }

    @Test("a test of a webhook is sent with a button, its failure seen with what was answered, and sent again")
    func webhooks() async throws {
      try await Desk.with { desk in
        let isBack = Mutex(false)
        let receiver = try await onOwnThread {
          try HTTPSServer(OAuthServer.certificate.get(), paths: ["/hook"]) { _, responder in
            responder.send(Response(status: isBack.withLock { $0 } ? 204 : 503))
          }
        }
        let url = "https://127.0.0.1:\(receiver.port)/hook"
        let tenant = try await desk.served.makeTenant()
        let service = try desk.served.server.tokens.service()
        _ = try await desk.ask(
          "POST", "/api/v1/admin/webhooks", service,
          #"{"organizationId":"\#(tenant.organizationID)","url":"\#(url)","events":["organization.suspended"]}"#)
        try await Self.delivering(desk) {
          try await desk.signIn(service, at: "webhooks")
          try await desk.browser.find("[aria-label='Send a test to \(url)']").click()
          let name = try #require(
            try await desk.served.text("SELECT name FROM public.organizations WHERE id = '\(tenant.organizationID)'"))
          #expect(try await desk.text("main tbody").contains(name))
          let deliveries = "document.querySelector('.deliveries .panel-body')?.innerText"
          try await desk.wait("return \(deliveries)?.includes('Given up')")
          #expect(try await desk.text(".deliveries .panel-body").contains("503"))
          #expect(try await desk.browser.run("return document.activeElement.tagName").string == "H2")
          #expect(try await desk.text(".deliveries h2") == "Deliveries to \(url)")
          try await desk.browser.find(".deliveries select").type("Delivered")
          try await desk.wait("return \(deliveries)?.includes('Nothing was sent yet.')")
          try await desk.browser.find(".deliveries select").type("\u{E011}")
          try await desk.wait("return document.querySelector('.deliveries tbody button')")
          isBack.withLock { $0 = true }
          try await desk.browser.find(".deliveries tbody button").click()
          try await desk.wait("return \(deliveries)?.includes('204')")
          #expect(try await desk.text(".deliveries .panel-body").contains("Delivered"))
          try await desk.wait("return !document.querySelector('main').innerText.includes('Failing')")
        }
        try await onOwnThread { receiver.stop() }
      }
    }

    @Test("a rule and a webhook are made on the page, the secret shown once")
    func making() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.signIn(try desk.served.server.tokens.service(), at: "alerts")
        try await desk.browser.button("New rule").click()
        try await desk.browser.find("dialog select").type("Less percent")
        try await desk.browser.find("dialog input[name=threshold]").type("17")
        try await desk.browser.find("dialog input[name=tokenType]").type("gold")
        try await desk.browser.find("dialog input[name=organizationId]").type(tenant.organizationID)
        try await desk.browser.find("dialog input[name=email]").type("ops@example.org, on-call@example.org")
        try await desk.browser.button("Make the rule").click()
        try await desk.wait("return document.querySelector('dialog .problem').innerText.length > 5")
        try await desk.browser.find("dialog input[name=tokenType]").clear()
        try await desk.browser.find("dialog input[name=tokenType]").type("general")
        try await desk.browser.button("Make the rule").click()
        try await desk.waitForText("Less than 17% left")
        try await desk.waitForText("ops@example.org, on-call@example.org")
        try await desk.browser.run("location.hash = 'webhooks'")
        try await desk.wait("return document.querySelector('h1').innerText === 'Webhooks'")
        try await desk.settle()
        try await desk.browser.button("New webhook").click()
        let url = "https://hooks.example/\(tenant.organizationID)"
        try await desk.browser.find("dialog input[name=url]").type(url)
        try await desk.browser.find("dialog input[name=organizationId]").type(tenant.organizationID)
        try await desk.browser.find("dialog input[value='organization.suspended']").click()
        try await desk.browser.button("Make the webhook").click()
        try await desk.wait("return document.querySelector('#secret')?.innerText.startsWith('whsec_')")
        try await desk.browser.keepScreenshot("webhook-secret")
        try await desk.browser.button("I have it").click()
        try await desk.wait("return !document.querySelector('dialog')")
        let row = "[...document.querySelectorAll('main tbody tr')].find((one) => one.innerText.includes('\(url)'))"
        try await desk.wait("return \(row)?.innerText.includes('organization.suspended')")
        #expect(try await desk.browser.run("return document.body.innerText").string?.contains("whsec_") == false)
      }
    }

    @Test("a threshold that is crossed is told with its level and whose it is")
    func levels() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        let name = "Crossing \(tenant.organizationID.prefix(8))"
        try await desk.served.script(
          "UPDATE public.organizations SET name = '\(name)' WHERE id = '\(tenant.organizationID)'")
        try await desk.spend(tenant, "generate_insight", units: 25)
        try await desk.spend(tenant, "generate_insight", units: 25)
        try await desk.signIn(try desk.served.server.tokens.service(), at: "alerts")
        let badges = """
          [...document.querySelectorAll('main tr')].filter((row) => row.innerText.includes('\(name)'))
            .map((row) => [...row.querySelectorAll('.badge')].map((one) => one.className + ' ' + one.innerText).join(', '))
          """
        try await desk.wait("return \(badges).includes('badge red Exhausted, badge red Raised')")
        try await desk.wait("return \(badges).includes('badge yellow Warning, badge yellow Raised')")
      }
    }

    @Test("an alert is seen by its tenant and by operators, with its rule, and so is its end")
    func alerts() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        let service = try desk.served.server.tokens.service()
        let rule = """
          {"organizationId":"\(tenant.organizationID)","tokenType":"general","condition":"available_below","threshold":37}
          """
        _ = try await desk.ask("POST", "/api/v1/admin/alerts", service, rule)
        try await Self.delivering(desk) {
          try await desk.signIn(service, at: "alerts")
          let mine = "[...document.querySelectorAll('main tr')].filter((row) => row.innerText.includes('ewer than 37'))"
          try await desk.wait("return \(mine).some((row) => row.innerText.includes('Active'))")
          try await desk.set("general", of: tenant, to: 36)
          try await desk.wait("return \(mine).some((row) => row.innerText.includes('Raised'))")
          try await desk.signIn(tenant.token)
          try await desk.wait("return \(mine).some((row) => row.innerText.includes('Raised'))")
          try await desk.set("general", of: tenant, to: 37)
          try await desk.wait("return \(mine).some((row) => row.innerText.includes('Recovered'))")
        }
      }
    }
  }
}
