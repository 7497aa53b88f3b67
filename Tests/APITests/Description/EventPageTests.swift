import Foundation
import JSON
import Testbed
import Testing

@Suite("Types of events in docs/alerts.md")
struct EventPageTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")

  @Test("every type that a webhook may ask for has a row, and no other has")
  func types() throws {
    let document = try parseJSON(Array(Data(contentsOf: Self.root.appending(path: "openapi.json"))))
    let events = document["components"]?["schemas"]?["WebhookRequest"]?["properties"]?["events"]
    let known = try #require(events?["items"]?["enum"]?.array).compactMap(\.string)
    let page = try String(contentsOf: Self.root.appending(path: "docs/alerts.md"), encoding: .utf8)
    let section = try #require(page.firstMatch(of: /## Types of events\n((?s:.*?))\n#/)?.output.1)
    let named = section.split(separator: "\n").filter { $0.hasPrefix("| `") }.flatMap { row in
      row.split(separator: "|")[0].matches(of: /`([a-z_.]+)`/).map { String($0.output.1) }
    }
    #expect(named.sorted() == known.sorted())
  }
}
