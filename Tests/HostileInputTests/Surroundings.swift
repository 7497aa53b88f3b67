import JSON
import Testbed
import Testing

/// Whom the cases of one file are about: a tenant that sends them, another one, and a bystander.
struct Surroundings: Sendable {
  let served: ServedDatabase
  let vocabulary: Vocabulary
  let tenant: Tenant
  private let other: Tenant
  private let bystander: Tenant

  private static let budget = 1_000_000

  /// The database and server of all files: some cases change the catalogue, which is everybody's.
  static func served() async throws -> ServedDatabase { try await servedTask.value }

  private static let servedTask = Task { try await ServedDatabase.make() }

  init(_ served: ServedDatabase) async throws {
    self.served = served
    tenant = try await Self.makeTenant(served)
    other = try await Self.makeTenant(served)
    bystander = try await served.makeTenant(apiBudget: Self.budget)
    var words = [
      "organization": tenant.organizationID, "user": tenant.userID, "user token": tenant.token,
      "other organization": other.organizationID, "other user": other.userID, "other token": other.token,
      "service token": try served.server.tokens.service(),
    ]
    for (prefix, tenant) in [("", tenant), ("other ", other)] {
      let call = Caller(served: served, tenant: tenant)
      words[prefix + "charge"] = try await call.member(
        "transactionId", of: "/api/v1/tokens/deduct", #"{"featureUsed":"generate_insight","units":9}"#)
      words[prefix + "reservation"] = try await call.member(
        "reservationId", of: "/api/v1/reservations", #"{"tokenType":"general","amount":9,"ttlSeconds":86400}"#)
      words[prefix + "cursor"] = try await call.cursor("")
      words[prefix + "filtered cursor"] = try await call.cursor("&tokenType=general")
    }
    vocabulary = Vocabulary(words: words)
    try await connect()
  }

  /// Connects the tenant to a provider at an address that is not public.
  private func connect() async throws {
    let provider = """
      {"authorizationUrl":"https://accounts.example/authorize","tokenUrl":"https://10.0.0.1/token","clientId":"a",
      "clientSecret":"b","redirectUri":"https://app.example/back"}
      """
    let service = try served.server.tokens.service()
    let requests = [
      ("/api/v1/admin/providers/drive", service, provider),
      ("/api/v1/credentials/drive", tenant.token, #"{"refreshToken":"a"}"#),
    ]
    for (path, token, body) in requests {
      let answer = try await served.server.send("PUT", path, token: token, body: Array(body.utf8))
      try #require(answer.status == 200, "\(answer)")
    }
  }

  private static func makeTenant(_ served: ServedDatabase) async throws -> Tenant {
    let tenant = try await served.makeTenant(plan: "enterprise")
    try await served.script(
      """
      INSERT INTO public.ai_tokens (organization_id, token_type, balance)
      VALUES ('\(tenant.organizationID)', 'api_budget', \(budget))
      """)
    return tenant
  }

  /// What an organization has and holds, all token types together.
  struct Holdings: Equatable {
    var balance: Int64
    var reserved: Int64
  }

  var holdings: Holdings { get async throws { try await holdings(of: tenant) } }
  var holdingsOfOther: Holdings { get async throws { try await holdings(of: other) } }

  private func holdings(of tenant: Tenant) async throws -> Holdings {
    let text = try await served.text(
      """
      SELECT sum(balance) || ' ' || sum(reserved) FROM public.ai_tokens
      WHERE organization_id = '\(tenant.organizationID)'
      """)
    let numbers = try #require(text).split(separator: " ").compactMap { Int64($0) }
    try #require(numbers.count == 2)
    return Holdings(balance: numbers[0], reserved: numbers[1])
  }

  /// What is wrong with the server from the bystander's side, who has made so many deductions before.
  func faultsForBystander(after count: Int) async throws -> [String] {
    let life = try await served.server.send("GET", "/livez")
    let deduction = try await served.server.send(
      "POST", "/api/v1/tokens/deduct", token: bystander.token, body: Array(#"{"featureUsed":"product_lookup"}"#.utf8))
    var faults: [String] = []
    if life.status != 200 { faults.append("livez answers \(life.status)") }
    let balance = try? deduction.json()["balanceAfter"]?.integer
    if deduction.status != 200 || balance != Int64(Self.budget - count - 1) {
      faults.append("a normal deduction answers \(deduction.status) \(deduction.body)")
    }
    return faults
  }
}

/// Prepares what a case refers to.
private struct Caller {
  let served: ServedDatabase
  let tenant: Tenant

  func member(_ name: String, of path: String, _ body: String) async throws -> String {
    let answer = try await served.server.send("POST", path, token: tenant.token, body: Array(body.utf8))
    return try #require(try answer.json()[name]?.string, "\(answer)")
  }

  /// The cursor behind the first row of the ledger.
  func cursor(_ filter: String) async throws -> String {
    let answer = try await served.server.send("GET", "/api/v1/tokens/ledger?limit=1" + filter, token: tenant.token)
    return try #require(try answer.json()["nextCursor"]?.string, "\(answer)")
  }
}
