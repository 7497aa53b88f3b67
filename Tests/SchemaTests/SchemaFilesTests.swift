import Postgres
import Testing

@testable import Schema

@Suite("The files of the schema")
struct SchemaFilesTests {
  @Test("the program's own files are complete and readable")
  func embedded() throws {
    try SchemaFiles.embedded.validate()
    #expect(EmbeddedSchema.latestVersion == EmbeddedSchema.migrations.count)
    #expect(EmbeddedSchema.latestVersion >= 5)
    #expect(EmbeddedSchema.objects.contains { $0.path == "sql/functions/schema_level.sql" })
  }

  @Test("functions come before views and views before policies, each by name")
  func order() {
    let paths = ["sql/policies/a.sql", "sql/views/20_b.sql", "sql/views/10_z.sql", "sql/functions/z.sql"]
    let files = SchemaFiles(paths.map { ($0, "SELECT 1;") })
    #expect(files.objects.map(\.path) == Array(paths.reversed()))
  }

  @Test("the snapshot is no part of what is applied")
  func snapshot() throws {
    let files = SchemaFiles([("sql/schema.snapshot.sql", "CREATE TABLE a ();")])
    try files.validate()
    #expect(files.objects.isEmpty && files.migrations.isEmpty)
  }

  @Test("a check without a sentence in its first line is refused")
  func nameless() {
    let files = SchemaFiles([("sql/checks/01_nothing.sql", "SELECT 1")])
    #expect(throws: SchemaError.self) { try files.validate() }
  }

  @Test("a checksum is SHA-256 and sees CRLF as LF, but not a lone CR")
  func checksums() {
    #expect(checksum(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(checksum(of: "a\r\nb\r\n") == checksum(of: "a\nb\n"))
    #expect(checksum(of: "a\rb") != checksum(of: "a\nb"))
  }

  @Test("a collision is worth another try, a mistake is not")
  func collisions() {
    for state in ["40001", "40P01", "55P03"] {
      #expect(Migrator.isCollision(refusal(state)))
    }
    for state in ["42601", "42501", "22012", "57014", "23514"] {
      #expect(!Migrator.isCollision(refusal(state)))
    }
  }

  private func refusal(_ state: String) -> SchemaError {
    .refused(activity: "try", error: PostgresError(kind: .server, sqlState: SQLState(rawValue: state)))
  }
}
