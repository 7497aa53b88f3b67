import JSON
import Testbed
import Testing

extension DashboardTests {
  @Suite("Signing in and out")
  struct SignInTests {
    @Test("a pasted token opens the page of its organization, and is out of reach of scripts")
    func pasting() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.browser.open(desk.url)
        try await desk.wait("return document.querySelector('form')")
        let field = try await desk.browser.find("input[name=token]")
        #expect(try await field.name() == "Access token")
        try await field.type("Bearer \(tenant.token)")
        try await desk.browser.button("Sign in").click()
        try await desk.settle()
        #expect(try await desk.text("h1") == "Test")
        #expect(try await desk.browser.run("return document.cookie").string == "")
        let cookie = try await desk.browser.command("GET", "/cookie/__Host-tollgate")
        #expect(cookie["httpOnly"] == .boolean(true))
        #expect(cookie["secure"] == .boolean(true))
        #expect(cookie["sameSite"]?.string == "Strict")
      }
    }

    @Test("a link of an identity provider signs in, and its token does not stay in the address")
    func link() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.browser.open("\(desk.url)#token=\(tenant.token)")
        try await desk.settle()
        #expect(try await desk.browser.run("return location.href").string == desk.url)
        // The next visit needs no token.
        try await desk.browser.open(desk.url)
        try await desk.settle()
        #expect(try await desk.text("h1") == "Test")
      }
    }

    @Test("a token that is no good is told of, beside the field that has the focus")
    func wrong() async throws {
      try await Desk.with { desk in
        try await desk.browser.open(desk.url)
        try await desk.wait("return document.querySelector('form')")
        for (text, problem) in [("garbage", "This token is not valid"), ("tg_live_abc", "That is an API key")] {
          let field = try await desk.browser.find("input[name=token]")
          try await field.clear()
          try await field.type(text)
          try await desk.browser.press("\u{E007}")
          try await desk.wait("return document.querySelector('[role=alert]').innerText.startsWith('\(problem)')")
          #expect(try await desk.browser.run("return document.activeElement.name").string == "token")
        }
        let powerless = try desk.served.server.tokens.mint(subject: nil, role: "anon")
        try await desk.browser.open("about:blank")
        try await desk.browser.open("\(desk.url)#token=\(powerless)")
        try await desk.waitForText("not for anybody who has something to do here")
      }
    }

    @Test("a session that has ended says so, shows nothing more, and leads back after signing in again")
    func expired() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        let token = try desk.served.server.tokens.user(tenant.userID, lifetimeSeconds: 15)
        try await desk.browser.open("\(desk.url)#token=\(token)")
        try await desk.waitForText("Your session has ended.")
        #expect(try await desk.text("main").contains("Available") == false)
        try await desk.browser.find("input[name=token]").type(tenant.token)
        try await desk.browser.button("Sign in").click()
        try await desk.settle()
        #expect(try await desk.text("h1") == "Test")
      }
    }

    @Test("a session of months is not over when a timer is at its longest")
    func longSession() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        let token = try desk.served.server.tokens.user(tenant.userID, lifetimeSeconds: 90 * 86_400)
        try await desk.browser.tools("Network.clearBrowserCookies")
        try await desk.browser.open(desk.url)
        try await desk.wait("return document.querySelector('form')")
        // Twice 23 days are over at once.
        try await desk.browser.run(
          """
          const wait = window.setTimeout;
          let count = 0;
          window.setTimeout = (work, milliseconds) => {
            if (!(milliseconds >= 2_000_000_000)) return wait(work, milliseconds);
            window.waits = ++count;
            return count > 2 ? 0 : wait(work, 0);
          };
          location.hash = 'token=\(token)';
          """)
        try await desk.settle()
        try await desk.wait("return window.waits === 3")
        #expect(try await desk.text("h1") == "Test")
      }
    }

    @Test("whoever cannot be signed out because the server is out of reach is told so")
    func signingOutOffline() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.signIn(tenant.token)
        try await desk.browser.tools("Network.setBlockedURLs", #"{"urls":["*/dashboard/session"]}"#)
        try await desk.browser.button("Sign out").click()
        try await desk.waitForText("You are still signed in. The server cannot be reached.")
        #expect(try await desk.text("#complaint").hasPrefix("You are still signed in."))
        try await desk.browser.keepScreenshot("complaint")
        try await desk.browser.tools("Network.setBlockedURLs", #"{"urls":[]}"#)
        try await desk.browser.button("Sign out").click()
        try await desk.wait("return document.querySelector('h1').innerText === 'Sign in'")
        #expect(try await desk.text("#complaint") == "")
      }
    }

    @Test("signing out takes everything off the page, and the next request is nobody's")
    func signingOut() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.signIn(tenant.token)
        try await desk.browser.button("Sign out").click()
        try await desk.wait("return document.querySelector('h1').innerText === 'Sign in'")
        #expect(try await desk.text("body").contains(String(tenant.userID.prefix(8))) == false)
        try await desk.browser.run("fetch('/api/v1/me').then((answer) => { window.answered = answer.status; })")
        try await desk.wait("return window.answered")
        #expect(try await desk.browser.run("return window.answered").integer == 401)
        #expect(try await desk.browser.command("GET", "/cookie").array == [])
      }
    }

    @Test("whoever follows an operator on the same browser sees nothing of the operator's pages")
    func otherKind() async throws {
      try await Desk.with { desk in
        let tenant = try await desk.served.makeTenant()
        try await desk.signIn(try desk.served.server.tokens.service(), at: "health")
        try await desk.browser.run("location.hash = 'token=\(tenant.token)'")
        try await desk.wait("return document.querySelector('dialog[open]')")
        try await desk.browser.button("Use the link").click()
        try await desk.wait("return document.querySelector('h1').innerText === 'Test'")
        #expect(
          try await desk.browser.run("return document.querySelector('#pages').checkVisibility()") == .boolean(false))
        #expect(try await desk.text("body").contains("Requests answered") == false)
      }
    }

    @Test("a link signs nobody in while the page cannot know who is signed in")
    func blindLink() async throws {
      try await Desk.with { desk in
        let (tenant, other) = (try await desk.served.makeTenant(), try await desk.served.makeTenant())
        try await desk.signIn(tenant.token)
        try await desk.browser.tools("Network.setBlockedURLs", #"{"urls":["*/api/v1/me"]}"#)
        try await desk.browser.open("about:blank")
        try await desk.browser.open("\(desk.url)#token=\(other.token)")
        try await desk.waitForText("The page could not be loaded")
        try await desk.browser.tools("Network.setBlockedURLs", #"{"urls":[]}"#)
        try await desk.browser.button("Try again").click()
        try await desk.wait("return document.querySelector('.who .code')?.title === '\(tenant.userID)'")
      }
    }

    @Test("a link with a token of somebody else asks first, and staying is staying")
    func otherLink() async throws {
      try await Desk.with { desk in
        let (tenant, other) = (try await desk.served.makeTenant(), try await desk.served.makeTenant())
        try await desk.signIn(tenant.token)
        for (answer, userID) in [("Stay signed in", tenant.userID), ("Use the link", other.userID)] {
          try await desk.browser.run("location.hash = 'token=\(other.token)'")
          try await desk.wait("return document.querySelector('dialog[open]')")
          try await desk.browser.button(answer).click()
          try await desk.wait(
            "return !document.querySelector('dialog') && document.querySelector('.who .code')?.title === '\(userID)'")
        }
      }
    }
  }
}
