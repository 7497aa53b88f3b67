import Foundation
import Testbed
import Testing

@Suite("what is watched exists")
struct MonitoringTests {
  /// Names of metrics in a text.
  private static func names(in text: String) -> Set<String> {
    Set(text.matches(of: /\b(?:tollgate|process)_[a-z_]+\b/).map { String($0.output) })
  }

  private static func read(_ name: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: "docs/monitoring/\(name)"), encoding: .utf8)
  }

  @Test("a server has every metric that the dashboard and the alert rules look at, and none that is not described")
  func names() async throws {
    let serving = try await Serving()
    let tenant = try await serving.served.makeTenant()
    // A histogram has its buckets once something was counted in it.
    _ = try await serving.address.send("GET", "/api/v1/tokens/balance", token: tenant.token)
    let page = try await serving.address.send("GET", "/metrics").body
    #expect(try await serving.end(SIGTERM).status == 0)
    let there = Self.names(in: page)
    for file in ["grafana-dashboard.json", "alerts.yml"] {
      let looked = Self.names(in: try Self.read(file))
      #expect(looked.count > 5, "\(file)")
      #expect(looked.subtracting(there) == [], "\(file)")
    }
    let described = Self.names(in: try Self.read("README.md"))
    let metrics = page.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
      String($0.split(separator: " ")[2])
    }
    #expect(Set(metrics).subtracting(described) == [])
    #expect(described.subtracting(there) == [])
  }
}
