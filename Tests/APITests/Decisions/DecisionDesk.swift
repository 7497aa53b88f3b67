import JSON
import Testbed
import Testing

/// A tenant with a decision cache `prices`, whose keys have the one member `title`, and its way to ask.
struct DecisionDesk: Sendable {
  let served: ServedDatabase
  let tenant: Tenant

  static let path = "/api/v1/decisions/prices"

  /// Makes the tenant, and its cache with these settings besides.
  init(_ served: ServedDatabase, _ settings: String = "", plan: String = "pro") async throws {
    self.served = served
    tenant = try await served.makeTenant(plan: plan)
    try await configure(settings)
  }

  /// Sets the cache anew.
  func configure(_ settings: String = "") async throws {
    let more = settings.isEmpty ? "" : "," + settings
    let answer = try await served.server.call(
      "PUT", "/api/v1/admin/caches/prices", token: try served.server.tokens.service(),
      body: #"{"organizationId":"\#(tenant.organizationID)","keyMembers":["title"],"ttlSeconds":3600\#(more)}"#)
    try #require(answer.status == 200, "\(answer.body)")
  }

  /// Asks under a title, by the tenant's server unless another is named.
  func ask(_ title: String, by server: TestServer? = nil, waitSeconds: Int? = nil, key: String? = nil)
    async throws -> RawClient.Answer
  {
    let wait = waitSeconds.map { #","waitSeconds":\#($0)"# } ?? ""
    return try await (server ?? served.server).call(
      "POST", Self.path, token: tenant.token, headers: key.map { [("Idempotency-Key", $0)] } ?? [],
      body: #"{"key":{"title":"\#(title)"}\#(wait)}"#)
  }

  /// Asks, and has to be granted a call.
  func lease(_ title: String) async throws -> String {
    let answer = try await ask(title)
    try #require(try answer.json()["outcome"]?.string == "miss", "\(answer.body)")
    return try #require(try answer.json()["leaseId"]?.string)
  }

  func store(_ lease: String, _ value: String, by server: TestServer? = nil) async throws -> RawClient.Answer {
    try await (server ?? served.server).call(
      "PUT", "\(Self.path)/\(lease)", token: tenant.token, body: #"{"value":\#(value)}"#)
  }

  func giveUp(_ lease: String) async throws -> RawClient.Answer {
    try await served.server.call("DELETE", "\(Self.path)/\(lease)", token: tenant.token)
  }

  /// How the cache does, as an administrator is told.
  func today() async throws -> JSONValue? {
    try await served.server.call(
      "GET", "/api/v1/admin/caches/prices?organizationId=\(tenant.organizationID)",
      token: try served.server.tokens.service()
    ).json()["today"]
  }

  /// Asks how the cache does until a count is as large, which servers tell every second.
  func wait(until count: String, is number: Int64) async throws {
    let deadline = ContinuousClock.now + .seconds(15)
    while try await (today()?[count]?.integer ?? 0) < number { try #require(.now < deadline, "\(count)") }
  }

  /// Calls that were granted, by the ledger.
  func charges() async throws -> String? {
    try await served.text(
      """
      SELECT count(*)::text FROM public.ai_token_usage_log
      WHERE organization_id = '\(tenant.organizationID)' AND metadata ->> 'cache' = 'prices'
      """)
  }
}
