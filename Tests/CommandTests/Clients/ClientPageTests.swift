import Cluster
import Foundation
import Testbed
import Testing

/// docs/clients.md: what it shows is what is run.
@Suite("the page about clients")
struct ClientPageTests {
  /// The code blocks of a language.
  private static func blocks(_ language: String) throws -> [String] {
    try Tree.text("docs/clients.md").components(separatedBy: "\n```\(language)\n").dropFirst().map { rest in
      String(rest[..<(rest.range(of: "\n```")?.lowerBound ?? rest.endIndex)])
    }
  }

  private static func trimmed(_ text: String) -> [String] {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  @Test("its Swift is in a test, line for line")
  func swift() throws {
    let tested = Self.trimmed(try Tree.text("Tests/ClientTests/DocumentedExamples.swift"))
    let blocks = try Self.blocks("swift")
    #expect(blocks.count == 5)
    for block in blocks { #expect(tested.contains(Self.trimmed(block)), "\(block)") }
  }

  @Test("its Python and JavaScript print what it says", arguments: ["python", "javascript"])
  func script(language: String) async throws {
    let code = try #require(try Self.blocks(language).first)
    let printed = try #require(try Self.blocks("text").first)
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let outcome = try await onOwnThread {
      let folder = try ScratchFolder()
      let words =
        if language == "python" {
          ["python3", "-B", try folder.write("example.py", code)]
        } else {
          ["node", try folder.write("example.mjs", code)]
        }
      for client in ["clients/python/tollgate.py", "clients/javascript/tollgate.mjs"] {
        _ = try folder.write(String(client.split(separator: "/").last ?? ""), Tree.text(client))
      }
      return try Program(
        executable: "/usr/bin/env", words,
        environment: ["TOLLGATE_URL": "http://127.0.0.1:\(served.server.port)", "TOLLGATE_TOKEN": tenant.token]
      ).waitUntilEnd()
    }
    #expect(outcome.output == printed + "\n", "\(outcome.complaints)")
    #expect(outcome.status == 0)
  }
}
