import JSON
import Testbed
import Testing

/// Something on the page that a person can see and use.
struct Element: Sendable {
  let browser: Browser
  private let id: String

  /// WebDriver's name for a reference (W3C WebDriver, section 12.2).
  private static let reference = "element-6066-11e4-a52e-4f735466cecf"

  fileprivate init(_ browser: Browser, _ value: JSONValue) throws {
    guard let id = value[Self.reference]?.string else { throw Browser.Failure(description: "no element: \(value)") }
    self.browser = browser
    self.id = id
  }

  func click() async throws { try await browser.command("POST", "/element/\(id)/click") }

  func type(_ text: String) async throws {
    try await browser.command("POST", "/element/\(id)/value", #"{"text":\#(text.quoted)}"#)
  }

  func clear() async throws { try await browser.command("POST", "/element/\(id)/clear") }

  /// What those hear who cannot see it.
  func name() async throws -> String { try await ask("computedlabel") }
  func role() async throws -> String { try await ask("computedrole") }
  func tag() async throws -> String { try await ask("name") }
  func text() async throws -> String { try await ask("text") }

  private func ask(_ question: String) async throws -> String {
    try await browser.command("GET", "/element/\(id)/\(question)").string ?? ""
  }
}

extension Browser {
  /// The first element that a CSS selector finds.
  func find(_ selector: String) async throws -> Element {
    try Element(self, try await command("POST", "/element", #"{"using":"css selector","value":\#(selector.quoted)}"#))
  }

  /// All that a CSS selector finds, apart from what is folded away.
  func findAll(_ selector: String) async throws -> [Element] {
    let found = try await run(
      "return [...document.querySelectorAll(\(selector.quoted))].filter((one) => one.checkVisibility())")
    return try (found.array ?? []).map { try Element(self, $0) }
  }

  /// The button that says this, in a dialog where one is open.
  func button(_ text: String) async throws -> Element {
    let isAsking = try await run("return document.querySelector('dialog[open]') !== null") == .boolean(true)
    let path = "\(isAsking ? "//dialog" : "")//button[normalize-space()=\"\(text)\"]"
    return try Element(self, try await command("POST", "/element", #"{"using":"xpath","value":\#(path.quoted)}"#))
  }

  /// Presses keys, wherever the focus is.
  func press(_ keys: String) async throws {
    let actions = keys.map {
      #"{"type":"keyDown","value":\#(String($0).quoted)},{"type":"keyUp","value":\#(String($0).quoted)}"#
    }
    .joined(separator: ",")
    try await command("POST", "/actions", #"{"actions":[{"type":"key","id":"keyboard","actions":[\#(actions)]}]}"#)
  }
}
