import Cluster
import Glibc
import JSON
import Postgres
import Schema
import Testbed
import Testing

@Suite("commands that look after a database")
struct WatchTests {
  private static func readAnswer(_ program: Program) throws -> JSONValue {
    try parseJSON(Array(try program.nextLine().utf8))
  }

  @Test(
    "verify --watch looks again and again, and ends with 1 at the first violation, which it reports",
    arguments: [true, false])
  func violation(asJSON: Bool) async throws {
    let database = try await onOwnThread { try TestDatabase.makeMigrated() }
    let outcome = try await onOwnThread {
      let program = try Program(
        ["verify", "--watch", "--every", "1"] + (asJSON ? ["--json"] : []), environment: ["DATABASE_URL": database.url])
      for _ in 1...2 {
        let line = try program.nextLine()
        if asJSON {
          let run = try parseJSON(Array(line.utf8))
          #expect(run.names == ["time", "checkCount", "milliseconds", "violated"])
          #expect(run["checkCount"]?.integer == Int64(EmbeddedSchema.checks.count))
          #expect(run["violated"]?.array?.isEmpty == true)
        } else {
          #expect(line.contains("\(EmbeddedSchema.checks.count) invariants hold"))
        }
      }
      try database.script("GRANT EXECUTE ON FUNCTION tollgate.schema_level() TO PUBLIC")
      return program.waitUntilEnd()
    }
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("13_functions_are_closed"))
    #expect(outcome.output.contains("everybody may execute tollgate.schema_level()"))
    #expect(outcome.complaints == "tollgate: 1 of \(EmbeddedSchema.checks.count) checks are violated\n")
    try await onOwnThread { try database.drop() }
  }

  @Test("verify --watch ends with 0 when it is asked to, also while it waits", arguments: [SIGTERM, SIGINT])
  func stop(signal: Int32) async throws {
    let served = try await ServedDatabase.shared()
    let outcome = try await onOwnThread {
      let program = try Program(
        ["verify", "--watch", "--every=86400", "--json"], environment: ["DATABASE_URL": served.database.url])
      _ = try program.nextLine()
      program.send(signal)
      return program.waitUntilEnd()
    }
    #expect(outcome.status == 0)
    #expect(outcome.complaints.isEmpty)
  }

  @Test("verify --watch that cannot begin ends with 1, and one that has begun waits for its database")
  func away() async throws {
    let never = try await Program.run(
      ["verify", "--watch"], environment: ["DATABASE_URL": "postgres://user:hunter2@127.0.0.1:1/none"])
    #expect(never.status == 1)
    #expect(never.output.isEmpty)
    #expect(!never.complaints.contains("hunter2"))

    let database = try await onOwnThread { try TestDatabase.makeMigrated() }
    let outcome = try await onOwnThread {
      let program = try Program(["verify", "--watch", "--every=1"], environment: ["DATABASE_URL": database.url])
      _ = try program.nextLine()
      let other = try TestDatabase.makeEmpty()
      try other.script("ALTER DATABASE \(database.name) RENAME TO \(database.name)_away")
      _ = try program.waitForComplaint(containing: "There is no connection to PostgreSQL")
      try other.script("ALTER DATABASE \(database.name)_away RENAME TO \(database.name)")
      _ = try program.nextLine()
      program.send(SIGTERM)
      try other.drop()
      return program.waitUntilEnd()
    }
    #expect(outcome.status == 0)
    try await onOwnThread { try database.drop() }
  }

  @Test("sweep brings everything up to date that is due or was changed by hand, and says how much")
  func sweep() async throws {
    let database = try await onOwnThread { try TestDatabase.makeMigrated() }
    let environment = try await onOwnThread { ["DATABASE_URL": try database.serverURL()] }
    try await onOwnThread {
      try database.script(
        """
        INSERT INTO public.organizations (name, plan) SELECT 'Organization ' || n, 'pro' FROM generate_series(1, 150) AS n;
        SELECT tollgate.grant_missing_balances(array_agg(id)) FROM public.organizations;
        UPDATE public.ai_tokens SET refresh_date = now() - interval '1 day' WHERE token_type <> 'general';
        UPDATE public.ai_tokens SET balance = 7 WHERE token_type = 'general';
        """)
    }
    let swept = try await Program.run(["sweep", "--json"], environment: environment)
    #expect(swept.status == 0)
    #expect(swept.output == "{\"swept\":750,\"rolledUp\":1500}\n")
    let again = try await Program.run(["sweep"], environment: environment)
    #expect(again.output == "swept: 0\nrolled up: 0\n")
    let kinds = "SELECT string_agg(DISTINCT kind, ' ') || count(*) FROM tollgate.ledger WHERE kind <> 'allocation'"
    #expect(try await onOwnThread { try database.text(kinds) } == "adjustment reset750")
    #expect(try await onOwnThread { try database.violations() } == [])
    let away = try await Program.run(["sweep"], environment: ["DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"])
    #expect(away.status == 1)
    #expect(away.complaints == "tollgate: the database cannot be reached; check DATABASE_URL\n")
    try await onOwnThread { try database.drop() }
  }
}
