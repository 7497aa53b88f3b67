import Foundation
import Testbed
import Testing

@testable import Schema

@Suite("The schema's snapshot")
struct SnapshotTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static let file = root.appending(path: "sql/schema.snapshot.sql")

  /// `make snapshot` runs this test with TOLLGATE_RECORD_SNAPSHOT=1, which writes the file first.
  @Test("sql/schema.snapshot.sql is what the migrations make")
  func snapshot() async throws {
    try await TestDatabase.withMigrated { database in
      let made = try Self.dump(database)
      if ProcessInfo.processInfo.environment["TOLLGATE_RECORD_SNAPSHOT"] == "1" {
        try made.write(to: Self.file, atomically: true, encoding: .utf8)
      }
      let kept = try String(contentsOf: Self.file, encoding: .utf8)
      #expect(made.contains("CREATE TABLE public.ai_tokens"))
      let difference = made.split(separator: "\n").difference(from: kept.split(separator: "\n"))
      let first = difference.first.map { "\($0)" } ?? "none"
      #expect(made == kept, "The snapshot is another schema: run `make snapshot` and read its diff. First: \(first)")
    }
  }

  @Test("the snapshot has no partitions and does not depend on when it was made")
  func partitions() async throws {
    try await TestDatabase.withMigrated { database in
      let before = try Self.dump(database)
      try database.script(
        """
        CREATE TABLE tollgate.ledger_entries_2001_01 PARTITION OF tollgate.ledger_entries
          FOR VALUES FROM ('2001-01-01') TO ('2001-02-01');
        """)
      #expect(before.firstRange(of: "_20") == nil)
      try #expect(Self.dump(database) == before)
    }
  }

  private static func dump(_ database: TestDatabase) throws -> String {
    let process = Process()
    process.executableURL = root.appending(path: "scripts/schema-snapshot")
    process.arguments = [database.url]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: bytes, as: UTF8.self)
  }
}
