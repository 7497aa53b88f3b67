import Foundation
import JSON
import Testbed
import Testing

@Suite("how commands are typed")
struct UsageTests {
  private static let commands = [
    "serve", "dev", "migrate up", "migrate status", "migrate plan", "migrate verify", "verify", "sweep", "org create",
    "org list", "org show", "org plan", "org suspend", "org resume", "org reset", "org adjust", "user create",
    "user list", "user role", "user remove", "key create", "key list", "key revoke", "key rotate", "plan list",
    "plan show", "plan set", "action list", "action show", "action set", "audit list", "budget list", "budget set",
    "budget level", "budget reset", "vault rotate", "vault status",
    "token mint", "config", "version",
  ]

  @Test("every command explains itself on standard output", arguments: commands)
  func help(command: String) async throws {
    let words = command.split(separator: " ").map(String.init)
    for flag in ["--help", "-h"] {
      let outcome = try await Program.run(words + [flag])
      #expect(outcome.status == 0)
      #expect(outcome.output.hasPrefix("usage: tollgate \(command)"))
      #expect(outcome.complaints.isEmpty)
    }
  }

  @Test("the overview names every command")
  func overview() async throws {
    let asked = try await Program.run(["--help"])
    #expect(asked.status == 0)
    for command in Self.commands { #expect(asked.output.contains("\n  \(command) ")) }
    let bare = try await Program.run([])
    #expect(bare.status == 2)
  }

  @Test(
    "wrong usage is exit code 2 with one sentence, and nothing on standard output",
    arguments: [
      ["fly"], ["migrate"], ["migrate", "down"], ["org"], ["serve", "--port", "1"], ["serve", "now"],
      ["version", "--json=1"], ["config", "--verbose"], ["dev", "--listen"], ["dev", "--listen", "nowhere"],
      ["dev", "--data", "a", "--data", "b"], ["org", "create"], ["org", "create", "--name", "a"],
      ["user", "create", "--organization", "x"], ["token", "mint", "--lifetime-seconds", "0", "--service"],
      ["org", "create", "--name", "  ", "--plan", "pro"],
      ["user", "create", "--organization", "3f1b7c9e-0000-4000-8000-00000000000f", "--email", ""],
      ["key"], ["key", "create", "--service", "--name", "a"], ["key", "create", "--name", "a", "--scope", "read"],
      ["key", "create", "--service", "--name", "a", "--scope", "write"],
      ["key", "create", "--service", "--name", "a", "--scope", "read", "--scope", "read"],
      ["key", "create", "--service", "--organization", "3f1b7c9e-0000-4000-8000-00000000000f", "--name", "a"],
      ["key", "create", "--service", "--name", "", "--scope", "read"],
      ["key", "create", "--service", "--name", "a", "--scope", "read", "--expires", "soon"], ["key", "list"],
      ["key", "list", "--service", "--organization", "3f1b7c9e-0000-4000-8000-00000000000f"], ["key", "revoke"],
      ["key", "revoke", "x"], ["key", "revoke", "tg_live_x"], ["key", "rotate", "x"],
      ["key", "rotate", "3f1b7c9e-0000-4000-8000-00000000000f", "--grace-seconds", "2592001"],
      ["org", "list", "--sort", "size"], ["org", "list", "--status", "gone"], ["org", "show"],
      ["org", "show", "--organization", "x"], ["org", "reset", "--organization", "x", "--token-type", "general"],
      ["org", "adjust", "--organization", "3f1b7c9e-0000-4000-8000-00000000000f", "--token-type", "general"],
      [
        "org", "adjust", "--organization", "3f1b7c9e-0000-4000-8000-00000000000f", "--token-type", "general",
        "--amount", "1.5",
      ],
      ["user", "list", "--organization", "x"], ["user", "remove", "--id", "3f1b7c9e-0000-4000-8000-00000000000f"],
      ["plan"], ["plan", "show"], ["plan", "set", "pro"], ["plan", "set", "pro", "--tokens", "general"],
      ["plan", "set", "pro", "--tokens", "general=-1"], ["plan", "set", "--title", "Pro"], ["action", "show"],
      ["action", "set", "summarize", "--token-type", "general"],
      ["action", "set", "summarize", "--token-type", "general", "--cost", "1", "--rates", "{}"],
      ["action", "set", "summarize", "--token-type", "general", "--rates", "3"], ["action", "set", "--cost", "1"],
      ["audit"], ["audit", "list", "--from", "soon"], ["audit", "list", "--limit", "-1"],
      ["audit", "list", "--organization", "x"], ["budget"], ["budget", "list", "--sort", "name"],
      ["budget", "set", "--level", "1"],
      ["budget", "set", "--organization", "3f1b7c9e-0000-4000-8000-00000000000f"],
      ["budget", "set", "--organization", "3f1b7c9e-0000-4000-8000-00000000000f", "--level", "-1"],
      ["budget", "set", "--organization", "3f1b7c9e-0000-4000-8000-00000000000f", "--tokens", "0"],
      ["budget", "set", "--organization", "3f1b7c9e-0000-4000-8000-00000000000f", "--automatic", "true"],
      ["budget", "reset"], ["budget", "reset", "--organization", "x"], ["budget", "level", "--level", "4"],
      ["budget", "level", "--tokens", "5000"], ["budget", "level", "--level", "0", "--tokens", "5000"],
      ["token", "mint"], ["token", "mint", "--user", "x"], ["sweep", "--all"], ["verify", "--every", "5"],
      ["verify", "--watch", "--every", "0"], ["verify", "--watch", "--every", "soon"], ["\u{1B}[31m"],
    ])
  func wrongUsage(arguments: [String]) async throws {
    let environment = ["TOLLGATE_JWT_SECRET": String(repeating: "s", count: 32)]
    let outcome = try await Program.run(arguments, environment: environment)
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.complaints.hasPrefix("tollgate: "))
    #expect(outcome.complaints.split(separator: "\n").count == 1)
    #expect(!outcome.complaints.contains("\u{1B}"))
  }

  @Test("the version is that of the API's description")
  func version() async throws {
    let outcome = try await Program.run(["version", "--json"])
    #expect(outcome.status == 0)
    let version = try parseJSON(Array(outcome.output.utf8))
    #expect(version.names == ["version", "schemaVersion"])
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../openapi.json")
    let description = try parseJSON(Array(try Data(contentsOf: root)))
    #expect(version["version"] == description["info"]?["version"])
    let text = try await Program.run(["version"])
    #expect(
      text.output == "tollgate \(version["version"]?.string ?? ""), schema \(version["schemaVersion"]?.integer ?? 0)\n")
  }
}
