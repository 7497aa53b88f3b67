import Cluster
import Foundation
import JSON
import Testbed

/// A window of a real browser: commands of WebDriver (W3C), and of Chromium's DevTools where that has none.
struct Browser: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
    /// The element is not on the page any more: W3C WebDriver's error "stale element reference".
    var isOfStaleElement = false
  }

  private let port: UInt16
  private let session: String

  init() async throws {
    let driver = try await onOwnThread { try Self.driver.get() }
    port = driver.port
    // Chromium refuses its sandbox to root.
    let sandbox = getuid() == 0 ? #""--no-sandbox","# : ""
    let capabilities = """
      {"capabilities":{"alwaysMatch":{"pageLoadStrategy":"normal",
      "timeouts":{"script":\(Self.patienceSeconds * 1_000 + 30_000)},"goog:loggingPrefs":{"browser":"ALL","performance":"ALL"},
      "goog:chromeOptions":{"args":[\(sandbox)"--headless=new","--disable-gpu","--disable-dev-shm-usage",
      "--disable-background-networking","--disable-component-update","--disable-sync","--no-first-run","--hide-scrollbars",
      "--lang=en-US","--window-size=1280,900"]}}}}
      """
    let made = try await Self.send("POST", "/session", capabilities, to: driver.port)
    guard let id = made["sessionId"]?.string else { throw Failure(description: "no session: \(made)") }
    session = id
  }

  private static let driver = Result { try BrowserDriver() }

  /// Sends a command about this window, and returns its value.
  @discardableResult
  func command(_ method: String, _ path: String, _ body: String? = "{}") async throws -> JSONValue {
    try await Self.send(method, "/session/\(session)\(path)", method == "POST" ? body : nil, to: port)
  }

  /// A command of the DevTools protocol.
  @discardableResult
  func tools(_ name: String, _ parameters: String = "{}") async throws -> JSONValue {
    try await command("POST", "/goog/cdp/execute", #"{"cmd":"\#(name)","params":\#(parameters)}"#)
  }

  /// Runs the body of a function in the page, and returns what it returns.
  @discardableResult
  func run(_ script: String) async throws -> JSONValue {
    try await command("POST", "/execute/sync", #"{"script":\#(script.quoted),"args":[]}"#)
  }

  /// How long a page is waited for: what else runs on the machine must not decide.
  private static let patienceSeconds = 60

  /// Waits until the body of a function returns something true; false when that does not happen in time.
  func eventually(_ condition: String) async throws -> Bool {
    let script = """
      const done = arguments[arguments.length - 1];
      const end = Date.now() + \(Self.patienceSeconds * 1_000);
      (function look() {
        let value = false;
        try { value = (() => { \(condition) })(); } catch {}
        if (value || Date.now() > end) done(Boolean(value)); else requestAnimationFrame(look);
      })();
      """
    return try await command("POST", "/execute/async", #"{"script":\#(script.quoted),"args":[]}"#) == .boolean(true)
  }

  func open(_ url: String) async throws { try await command("POST", "/url", #"{"url":\#(url.quoted)}"#) }

  /// What was logged since it was asked last: by the console, or of the `performance`.
  func log(_ kind: String) async throws -> [JSONValue] {
    try await command("POST", "/se/log", #"{"type":"\#(kind)"}"#).array ?? []
  }

  /// As if nobody had used it.
  func reset() async throws {
    try await open("about:blank")
    try await tools("Network.clearBrowserCookies")
    try await tools("Network.enable")
    try await tools("Network.setBlockedURLs", #"{"urls":[]}"#)
    try await show(width: 1_280, height: 900)
    try await prefer(scheme: "light")
    _ = try await log("browser")
    _ = try await log("performance")
  }

  /// The size of the window in CSS pixels. Narrow ones are phones.
  func show(width: Int, height: Int) async throws {
    let isPhone = width < 500
    try await tools(
      "Emulation.setDeviceMetricsOverride",
      #"{"width":\#(width),"height":\#(height),"deviceScaleFactor":\#(isPhone ? 2 : 1),"mobile":\#(isPhone)}"#)
  }

  /// What its user prefers.
  func prefer(scheme: String, motion: String = "no-preference") async throws {
    try await tools(
      "Emulation.setEmulatedMedia",
      #"{"features":[{"name":"prefers-color-scheme","value":"\#(scheme)"},{"name":"prefers-reduced-motion","value":"\#(motion)"}]}"#
    )
  }

  /// Keeps a picture of the whole page in `.build/screenshots`.
  func keepScreenshot(_ name: String) async throws {
    let answer = try await tools("Page.captureScreenshot", #"{"format":"png","captureBeyondViewport":true}"#)
    guard let data = answer["data"]?.string.flatMap({ Data(base64Encoded: $0) }) else {
      throw Failure(description: "no picture")
    }
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: ".build/screenshots")
    try await onOwnThread {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try data.write(to: folder.appending(path: "\(name).png"))
    }
  }

  private static func send(_ method: String, _ path: String, _ body: String?, to port: UInt16) async throws -> JSONValue
  {
    let content = Array((body ?? "").utf8)
    var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    if body != nil { head += "Content-Type: application/json\r\nContent-Length: \(content.count)\r\n" }
    let bytes = Array((head + "\r\n").utf8) + content
    let answer = try await onOwnThread {
      let client = try RawClient(port: port, patienceSeconds: Self.patienceSeconds + 60)
      client.send(bytes)
      return try client.readAnswer()
    }
    let value = try answer.json()["value"] ?? .null
    guard answer.status == 200 else {
      let error = value["error"]?.string ?? ""
      throw Failure(
        description: "\(path): \(error) \(value["message"]?.string ?? answer.body)",
        isOfStaleElement: error == "stale element reference")
    }
    return value
  }
}

extension String {
  /// As a string in JSON.
  var quoted: String { String(decoding: JSONValue.string(self).encoded(), as: UTF8.self) }
}
