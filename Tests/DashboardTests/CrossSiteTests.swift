import Cluster
import HTTP
import JSON
import Testbed
import Testing

extension DashboardTests {
  @Suite("Pages of others")
  struct CrossSiteTests {
    /// A server with one page, which is somebody else's.
    private static func withPage(_ html: String, _ body: (UInt16) async throws -> Void) async throws {
      var router = Router()
      router.add("GET", "/") { _, responder in
        responder.send(Response(status: 200, headers: [("Content-Type", "text/html")], body: Array(html.utf8)))
      }
      let server = try Server(ServerConfiguration(port: 0), router: router)
      try server.start()
      do { try await body(server.port) } catch {
        try await onOwnThread { server.stop(deadlineSeconds: 1) }
        throw error
      }
      try await onOwnThread { server.stop(deadlineSeconds: 1) }
    }

    /// The same site is another port of the address, where browsers do send `SameSite=Strict` cookies.
    @Test(
      "neither another site nor another port of this one changes or reads anything",
      arguments: ["127.0.0.1", "localhost"])
    func forgery(host: String) async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.signIn(try desk.served.server.tokens.service())
        let path = "\(desk.origin)/api/v1/admin/organizations/\(tenant.organizationID)"
        let page = """
          <!doctype html><title>Elsewhere</title><iframe name="hidden"></iframe>
          <form method="post" enctype="text/plain" target="hidden" action="\(path)/adjust">
          <input name='{"tokenType":"general","amount":1000,"reason":"' value='"}'></form>
          <form method="post" target="hidden" action="\(desk.origin)/dashboard/session"><input name="token" value="a"></form>
          <script>
          for (const form of document.forms) form.submit();
          const tries = [
            fetch('\(path)/adjust', { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"tokenType":"general","amount":1000}' }),
            fetch('\(path)', { method: 'PATCH', credentials: 'include', headers: { 'Content-Type': 'application/json', 'X-Tollgate-Dashboard': '1' }, body: '{"status":"suspended"}' }),
            fetch('\(desk.origin)/dashboard/session', { method: 'DELETE', credentials: 'include', headers: { 'X-Tollgate-Dashboard': '1' } }),
            fetch('\(desk.origin)/api/v1/tokens/balance?organizationId=\(tenant.organizationID)', { credentials: 'include' }).then((answer) => answer.text()),
          ];
          Promise.allSettled(tries).then((all) => { window.outcomes = all.map((one) => one.status); });
          </script>
          """
        try await Self.withPage(page) { port in
          try await desk.browser.open("http://\(host):\(port)/")
          try await desk.wait("return window.outcomes")
          // The first cannot be read, only sent.
          #expect(
            try await desk.browser.run("return window.outcomes").array?.compactMap(\.string)
              == ["fulfilled", "rejected", "rejected", "rejected"])
          _ = try await desk.browser.log("browser")
        }
        let state = try await desk.served.text(
          """
          SELECT status || ' ' || (SELECT balance FROM public.ai_tokens AS t WHERE t.organization_id = o.id AND token_type = 'general')
          FROM public.organizations AS o WHERE id = '\(tenant.organizationID)'
          """)
        #expect(state == "active 50")
        // Still signed in as before.
        try await desk.browser.open(desk.url)
        try await desk.settle()
        #expect(try await desk.text(".who").contains("Operator"))
        #expect(try await desk.served.violations() == [])
      }
    }

    @Test("the page is in nobody's frame")
    func framing() async throws {
      try await Desk.with { desk in
        try await Self.withPage("<!doctype html><title>Elsewhere</title><iframe src='\(desk.url)'></iframe>") { port in
          try await desk.browser.open("http://127.0.0.1:\(port)/")
          let complaint = try await desk.browser.log("browser").compactMap { $0["message"]?.string }
            .first { $0.contains("frame-ancestors") }
          #expect(complaint != nil)
        }
      }
    }

    @Test("the pages ask nobody but their own server")
    func requests() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.signIn(tenant.token)
        try await desk.browser.button("Sign out").click()
        try await desk.wait("return document.querySelector('form')")
        try await desk.signIn(try desk.served.server.tokens.service(), at: "organizations/\(tenant.organizationID)")
        let events = try await desk.browser.log("performance").compactMap { $0["message"]?.string }
        let urls = events.filter { $0.contains(#""Network.requestWillBeSent""#) }
          .flatMap { $0.matches(of: /"request":\{.*?"url":"([^"]+)"/).map { String($0.output.1) } }
        #expect(urls.count > 10)
        #expect(urls.filter { !$0.hasPrefix(desk.origin + "/") } == [])
        #expect(urls.filter { $0.contains("token=") } == [])
      }
    }
  }
}
