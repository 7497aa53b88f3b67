import Cluster
import Foundation
import Testing

@Suite("The reference of the HTTP interface")
struct ReferenceTests {
  @Test("docs/api is what openapi.json says; `make api-reference` makes it anew")
  func reference() async throws {
    let (output, status) = try await onOwnThread {
      let script = try Conversation(
        ["/bin/sh", "-c", "scripts/api-reference --check; status=$?; echo; echo end $status"], in: Tree.root.path(),
        environment: ["PATH": "/usr/bin:/bin"])
      return try script.lines(until: "end")
    }
    #expect(status == "0", "\(output)")
  }
}
