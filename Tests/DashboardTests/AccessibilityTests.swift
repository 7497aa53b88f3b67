import JSON
import Testbed
import Testing

extension DashboardTests {
  @Suite("Without eyes, and without a mouse")
  struct AccessibilityTests {
    private static let controls =
      "a[href], button, input, select, textarea, summary, [role=progressbar], [role=img], table"

    /// The pages, by who sees them.
    static let pages = [
      "tenant", "sign-in", "overview", "organizations", "organizations/ID", "alerts", "webhooks", "health",
    ]

    @Test("every control has a name, and headings, landmarks and tables are in order", arguments: pages)
    func structure(page: String) async throws {
      try await Desk.with { desk in
        try await open(page, desk)
        let controls = try await heard(desk.browser)
        #expect(!controls.isEmpty, "\(page)")
        for control in controls {
          #expect(!["", "none", "generic"].contains(control.role), "\(page): \(control.tag)")
          #expect(control.name != "", "\(page): \(control.tag) \(control.role)")
        }
        #expect(try await desk.browser.run(Self.disorder).array == [], "\(page)")
      }
    }

    /// What is said of each control. Begins anew where the page, which keeps itself up to date, has put another in the
    /// place of one.
    private func heard(_ browser: Browser) async throws -> [(tag: String, role: String, name: String)] {
      var attempts = 0
      while true {
        do {
          var controls: [(tag: String, role: String, name: String)] = []
          for control in try await browser.findAll(Self.controls) {
            controls.append((try await control.tag(), try await control.role(), try await control.name()))
          }
          return controls
        } catch let failure as Browser.Failure where failure.isOfStaleElement && attempts < 20 {
          attempts += 1
        }
      }
    }

    private func open(_ page: String, _ desk: Desk) async throws {
      let tenant = try await desk.served.makeTenant()
      try await desk.spend(tenant, "generate_goal")
      switch page {
      case "sign-in":
        try await desk.browser.open(desk.url)
        try await desk.wait("return document.querySelector('form')")
      case "tenant": try await desk.signIn(tenant.token)
      default:
        try await desk.signIn(
          try desk.served.server.tokens.service(), at: page.replacing("ID", with: tenant.organizationID))
      }
    }

    /// What is not as those need it who have the page read to them.
    private static let disorder = """
      const faults = [];
      const visible = (element) => element.checkVisibility();
      if (document.documentElement.lang !== 'en') faults.push('no language');
      if (!document.title.includes('Tollgate')) faults.push('no title');
      for (const tag of ['header.top', 'main', 'h1']) {
        const found = [...document.querySelectorAll(tag)].filter(visible).length;
        if (found !== 1) faults.push(`${found} of ${tag}`);
      }
      let level = 0;
      for (const heading of [...document.querySelectorAll('h1, h2, h3, h4')].filter(visible)) {
        const own = Number(heading.tagName[1]);
        if (own > level + 1) faults.push(`${heading.innerText} skips a level`);
        level = own;
      }
      for (const region of document.querySelectorAll('[aria-labelledby]')) {
        if (!document.getElementById(region.getAttribute('aria-labelledby'))?.innerText) faults.push('a region without a name');
      }
      for (const cell of document.querySelectorAll('th')) if (!cell.scope) faults.push(`${cell.innerText} has no scope`);
      const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
      if (new Set(ids).size !== ids.length) faults.push('an id twice');
      for (const bar of document.querySelectorAll('[role=progressbar]')) {
        if (!(Number(bar.ariaValueNow) >= 0 && Number(bar.ariaValueNow) <= 100 && bar.ariaValueText)) faults.push('a bar without values');
      }
      if (document.querySelector('#announcer').getAttribute('role') !== 'status') faults.push('nothing is announced');
      if (document.querySelector('[tabindex]:not([tabindex="0"], [tabindex="-1"])')) faults.push('an order of its own');
      return faults;
      """

    @Test("the keyboard reaches every control, in the order of the page, and one sees where it is")
    func focus() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.signIn(tenant.token)
        try await desk.browser.run(
          """
          window.reached = [];
          document.querySelector('#skip').focus();
          document.addEventListener('focusin', (event) => {
            const style = getComputedStyle(event.target);
            const everybody = [...document.querySelectorAll('*')];
            window.reached.push([everybody.indexOf(event.target), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]);
          });
          """)
        let count = try await desk.browser.run(
          "return [...document.querySelectorAll('a[href], button:enabled, input, select, summary')].filter((one) => one.checkVisibility()).length"
        ).integer
        let expected = try #require(count)
        #expect(expected >= 6)
        for _ in 1..<expected { try await desk.browser.press("\u{E004}") }
        let reached = try #require(try await desk.browser.run("return window.reached").array)
        #expect(reached.count == expected - 1)
        let order = reached.compactMap { $0.array?.first?.integer }
        #expect(order == order.sorted())
        #expect(reached.allSatisfy { $0.array?.last == .boolean(true) })
      }
    }

    @Test("signing in and skipping to the content work with keys alone")
    func keys() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.browser.open(desk.url)
        try await desk.wait("return document.activeElement.name === 'token'")
        try await desk.browser.press(tenant.token)
        try await desk.browser.press("\u{E007}")
        try await desk.settle()
        try await desk.browser.run("document.querySelector('#skip').focus()")
        try await desk.browser.press("\u{E007}")
        #expect(try await desk.browser.run("return document.activeElement.id").string == "main")
      }
    }
  }
}
