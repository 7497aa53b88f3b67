import Cluster
import Glibc
import JSON
import Postgres
import Schema
import Testbed
import Testing

@Suite("tollgate dev")
struct DevelopmentTests {
  @Test("it prints one line, serves the Pro flow, ends with 0 on Ctrl-C, and keeps data and tokens")
  func wholeLife() async throws {
    let folder = try ScratchFolder()
    let arguments = ["dev", "--json", "--listen", "127.0.0.1:0", "--data", folder.path + "/data"]

    let first = try await Running(arguments)
    #expect(first.welcome.names == ["url", "databaseUrl", "serviceToken", "organizations"])
    #expect(first.tenants.map(\.plan) == ["starter", "pro", "enterprise"])
    let pro = try #require(first.tenants.first { $0.plan == "pro" })
    for remaining in [17, 14, 11, 8, 5, 2] {
      let answer = try await first.deduct(pro)
      #expect(answer.status == 200)
      #expect(try answer.json()["remainingBalance"]?.integer == Int64(remaining))
    }
    let refused = try await first.deduct(pro)
    #expect(try refused.json()["message"]?.string == "Insufficient tokens. Need 3, have 2")
    let starter = try #require(first.tenants.first { $0.plan == "starter" })
    #expect(try await first.deduct(starter).json()["error"]?.string == "Not available on Starter plan")
    let all = try await first.address.send(
      "GET", "/api/v1/tokens/stats?organizationId=\(pro.organizationID)", token: first.serviceToken)
    #expect(all.status == 200)
    let outcome = try await first.end(SIGINT)
    #expect(outcome.status == 0)
    #expect(outcome.output == first.line + "\n")
    #expect(!outcome.complaints.contains(pro.token))

    let second = try await Running(arguments)
    #expect(second.tenants.map(\.organizationID) == first.tenants.map(\.organizationID))
    #expect(second.tenants.map(\.userID) == first.tenants.map(\.userID))
    // With the token that the first run printed.
    #expect(try await second.deduct(pro).json()["remainingBalance"]?.integer == 2)
    let url = try #require(second.welcome["databaseUrl"]?.string)
    let (violations, balance) = try await onOwnThread {
      var connection = try Connection(ConnectionSettings(url))
      let balance = try connection.query(
        "SELECT balance FROM public.ai_tokens WHERE token_type = 'goal_generation' AND organization_id = $1::uuid",
        [.text(pro.organizationID)]
      ).integer(0, 0)
      return (try Auditor(settings: ConnectionSettings(url)).run().flatMap(\.violations), balance)
    }
    #expect(violations == [])
    #expect(balance == 2)
    #expect(try await second.end(SIGTERM).status == 0)
  }

  @Test("with DATABASE_URL it uses that server, and stops nothing but itself")
  func givenDatabase() async throws {
    let folder = try ScratchFolder()
    let database = try await onOwnThread { try TestDatabase.makeEmpty() }
    let running = try await Running(
      ["dev", "--json", "--listen", "127.0.0.1:0", "--data", folder.path + "/data"],
      environment: ["DATABASE_URL": database.url])
    #expect(running.welcome["databaseUrl"]?.string == database.url)
    let pro = try #require(running.tenants.first { $0.plan == "pro" })
    #expect(try await running.deduct(pro).json()["remainingBalance"]?.integer == 17)
    #expect(try await running.end(SIGINT).status == 0)
    let (count, violations) = try await onOwnThread {
      let count = try database.text("SELECT count(*) FROM public.organizations")
      return (count, try database.violations())
    }
    #expect(count == "3")
    #expect(violations == [])
    try await onOwnThread { try database.drop() }
  }

  @Test("without --json it shows lines to paste, with every token")
  func text() async throws {
    let folder = try ScratchFolder()
    let database = try await onOwnThread { try TestDatabase.makeEmpty() }
    let program = try await onOwnThread {
      let program = try Program(
        ["dev", "--listen", "127.0.0.1:0", "--data", folder.path + "/data"],
        environment: ["DATABASE_URL": database.url])
      while try program.nextLine() != "Ctrl-C stops it. Data and secrets stay where they are." {}
      program.send(SIGINT)
      return program
    }
    let outcome = try await onOwnThread { program.waitUntilEnd() }
    #expect(outcome.status == 0)
    for name in [
      "STARTER_TOKEN=", "PRO_ORGANIZATION=", "SERVICE_TOKEN=", "curl -s -X POST 'http://127.0.0.1:",
      "operator: http://127.0.0.1:",
      "/dashboard#token=",
    ] {
      #expect(outcome.output.contains(name))
    }
    try await onOwnThread { try database.drop() }
  }

  @Test("a data directory that cannot be made, and a taken port, are one sentence and exit code 1")
  func failures() async throws {
    let folder = try ScratchFolder()
    let file = try folder.write("file", "")
    let noFolder = try await Program.run(["dev", "--data", file + "/data"])
    #expect(noFolder.status == 1)
    #expect(noFolder.complaints.hasPrefix("tollgate: cannot make the directory"))
    let database = try await onOwnThread { try TestDatabase.makeMigrated() }
    let taken = try await ServedDatabase.shared().server.port
    let outcome = try await Program.run(
      ["dev", "--listen", "127.0.0.1:\(taken)", "--data", folder.path + "/data"],
      environment: ["DATABASE_URL": database.url])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.complaints.contains("tollgate: cannot listen on 127.0.0.1 port \(taken)"))
    try await onOwnThread { try database.drop() }
  }
}

/// `tollgate dev --json`, ready.
private struct Running: Sendable {
  struct Tenant: Sendable {
    let plan: String
    let organizationID: String
    let userID: String
    let token: String
  }

  let program: Program
  let line: String
  let welcome: JSONValue
  let address: HTTPAddress
  let tenants: [Tenant]
  let serviceToken: String

  init(_ arguments: [String], environment: [String: String] = [:]) async throws {
    (program, line) = try await onOwnThread {
      let program = try Program(arguments, environment: environment)
      return (program, try program.nextLine())
    }
    welcome = try parseJSON(Array(line.utf8))
    address = try HTTPAddress(url: try #require(welcome["url"]?.string))
    serviceToken = try #require(welcome["serviceToken"]?.string)
    tenants = try #require(welcome["organizations"]?.array).map { tenant in
      Tenant(
        plan: try #require(tenant["plan"]?.string), organizationID: try #require(tenant["organizationId"]?.string),
        userID: try #require(tenant["userId"]?.string), token: try #require(tenant["token"]?.string))
    }
  }

  func deduct(_ tenant: Tenant) async throws -> RawClient.Answer {
    try await address.send(
      "POST", "/api/v1/tokens/check-balance", token: tenant.token,
      body: #"{"organizationId":"\#(tenant.organizationID)","featureUsed":"generate_goal","action":"deduct"}"#)
  }

  func end(_ signal: Int32) async throws -> Program.Outcome {
    try await onOwnThread { [program] in
      program.send(signal)
      return program.waitUntilEnd()
    }
  }
}
