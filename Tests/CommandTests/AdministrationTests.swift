import Cluster
import JSON
import Postgres
import Schema
import Testbed
import Testing

@Suite("commands that work on a database")
struct AdministrationTests {
  @Test("migrate up brings an empty database to the schema, also when two are started at once")
  func twoMigrations() async throws {
    let database = try await onOwnThread { try TestDatabase.makeEmpty() }
    let environment = ["DATABASE_URL": database.url]
    async let first = Program.run(["migrate", "up", "--json"], environment: environment)
    async let second = Program.run(["migrate", "up", "--json"], environment: environment)
    let outcomes = try await [first, second]
    var applied: [Int] = []
    for outcome in outcomes {
      #expect(outcome.status == 0)
      #expect(outcome.complaints.isEmpty)
      let report = try parseJSON(Array(outcome.output.utf8))
      #expect(report["version"]?.integer == Int64(EmbeddedSchema.latestVersion))
      applied.append(try #require(report["appliedMigrations"]?.array).count)
    }
    #expect(applied.sorted() == [0, EmbeddedSchema.latestVersion])
    #expect(try await onOwnThread { try database.violations() } == [])
    try await onOwnThread { try database.drop() }
  }

  @Test("status, plan and verify say what is pending before, and that nothing is after")
  func migrationState() async throws {
    let database = try await onOwnThread { try TestDatabase.makeEmpty() }
    // The direct connection is for migrations; the other one would not even connect.
    let environment = ["DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "DATABASE_DIRECT_URL": database.url]
    func run(_ command: String, _ flags: String...) async throws -> Program.Outcome {
      try await Program.run(["migrate", command] + flags, environment: environment)
    }
    func states() async throws -> Set<String> {
      let status = try parseJSON(Array(try await run("status", "--json").output.utf8))
      return Set(status["migrations"]?.array?.compactMap { $0["state"]?.string } ?? [])
    }
    #expect(try await states() == ["pending"])
    let plan = try parseJSON(Array(try await run("plan", "--json").output.utf8))
    #expect(plan["migrations"]?.array?.count == EmbeddedSchema.latestVersion)
    #expect(plan["objects"]?.array?.count == EmbeddedSchema.objects.count)
    #expect(try await run("verify").status == 1)
    // All of that has changed nothing.
    let before = "SELECT count(*) FROM pg_namespace WHERE nspname = 'tollgate'"
    #expect(try await onOwnThread { try database.text(before) } == "0")

    let up = try await run("up")
    #expect(up.status == 0)
    #expect(up.output.contains("the schema is at version \(EmbeddedSchema.latestVersion)\n"))
    #expect(try await states() == ["applied"])
    let verified = try await run("verify", "--json")
    #expect(verified.status == 0)
    #expect(verified.output == "{\"drift\":[]}\n")
    let nothing = try parseJSON(Array(try await run("plan", "--json").output.utf8))
    #expect(nothing["migrations"]?.array?.isEmpty == true && nothing["objects"]?.array?.isEmpty == true)

    try await onOwnThread { try database.script("DROP VIEW tollgate.low_balances") }
    let drifted = try await run("verify")
    #expect(drifted.status == 1)
    #expect(drifted.output.contains("low_balances"))
    try await onOwnThread { try database.drop() }
  }

  @Test("verify passes on a sound database, and names the check that is violated")
  func verify() async throws {
    let database = try await onOwnThread { try TestDatabase.makeMigrated() }
    let environment = ["DATABASE_URL": database.url]
    let sound = try await Program.run(["verify", "--json"], environment: environment)
    #expect(sound.status == 0)
    let checks = try #require(try parseJSON(Array(sound.output.utf8))["checks"]?.array)
    #expect(checks.count == EmbeddedSchema.checks.count)
    #expect(checks.allSatisfy { $0["holds"] == .boolean(true) })
    try await onOwnThread { try database.script("GRANT EXECUTE ON FUNCTION tollgate.schema_level() TO PUBLIC") }
    let violated = try await Program.run(["verify"], environment: environment)
    #expect(violated.status == 1)
    #expect(violated.output.contains("13_functions_are_closed"))
    #expect(violated.complaints.contains("1 of \(checks.count) checks are violated"))
    try await onOwnThread { try database.drop() }
  }

  @Test("organizations and users are made, also by the server's login, and their ids printed")
  func accounts() async throws {
    let served = try await ServedDatabase.shared()
    let environment = try await onOwnThread { ["DATABASE_URL": try served.database.serverURL()] }
    func run(_ arguments: String...) async throws -> Program.Outcome {
      try await Program.run(arguments, environment: environment)
    }
    let made = try await run("org", "create", "--name", "Acme 'quoted' é", "--plan", "pro", "--json")
    #expect(made.status == 0)
    let id = try #require(try parseJSON(Array(made.output.utf8))["organizationId"]?.string)
    let name = "SELECT name || count(*) FROM public.organizations o JOIN public.ai_tokens t ON t.organization_id = o.id"
    #expect(try await served.text(name + " WHERE o.id = '\(id)' GROUP BY name") == "Acme 'quoted' é5")

    let user = try await run("user", "create", "--organization", id, "--email", "a@example.org")
    #expect(user.status == 0)
    let userID = String(user.output.dropLast())
    #expect(try await served.text("SELECT email FROM public.user_profiles WHERE id = '\(userID)'") == "a@example.org")
    let given = "01234567-89ab-4def-8123-456789abcd\(String(UInt8.random(in: 16...255), radix: 16))"
    #expect(try await run("user", "create", "--organization", id, "--id", given).output == given + "\n")

    let role = "SELECT role FROM public.user_profiles WHERE id = '\(given)'"
    #expect(try await served.text(role) == "member")
    let demoted = try await run("user", "role", "--organization", id, "--id", given, "--role", "viewer", "--json")
    #expect(demoted.output == "{\"userId\":\"\(given)\",\"role\":\"viewer\"}\n")
    #expect(try await served.text(role) == "viewer")
    let viewer = String(try await run("user", "create", "--organization", id, "--role", "viewer").output.dropLast())
    #expect(try await served.text("SELECT role FROM public.user_profiles WHERE id = '\(viewer)'") == "viewer")
    let changes = "SELECT string_agg(change || ' ' || (after ->> 'role'), ', ') FROM tollgate.audit_log"
    #expect(try await served.text(changes + " WHERE subject = '\(viewer)'") == "user.create viewer")

    for (arguments, reason) in [
      (["user", "role", "--organization", id, "--id", id, "--role", "viewer"], "no such user"),
      (["org", "create", "--name", "a", "--plan", "gold"], "plan"),
      (["user", "create", "--organization", "3f1b7c9e-0000-4000-8000-00000000000f"], "organization"),
      (["user", "create", "--organization", id, "--id", given], "already"),
    ] {
      let outcome = try await Program.run(arguments, environment: environment)
      #expect(outcome.status == 1, "\(arguments)")
      #expect(outcome.output.isEmpty)
      #expect(outcome.complaints.hasPrefix("tollgate: "))
      #expect(outcome.complaints.contains(reason), "\(outcome.complaints)")
      #expect(outcome.complaints.split(separator: "\n").count == 1)
    }
    for name in ["", String(repeating: "n", count: 201)] {
      let outcome = try await run("org", "create", "--name", name, "--plan", "pro")
      #expect(outcome.status == 2)
      #expect(outcome.complaints == "tollgate: --name has 1 to 200 characters, and one that can be seen\n")
    }
    #expect(try await run("org", "create", "--name", String(repeating: "é", count: 200), "--plan", "pro").status == 0)
    #expect(try await served.violations() == [])
  }

  @Test("a database that cannot be reached is one sentence without the password")
  func unreachable() async throws {
    let environment = ["DATABASE_URL": "postgres://user:hunter2@127.0.0.1:1/none"]
    for arguments in [
      ["org", "create", "--name", "a", "--plan", "pro"], ["migrate", "up"], ["migrate", "status"], ["verify"],
    ] {
      let outcome = try await Program.run(arguments, environment: environment)
      #expect(outcome.status == 1)
      #expect(outcome.output.isEmpty)
      #expect(outcome.complaints.split(separator: "\n").count == 1, "\(outcome.complaints)")
      #expect(!outcome.complaints.contains("hunter2"))
    }
  }
}
