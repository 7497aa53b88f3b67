import Cluster
import JSON
import Testbed
import Testing

/// The program in Examples/Worker, as it is built, against a real server.
@Suite("the example worker")
struct WorkerTests {
  /// A server set up by the example's own file, but for a bucket that fills in seconds and a small daily quota.
  private func with(
    capacity: Int = 60, perSecond: Int = 10, overdraft: Int = 20, quota: Int = 1_000,
    _ body: (ServedDatabase, Tenant) async throws -> Void
  ) async throws {
    try await ServedDatabase.with { served in
      try await served.script(Tree.text("Examples/Worker/set-up.sql"))
      try await served.script(
        """
        UPDATE tollgate.plan_allocations
        SET tokens = \(capacity), refill_tokens = \(perSecond), refill_seconds = 1, overdraft = \(overdraft)
        WHERE token_type = 'upstream';
        UPDATE tollgate.limits SET maximum = \(quota) WHERE limit_name = 'price_decisions_a_day'
        """)
      try await body(served, try await served.makeTenant())
      #expect(try await served.violations() == [])
    }
  }

  /// Runs the worker to its end, with its tenant's token or another one, and returns what it reported.
  private func run(
    _ served: ServedDatabase, _ tenant: Tenant, _ words: [String], token: String? = nil
  ) async throws -> [JSONValue] {
    let outcome = try await onOwnThread {
      try Program(
        executable: Program.built("example-worker"), words,
        environment: [
          "TOLLGATE_URL": "http://127.0.0.1:\(served.server.port)", "TOLLGATE_TOKEN": token ?? tenant.token,
        ]
      ).waitUntilEnd()
    }
    #expect(outcome.status == 0, "\(outcome.complaints)")
    return try outcome.output.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
  }

  private func events(_ kind: String, in report: [JSONValue]) -> [JSONValue] {
    report.filter { $0["event"]?.string == kind }
  }

