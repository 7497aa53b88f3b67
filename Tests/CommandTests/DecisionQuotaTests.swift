import Cluster
import Foundation
import JSON
import Testbed
import Testing

@Suite("A decision cache's quota under 8 processes")
struct DecisionQuotaTests {
  private static let quota = 1000
  private static let asked = 1155
  private static let processes = 8

  /// Asks for the numbers, each a key of its own, one after the other on one connection.
  private static func outcomes(
    of numbers: [Int], at port: UInt16, _ token: String
  ) throws -> [String] {
    var client = try RawClient(port: port)
    return try numbers.map { number in
      let request = HTTPAddress.request(
        "POST", "/api/v1/decisions/calls", token: token,
        body: #"{"key":{"number":\#(number)},"waitSeconds":0}"#)
      var answer = try ask(request, &client, at: port)
      // A server without time for it has not asked for anything, and says so: whoever asks again is counted once.
      for _ in 0..<20 where answer.status == 503 { answer = try ask(request, &client, at: port) }
      guard answer.status == 200, let outcome = try answer.json()["outcome"]?.string else {
        return "\(answer.status) \(answer.body)"
      }
      return outcome
    }
  }

  private static func ask(_ request: String, _ client: inout RawClient, at port: UInt16) throws -> RawClient.Answer {
    client.send(request)
    let answer = try client.readAnswer()
    if answer["Connection"] == "close" { client = try RawClient(port: port) }
    return answer
  }

  @Test("asked 1,155 times in a day by 8 processes at once, it grants exactly 1,000 calls and 155 times the fallback")
  func exactlyAThousand() async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    // Far from the end of its day, whenever the test runs.
    try await served.script(
      """
      UPDATE public.organizations
      SET time_zone = CASE WHEN extract(hour FROM now() AT TIME ZONE 'UTC') < 12 THEN 'UTC' ELSE 'Etc/GMT+12' END
      WHERE id = '\(tenant.organizationID)';
      SELECT tollgate.set_cache('\(tenant.organizationID)', 'calls', '{number}', 86400, \(Self.quota), '"unknown"')
      """)
    let secret = "secret-" + UUID().uuidString
    let environment = ["TOLLGATE_JWT_SECRET": secret, "TOLLGATE_LANES": "1"]
    var servers: [Serving] = []
    for _ in 0..<Self.processes { servers.append(try await Serving(environment: environment)) }
    let token = try TestTokens(secret: Array(secret.utf8)).user(tenant.userID)
    let ports = servers.map(\.address.port)
    let outcomes = try await onOwnThread {
      let line = StartingLine(Self.processes)
      return try concurrently(Self.processes) { process in
        line.wait()
        let numbers = (0..<Self.asked).filter { $0 % Self.processes == process }
        return try Self.outcomes(of: numbers, at: ports[process], token)
      }.flatMap { $0 }
    }
    let counts = outcomes.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    #expect(counts == ["miss": Self.quota, "fallback": Self.asked - Self.quota])
    let use = """
      SELECT concat_ws(' ', (SELECT sum(calls) FROM tollgate.cache_days WHERE organization_id = tenant.id),
        (SELECT count(*) FROM public.ai_token_usage_log WHERE organization_id = tenant.id))
      FROM public.organizations AS tenant WHERE tenant.id = '\(tenant.organizationID)'
      """
    #expect(try await served.text(use) == "1000 1000")
    for server in servers { #expect(try await server.end(SIGTERM).status == 0) }
    // Each server has written what it counted before it ended.
    #expect(
      try await served.text(
        "SELECT sum(fallbacks)::text FROM tollgate.cache_days WHERE organization_id = '\(tenant.organizationID)'")
        == "155")
    #expect(try await served.violations() == [])
  }
}
