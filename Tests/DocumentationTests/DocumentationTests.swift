import Cluster
import Dispatch
import Foundation
import Testbed
import Testing

@Suite("Documentation")
struct DocumentationTests {
  private static let pages = Result { try Tree.pages() }
  private static let records = ProcessInfo.processInfo.environment["TOLLGATE_RECORD_DOCUMENTS"] == "1"
  /// Each page has a server and a database of its own.
  private static let places = DispatchSemaphore(value: 4)

  /// TOLLGATE_RECORD_DOCUMENTS=1 rewrites pages to show what came; read the difference.
  @Test("what a page shows is what comes", arguments: try pages.get())
  func page(path: String) async throws {
    let page = try Page.read(path)
    let problems = try await onOwnThread {
      Self.places.wait()
      defer { Self.places.signal() }
      return try PageRun.run(page, records: Self.records)
    }
    for problem in problems { Issue.record("\(problem)") }
  }

  @Test("every concept has a page with examples")
  func concepts() throws {
    let concepts = [
      "spending", "balances", "idempotency", "reservations", "refunds", "plans", "guards", "limits", "keys", "ledger",
      "sql", "errors", "content-budgets", "decision-caches", "credentials", "administration", "alerts", "analytics",
      "payments", "dashboard",
    ]
    for concept in concepts {
      let page = try Page.read("docs/\(concept).md")
      #expect(page.blocks.contains { $0.language == "console" || $0.language == "sql" }, "\(concept)")
    }
  }

  @Test("the table of contents names every page")
  func contents() throws {
    let links = Set(try Links.targets(of: Page.read("docs/README.md")).map { "docs/" + $0.prefix { $0 != "#" } })
    // These have their own.
    let folders = ["docs/operating/", "docs/migrating/", "docs/monitoring/"]
    for path in try Self.pages.get() where path.hasPrefix("docs/") && path != "docs/README.md" {
      #expect(folders.contains { path.hasPrefix($0) } || links.contains(path), "docs/README.md does not name \(path)")
    }
  }
}