  /// Told in whole seconds, slept at least as long and no second longer.
  private func expectExactSleep(_ report: [JSONValue]) throws {
    let slept = events("slept", in: report)
    #expect(!slept.isEmpty)
    for event in slept {
      let told = Double(try #require(event["toldSeconds"]?.integer))
      let took = try seconds(event["tookSeconds"])
      #expect(told >= 1)
      #expect(took >= told)
      #expect(took < told + 1)
    }
  }

  private func seconds(_ value: JSONValue?) throws -> Double {
    switch value {
    case .real(let seconds): seconds
    case .integer(let seconds): Double(seconds)
    default: try #require(nil as Double?)
    }
  }

  /// Of the tenant's bucket: the lowest that it ever was, and what was captured in all.
  private func bucket(_ served: ServedDatabase, _ tenant: Tenant) async throws -> String? {
    try await served.text(
      """
      SELECT min(balance_after) || ' ' || -sum(amount) FILTER (WHERE kind = 'capture')
      FROM tollgate.ledger
      WHERE organization_id = '\(tenant.organizationID)' AND token_type = 'upstream'
      """)
  }

  @Test("estimates are held, actual costs go below zero and not below the floor, and the sum is the upstream's figure")
  func deficit() async throws {
    try await with { served, tenant in
      // The upstream takes the most that it ever does: 37, where 28 are estimated.
      let report = try await run(
        served, tenant, ["--batches", "4", "--offers", "3", "--offer-tokens", "12", "--decisions", "0"])
      let settled = events("settled", in: report)
      #expect(settled.map { $0["estimated"]?.integer } == [28, 28, 28, 28])
      #expect(settled.map { $0["actual"]?.integer } == [37, 37, 37, 37])
      let last = try #require(report.last)
      #expect(last["captured"]?.integer == 148)
      #expect(last["upstreamTotal"]?.integer == 148)
      // Full at first; from then on each batch waits once, and that is enough.
      #expect(events("slept", in: report).map { $0["why"]?.string } == ["hold", "hold", "hold"])
      try expectExactSleep(report)
      let words = try #require(try await bucket(served, tenant)).split(separator: " ").compactMap { Int($0) }
      #expect(words[1] == 148)
      #expect((-20..<0).contains(words[0]))
    }
  }

  @Test("what the floor does not let through waits until the bucket has it")
  func floor() async throws {
    try await with(capacity: 100, perSecond: 20, overdraft: 0) { served, tenant in
      let report = try await run(
        served, tenant, ["--batches", "2", "--offers", "8", "--offer-tokens", "12", "--decisions", "0"])
      #expect(events("settled", in: report).map { $0["actual"]?.integer } == [97, 97])
      #expect(events("slept", in: report).contains { $0["why"]?.string == "settle" })
      try expectExactSleep(report)
      let words = try #require(try await bucket(served, tenant)).split(separator: " ").compactMap { Int($0) }
      #expect(words[1] == 194)
      #expect(words[0] >= 0)
    }
  }

  @Test("with a key that may only spend, what the floor does not let through is charged all the same, after pauses")
  func spendOnly() async throws {
    try await with(capacity: 100, perSecond: 20, overdraft: 0) { served, tenant in
      let made = try await served.server.send(
        "POST", "/api/v1/admin/keys", token: served.server.tokens.service(),
        body: Array(#"{"name":"Worker","scopes":["spend"],"organizationId":"\#(tenant.organizationID)"}"#.utf8))
      let key = try #require(try made.json()["key"]?.string)
      let report = try await run(
        served, tenant, ["--batches", "2", "--offers", "8", "--offer-tokens", "12", "--decisions", "0"], token: key)
      #expect(events("settled", in: report).map { $0["actual"]?.integer } == [97, 97])
      #expect(events("slept", in: report).contains { $0["why"]?.string == "settle" })
    }
  }

  @Test("two workers of one tenant share the bucket, and what each is charged is its upstream's figure")
  func together() async throws {
    try await with { served, tenant in
      let words = ["--batches", "3", "--offers", "3", "--decisions", "0"]
      async let one = run(served, tenant, words)
      async let other = run(served, tenant, words)
      let reports = try await [one, other]
      var total: Int64 = 0
      for report in reports {
        let last = try #require(report.last)
        let captured = try #require(last["captured"]?.integer)
        #expect(last["upstreamTotal"]?.integer == captured)
        total += captured
      }
      try expectExactSleep(reports.flatMap { $0 })
      let figures = try #require(try await bucket(served, tenant)).split(separator: " ").compactMap { Int64($0) }
      #expect(figures[1] == total)
      #expect(figures[0] >= -20)
    }
  }

  @Test("over the daily quota the declared safe value comes instead of a call")
  func quota() async throws {
    try await with(quota: 3) { served, tenant in
      let report = try await run(served, tenant, ["--batches", "0", "--decisions", "5"])
      #expect(
        events("decided", in: report).map { $0["value"]?.string } == Array(repeating: "lower the price", count: 3))
      let fallbacks = events("fellBack", in: report)
      #expect(fallbacks.map { $0["value"]?.string } == ["keep the price", "keep the price"])
      for fallback in fallbacks {
        #expect((1...90_000).contains(try #require(fallback["retryAfterSeconds"]?.integer)))
      }
      #expect(
        try await served.text(
          """
          SELECT count(*) FROM public.ai_token_usage_log
          WHERE organization_id = '\(tenant.organizationID)' AND feature_used = 'price_decision'
          """) == "3")
    }
  }

  @Test("without an address, or with an option that there is not, it says so and ends with 1")
  func usage() async throws {
    for (words, environment, complaint) in [
      ([], [:], "worker: set TOLLGATE_URL and TOLLGATE_TOKEN\n"),
      (
        ["--speed", "3"], ["TOLLGATE_URL": "http://127.0.0.1:1", "TOLLGATE_TOKEN": "x"],
        "worker: there is no option --speed\n"
      ),
    ] as [([String], [String: String], String)] {
      let outcome = try await onOwnThread {
        try Program(executable: Program.built("example-worker"), words, environment: environment).waitUntilEnd()
      }
      #expect(outcome.status == 1)
      #expect(outcome.complaints == complaint)
    }
  }
}
