import JSON
import Testbed
import Testing

extension DashboardTests {
  @Suite("What the pages look like")
  struct AppearanceTests {
    /// What a scheme, a size and a page are called in the pictures.
    struct Look: Sendable, CustomTestStringConvertible {
      let name: String
      var scheme = "light"
      var width = 1_280
      var isOperator = false
      var view = ""
      var testDescription: String { name }
    }

    static let looks = [
      Look(name: "tenant-light"), Look(name: "tenant-dark", scheme: "dark"), Look(name: "tenant-phone", width: 360),
      Look(name: "tenant-phone-dark", scheme: "dark", width: 360), Look(name: "operator-overview", isOperator: true),
      Look(name: "operator-organizations", isOperator: true, view: "organizations"),
      Look(name: "operator-organization", isOperator: true, view: "organizations/ID"),
      Look(
        name: "operator-organization-phone-dark", scheme: "dark", width: 360, isOperator: true, view: "organizations/ID"
      ),
      Look(name: "operator-alerts", isOperator: true, view: "alerts"),
      Look(name: "operator-webhooks-dark", scheme: "dark", isOperator: true, view: "webhooks"),
      Look(name: "operator-health-phone", width: 360, isOperator: true, view: "health"),
    ]

    @Test("text can be read, and nothing is wider than the screen", arguments: looks)
    func readable(look: Look) async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.spend(tenant, "generate_goal", units: 6)
        try await desk.spend(tenant, "analyze_strategy", units: 30)
        _ = try await desk.ask(
          "POST", "/api/v1/tokens/check-balance", tenant.token,
          #"{"organizationId":"\#(tenant.organizationID)","featureUsed":"generate_goal","action":"deduct"}"#)
        try await desk.browser.show(width: look.width, height: 800)
        try await desk.browser.prefer(scheme: look.scheme)
        try await desk.signIn(
          look.isOperator ? try desk.served.server.tokens.service() : tenant.token,
          at: look.view.replacing("ID", with: tenant.organizationID))
        #expect(try await desk.browser.run(Self.poorContrasts).array == [])
        let width = try #require(try await desk.browser.run("return document.documentElement.scrollWidth").integer)
        #expect(width <= look.width)
        try await desk.browser.keepScreenshot(look.name)
      }
    }

    @Test("the sign-in can be read in both schemes", arguments: ["light", "dark"])
    func signIn(scheme: String) async throws {
      try await Desk.with { desk in
        try await desk.browser.prefer(scheme: scheme)
        try await desk.browser.open(desk.url)
        try await desk.wait("return document.querySelector('form')")
        try await desk.browser.find("input[name=token]").type("garbage\u{E007}")
        try await desk.waitForText("This token is not valid")
        #expect(try await desk.browser.run(Self.poorContrasts).array == [])
        try await desk.browser.keepScreenshot("sign-in-\(scheme)")
      }
    }

    @Test("dark is dark, and who wants less motion gets none")
    func preferences() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.signIn(tenant.token)
        let look = """
          const bar = document.querySelector('.meter > div');
          return [getComputedStyle(document.body).backgroundColor, getComputedStyle(bar).transitionDuration];
          """
        let light = try await desk.browser.run(look).array?.compactMap(\.string)
        try await desk.browser.prefer(scheme: "dark", motion: "reduce")
        let dark = try await desk.browser.run(look).array?.compactMap(\.string)
        #expect(light == ["rgb(244, 245, 248)", "0.35s"])
        #expect(dark == ["rgb(14, 17, 23)", "0s"])
      }
    }

    /// Texts whose contrast to what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3), and where they are.
    private static let poorContrasts = """
      const parts = (color) => color.match(/[\\d.]+/g).map(Number);
      const light = (value) => value <= 0.04045 * 255 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
      const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
      const behind = (element) => {
        for (let one = element; one; one = one.parentElement) {
          const color = parts(getComputedStyle(one).backgroundColor);
          if (color.length === 3 || color[3] === 1) return color;
        }
        return [255, 255, 255];
      };
      const poor = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || element.closest('.unseen, noscript, [hidden]')) continue;
        if (element.closest('button:disabled') || !element.checkVisibility() || element.tagName === 'OPTION') continue;
        const style = getComputedStyle(element);
        const front = parts(element.namespaceURI.endsWith('svg') ? style.fill : style.color);
        const [one, other] = [luminance(front), luminance(behind(element))].sort((a, b) => b - a);
        const contrast = (one + 0.05) / (other + 0.05);
        if (contrast < 4.5) poor.push(`${contrast.toFixed(2)}: ${walker.currentNode.data.trim()}`);
      }
      return poor;
      """
  }
}
