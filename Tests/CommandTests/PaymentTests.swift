import Cluster
import Foundation
import JSON
import Testbed
import Testing

@Suite("payments of running servers")
struct PaymentTests {
  private static let path = "/api/v1/payments/stripe"

  /// Events of checkouts, each of a payment of its own, with their signatures.
  private static func events(_ count: Int, of tenant: Tenant, _ name: String, by secret: String) async throws
    -> [(body: String, signature: String)]
  {
    var events: [(String, String)] = []
    for number in 1...count {
      let body =
        #"{"id":"evt_\#(name)_\#(number)","type":"checkout.session.completed","created":1795246405,"livemode":true,"#
        + #""data":{"object":{"id":"cs_\#(name)_\#(number)","payment_intent":"pi_\#(name)_\#(number)","#
        + #""payment_status":"paid","metadata":{"tollgate_organization_id":"\#(tenant.organizationID)","#
        + #""tollgate_pack":"tokens_500"}}}}"#
      events.append((body, try await TestStripe.signature(of: body, by: secret)))
    }
    return events
  }

  private static func request(_ event: (body: String, signature: String)) -> String {
    "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      + "Stripe-Signature: \(event.signature)\r\nContent-Length: \(event.body.utf8.count)\r\n\r\n\(event.body)"
  }

