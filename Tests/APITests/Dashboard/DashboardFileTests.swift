import Foundation
import Testbed
import Testing

@testable import API

@Suite("The dashboard's files")
struct DashboardFileTests {
  private func get(_ target: String, _ fields: [(String, String)] = []) async throws -> RawClient.Answer {
    try await ServedDatabase.shared().server.call("GET", target, headers: fields)
  }

  /// The addresses that the page loads.
  private func loaded() async throws -> [String] {
    let page = try await get("/dashboard").body
    return page.matches(of: /(?:src|href)="(\/dashboard\/[^"]+)"/).map { String($0.output.1) }
  }

  @Test("everybody gets the page, which may ask nobody but this server, and is in nobody's frame")
  func page() async throws {
    let answer = try await get("/dashboard")
    #expect(answer.status == 200)
    #expect(answer["Content-Type"] == "text/html; charset=utf-8")
    let policy = try #require(answer["Content-Security-Policy"])
    let rules = policy.components(separatedBy: "; ")
    for rule in [
      "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'",
      "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "trusted-types 'none'",
    ] { #expect(rules.contains(rule)) }
    #expect(!policy.contains("unsafe"))
    #expect(!policy.contains("http"))
    #expect(answer["Referrer-Policy"] == "no-referrer")
    #expect(!answer.body.contains("style=") && !answer.body.contains("<style") && !answer.body.contains(" onclick"))
  }

  @Test("the page names what it loads by its version, which browsers keep for good")
  func versions() async throws {
    let addresses = try await loaded()
    #expect(addresses.count == 4)
    for address in addresses {
      let answer = try await get(address)
      #expect(answer.status == 200, "\(address)")
      #expect(answer["Cache-Control"] == "public, max-age=31536000, immutable")
    }
    #expect(try await get("/dashboard/files/dashboard.js?v=another")["Cache-Control"] == "no-cache")
    #expect(try await get("/dashboard")["Cache-Control"] == "no-cache")
  }

  @Test("who has the present version is told so, without the body")
  func known() async throws {
    for target in ["/dashboard", "/dashboard/files/dashboard.css"] {
      let tag = try #require(try await get(target)["ETag"])
      let answer = try await get(target, [("If-None-Match", "\"another\", \(tag)")])
      #expect(answer.status == 304)
      #expect(answer.body.isEmpty)
      #expect(answer["ETag"] == tag)
      #expect(try await get(target, [("If-None-Match", "\"another\"")]).status == 200)
    }
  }

  @Test("nothing else is served below the dashboard's path")
  func others() async throws {
    for name in ["index.html", "..%2Fopenapi.json", "sql", "", "Dashboard.js"] {
      #expect(try await get("/dashboard/files/\(name)").status == 404, "\(name)")
    }
    #expect(try await get("/dashboard/session")["Allow"] == "DELETE, POST")
  }
}
