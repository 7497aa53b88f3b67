import Foundation
import JSON
import Testbed
import Testing

/// The dashboard in real browsers, on a real server.
@Suite("The dashboard")
struct DashboardTests {}

/// The browser, and a server whose dashboard it opens.
struct Desk: Sendable {
  let browser: Browser
  let served: ServedDatabase

  var origin: String { "http://127.0.0.1:\(served.server.port)" }
  var url: String { origin + "/dashboard" }

  /// Of these tests alone: an overview counts everybody.
  private static let served = Task { try await ServedDatabase.make() }

  /// Lends both, and sees to it that the page broke none of its own rules.
  static func with(_ body: @Sendable (Desk) async throws -> Void) async throws {
    let served = try await served.value
    try await Browsers.shared.lend { browser in
      let desk = Desk(browser: browser, served: served)
      try await body(desk)
      #expect(try await desk.faults() == [])
      try await browser.open("about:blank")
    }
  }

  /// What the console complains of: the policy, and errors that nothing caught. Answers such as 401 are no faults.
  private func faults() async throws -> [String] {
    try await browser.log("browser").compactMap { entry in
      guard entry["level"]?.string == "SEVERE", entry["source"]?.string != "network" else { return nil }
      return entry["message"]?.string
    }
  }

  /// Opens the page as an identity provider would, as nobody yet, and waits until it has everything.
  func signIn(_ token: String, at view: String = "") async throws {
    try await browser.tools("Network.clearBrowserCookies")
    try await browser.open(url)
    try await wait("return document.querySelector('form')")
    try await browser.run("location.hash = 'token=\(token)'")
    try await wait("return document.querySelector('#sign-out')")
    if !view.isEmpty {
      try await browser.run("location.hash = '\(view)'")
      let name = view.prefix { $0 != "/" && $0 != "?" }
      try await wait("return document.querySelector('[aria-current=page]').hash === '#\(name)'")
    }
    try await settle()
  }

  /// Waits until the page is live, and nothing in it loads.
  func settle() async throws {
    try await wait(
      "return document.querySelector('.live[data-state=fresh]')?.isConnected && !document.querySelector('[aria-busy=true]')"
    )
  }

  /// Waits for a condition in the page, which has to come true.
  func wait(_ condition: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    guard try await browser.eventually(condition) else {
      let text = try await browser.run("return document.body.innerText").string ?? ""
      Issue.record("\(condition) never came true: \(text.prefix(1_500))", sourceLocation: sourceLocation)
      throw Browser.Failure(description: "gave up")
    }
  }

  /// Waits until the page says something.
  func waitForText(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    try await wait("return document.body.innerText.includes(\(text.quoted))", sourceLocation: sourceLocation)
  }

  /// The text of the first element that a selector finds.
  func text(_ selector: String) async throws -> String {
    try await browser.run("return document.querySelector(\(selector.quoted))?.innerText ?? ''").string ?? ""
  }

  /// Asks the server itself, as the same caller, with JSON.
  func ask(_ method: String, _ path: String, _ token: String, _ body: String? = nil) async throws -> JSONValue {
    let answer = try await served.server.send(method, path, token: token, body: body.map { Array($0.utf8) })
    try #require((200...299).contains(answer.status), "\(path): \(answer.body)")
    return try answer.json()
  }

  /// Opens a tenant's page as an operator.
  func openAsOperator(_ tenant: Tenant) async throws {
    try await signIn(try served.server.tokens.service(), at: "organizations/\(tenant.organizationID)")
    try await wait("return document.querySelector('[data-type=general]')")
  }

  /// Uses a feature for a tenant.
  func spend(_ tenant: Tenant, _ feature: String, units: Int = 1) async throws {
    _ = try await ask(
      "POST", "/api/v1/tokens/deduct", tenant.token, #"{"featureUsed":"\#(feature)","units":\#(units)}"#)
  }

  /// Sets a balance to a figure.
  func set(_ tokenType: String, of tenant: Tenant, to balance: Int) async throws {
    _ = try await ask(
      "POST", "/api/v1/admin/organizations/\(tenant.organizationID)/adjust", try served.server.tokens.service(),
      #"{"tokenType":"\#(tokenType)","balance":\#(balance)}"#)
  }
}