  @Test(
    "a server that is killed in the middle of 40 payments has counted each once or not at all, and another one the rest"
  )
  func killed() async throws {
    let secret = TestStripe.makeSecret()
    let environment = ["TOLLGATE_STRIPE_WEBHOOK_SECRETS": secret]
    let first = try await Serving(environment: environment)
    let second = try await Serving(environment: environment)
    let tenant = try await first.served.makeTenant()
    let name = UUID().uuidString.prefix(8).lowercased()
    let events = try await Self.events(40, of: tenant, name, by: secret)
    let answersBefore = Int.random(in: 0..<40)
    print("killed after \(answersBefore) answers")
    try await onOwnThread {
      // All are under way, and the last answers never come.
      let clients = try events.map { event in
        let client = try RawClient(port: first.address.port)
        client.send(Self.request(event))
        return client
      }
      for client in clients.prefix(answersBefore) { #expect(try client.readAnswer().status == 200) }
      #expect(first.program.end(by: SIGKILL).status == -SIGKILL)
    }
    // What PostgreSQL was told to do it may still be doing.
    let busy = """
      SELECT count(*) FROM pg_stat_activity
      WHERE datname = current_database() AND usename = 'tollgate_server' AND state <> 'idle'
      """
    let deadline = ContinuousClock.now + .seconds(30)
    while try await first.served.text(busy) != "0", ContinuousClock.now < deadline { await Task.yield() }
    let counted = "SELECT count(*) FROM tollgate.payment_events WHERE event_id LIKE 'evt\\_\(name)\\_%' AND outcome = "
    let before = try #require(Int(try await first.served.text(counted + "'topped_up'") ?? ""))
    #expect(before >= answersBefore)
    let replays = try await onOwnThread {
      try events.map { event in
        let client = try RawClient(port: second.address.port)
        client.send(Self.request(event))
        let answer = try client.readAnswer()
        #expect(answer.status == 200 && answer.body.contains(#""outcome":"topped_up""#), "\(answer)")
        return answer.body.contains(#""replayed":true"#)
      }
    }
    #expect(replays.count { $0 } == before)
    let balance = "SELECT balance FROM public.ai_tokens WHERE token_type = 'general' AND organization_id = "
    #expect(try await first.served.text(balance + "'\(tenant.organizationID)'") == "\(50 + 40 * 500)")
    #expect(try await second.end(SIGTERM).status == 0)
    #expect(try await first.served.violations() == [])
  }

  @Test("secrets come from a file too, are never shown, and what is none is said without its value")
  func secrets() async throws {
    let (secret, test) = (TestStripe.makeSecret(), TestStripe.makeSecret())
    let folder = try ScratchFolder()
    let file = try folder.write("secrets", "\(secret),test:\(test)\n")
    let shown = try await Program.run(["config"], environment: ["TOLLGATE_STRIPE_WEBHOOK_SECRETS_FILE": file])
    #expect(shown.output.contains("TOLLGATE_STRIPE_WEBHOOK_SECRETS=(set: 2)\n"))
    #expect(!shown.output.contains(secret) && !shown.output.contains(test))
    for bad in ["hunter2hunter2hunter2hunter2", "\(secret),\(secret)"] {
      let refused = try await Program.run(["config"], environment: ["TOLLGATE_STRIPE_WEBHOOK_SECRETS": bad])
      #expect(refused.status == 1 && refused.complaints.contains("TOLLGATE_STRIPE_WEBHOOK_SECRETS"))
      #expect(!refused.complaints.contains(bad))
    }
  }

  @Test("customers and packs are set and removed by command, and what waited for a customer counts")
  func commands() async throws {
    let served = try await ServedDatabase.shared()
    let environment = try await onOwnThread { ["DATABASE_URL": try served.database.serverURL()] }
    let (tenant, other) = (try await served.makeTenant(), try await served.makeTenant())
    let name = UUID().uuidString.prefix(8).lowercased()
    func run(_ arguments: String...) async throws -> Program.Outcome {
      try await Program.run(["payment"] + arguments, environment: environment)
    }
    try await served.script(
      """
      SELECT tollgate.receive_payment_event('evt_\(name)', 'invoice.payment_failed', now(), true, true, NULL,
        '{"object": "in_\(name)", "customer": "cus_\(name)"}')
      """)
    let customer = ["--customer", "cus_\(name)", "--organization"]
    func set(_ tenant: Tenant, _ more: String...) async throws -> Program.Outcome {
      try await Program.run(
        ["payment", "customer"] + customer + [tenant.organizationID] + more, environment: environment)
    }
    #expect(try await set(tenant).output == "customer 'cus_\(name)' set\n")
    let status = "SELECT status FROM public.organizations WHERE id = '\(tenant.organizationID)'"
    #expect(try await served.text(status) == "suspended")
    #expect(try await set(tenant).output == "customer 'cus_\(name)' was set already\n")
    let taken = try await set(other)
    #expect(taken.status == 1 && taken.complaints.contains("another organization's, \(tenant.organizationID)"))
    let shown = try await Program.run(
      ["org", "show", "--organization", tenant.organizationID], environment: environment)
    #expect(shown.output.hasPrefix("\(tenant.organizationID) pro, suspended for a payment, 250 of 250 tokens left"))
    #expect(
      try await run("list", "--organization", tenant.organizationID).output
        == "customer 'cus_\(name)' of \(tenant.organizationID)\n")
    #expect(try await run("list", "--organization", other.organizationID).output.isEmpty)
    let removed = try await set(tenant, "--remove", "--json")
    #expect(try parseJSON(Array(removed.output.utf8))["changed"] == .boolean(true))
    #expect(try await served.text(status) == "active")

    let pack = try await run(
      "pack", "--pack", "plink_\(name)", "--token-type", "general", "--tokens", "20", "--price", "190", "--currency",
      "eur")
    #expect(pack.output == "pack 'plink_\(name)' set\n")
    let row = "SELECT concat_ws(' ', token_type, tokens, price_minor, currency) FROM tollgate.payment_packs "
    #expect(try await served.text(row + "WHERE pack = 'plink_\(name)'") == "general 20 190 eur")
    let listed = try await run("list")
    #expect(listed.output.contains("pack 'plink_\(name)': 20 general, from 190 eur\n"))
    #expect(listed.output.contains("pack 'tokens_500': 500 general, at any price\n"))
    let objects = try await run("list", "--json").output.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
    let sold = try #require(objects.first { $0["pack"]?.string == "plink_\(name)" })
    #expect(sold["priceMinor"]?.integer == 190 && sold["currency"]?.string == "eur")
    #expect(try await run("pack", "--pack", "plink_\(name)", "--remove").output == "pack 'plink_\(name)' removed\n")
    let recorded = try await served.text(
      """
      SELECT string_agg(concat_ws(' ', change, actor_id, hint), ', ' ORDER BY number) FROM tollgate.audit_log
      WHERE subject IN ('cus_\(name)', 'plink_\(name)')
      """)
    let changes = ["customer.create", "customer.delete", "pack.create", "pack.delete"]
    #expect(recorded == changes.map { "payment_\($0) tollgate_server \(NSUserName())" }.joined(separator: ", "))
    #expect(try await run("pack", "--pack", "x", "--token-type", "gold", "--tokens", "1").status == 1)
    #expect(try await run("pack", "--pack", "x", "--token-type", "general", "--tokens", "0").status == 2)
    #expect(
      try await run("pack", "--pack", "x", "--token-type", "general", "--tokens", "1", "--price", "5").status == 2)
    #expect(try await run("customer", "--customer", "cus_1").status == 2)
    #expect(try await served.violations() == [])
  }
}
