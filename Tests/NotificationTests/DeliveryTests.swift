import Accounts
import Foundation
import HTTP
import Postgres
import Testbed
import Testing
import Tokens

@testable import Notifications

@Suite("Webhooks that are delivered")
struct DeliveryTests {
  /// What openssl, which knows nothing of this program, makes of a delivery.
  private static func signature(_ received: Receiver.Received, _ secret: String) throws -> String {
    let folder = try TestFolder()
    let key = try #require(Data(base64Encoded: String(secret.dropFirst(6)))).map { String(format: "%02x", $0) }
    let signed = "\(received.id).\(received.headers["webhook-timestamp"] ?? "").\(received.text)"
    try folder.write("signed", Array(signed.utf8))
    let code = try OpenSSL.run(
      ["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(key.joined())", "-binary", "signed"], in: folder)
    return "v1," + Data(code).base64EncodedString()
  }

  @Test("a receiver that was down gets what happened meanwhile once it is back, signed so that openssl agrees")
  func down() async throws {
    try await Office.with { office in
      let port = try HTTPSServer.freePort()
      let hook = try office.webhook("https://127.0.0.1:\(port)/hook")
      try office.happen()
      var timing = Office.timing
      timing.retries.delaysSeconds = Array(repeating: 0.2, count: 100)
      try office.open(timing: timing)
      #expect(
        try comesTrue { try office.are(2, of: hook.id) { $0.attempts >= 2 && $0.status == .pending } })
      #expect(try office.text("SELECT failing_since IS NOT NULL FROM tollgate.webhooks") == "t")
      let receiver = try Receiver(port: port)
      #expect(try comesTrue { try office.are(2, of: hook.id) { $0.status == .delivered } })
      let received = receiver.received()
      #expect(
        received.map(\.type).sorted { $0 ?? "" < $1 ?? "" } == ["organization.resumed", "organization.suspended"])
      for one in received {
        #expect(try one.headers["webhook-signature"] == Self.signature(one, hook.secret))
        #expect(one.headers["content-type"] == "application/json")
        #expect(abs((Double(one.headers["webhook-timestamp"] ?? "") ?? 0) - Date().timeIntervalSince1970) < 60)
        #expect(one.text.contains(#""organizationId": "\#(office.organizationID)""#))
        #expect(one.text.contains(#""organizationName": "Ünïcode & Söhne""#))
      }
      #expect(
        try office.text("SELECT failing_since IS NULL AND last_delivery_at IS NOT NULL FROM tollgate.webhooks") == "t")
      let history = try office.text(
        "SELECT jsonb_path_query_array(history, '$[*].error')::text FROM tollgate.deliveries")
      #expect(history?.contains("There was no connection, or it broke.") == true)
      receiver.stop()
    }
  }

  @Test("each attempt has the same id and body")
  func sameBytes() async throws {
    try await Office.with { office in
      let receiver = try Receiver { _, earlier in Response(status: earlier < 3 ? 500 : 200) }
      let hook = try office.webhook(receiver.url())
      _ = try Administration.test(hook.id, on: &office.administrator)
      try office.open()
      #expect(try comesTrue { try office.deliveries(to: hook.id).first?.status == .delivered })
      let received = receiver.received()
      #expect(received.count == 4)
      #expect(Set(received.map(\.id)).count == 1)
      #expect(Set(received.map(\.body)).count == 1)
      #expect(received.first?.type == "webhook.test")
      #expect(try office.deliveries(to: hook.id).first?.lastStatus == 200)
      receiver.stop()
    }
  }

  @Test("receivers that hang, fail, redirect, or answer with ten megabytes harm nobody, and a good one waits for none")
  func badReceivers() async throws {
    try await Office.with { office in
      let paths = ["/hook", "/hangs", "/fails", "/redirects", "/endless"]
      let receiver = try Receiver(paths: paths) { path, _ in
        switch path {
        case "/hangs": nil
        case "/fails": Response(status: 500)
        case "/redirects": Response(status: 302, headers: [("Location", "https://127.0.0.1/hook")])
        case "/endless": Response(status: 200, body: [UInt8](repeating: 97, count: 10_485_760))
        default: Response(status: 204)
        }
      }
      var timing = Office.timing
      timing.receiverSeconds = 15
      timing.retries.delaysSeconds = [600]
      var hooks: [String: WebhookID] = [:]
      for path in paths { hooks[path] = try office.webhook(receiver.url(path)).id }
      try office.open(timing: timing)
      try office.happen(5)
      #expect(comesTrue { receiver.received().count == 10 })
      // While others have their time still, and some hold on to it.
      #expect(!receiver.received(at: "/hangs").isEmpty)
      let hanging = try #require(hooks["/hangs"])
      #expect(try office.deliveries(to: hanging).allSatisfy { $0.status == .pending })
      for (path, error) in [
        ("/fails", "The receiver answered 500."), ("/redirects", "The receiver answered 302."),
        ("/endless", "The answer is too long."),
      ] {
        let id = try #require(hooks[path])
        #expect(try comesTrue { try office.deliveries(to: id).contains { $0.lastError == error } }, "\(path)")
      }
      receiver.stop()
    }
  }

  @Test("a receiver that names the time from which it answers again is left alone until then")
  func retryAfter() async throws {
    try await Office.with { office in
      let formatter = DateFormatter()
      formatter.locale = Locale(identifier: "en_US_POSIX")
      formatter.timeZone = TimeZone(identifier: "UTC")
      formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
      let inAnHour = formatter.string(from: Date(timeIntervalSinceNow: 3600))
      let receiver = try Receiver { _, _ in Response(status: 503, headers: [("Retry-After", inAnHour)]) }
      let hook = try office.webhook(receiver.url())
      _ = try Administration.test(hook.id, on: &office.administrator)
      try office.open()
      #expect(try comesTrue { try office.deliveries(to: hook.id).first?.lastStatus == 503 })
      let wait = "SELECT next_attempt_at - now() BETWEEN interval '59 minutes' AND interval '61 minutes' "
      #expect(try office.text(wait + "FROM tollgate.deliveries") == "t")
      receiver.stop()
    }
  }

  @Test("what a payment does is told with the payment's event beside its own")
  func payments() async throws {
    try await Office.with { office in
      let receiver = try Receiver()
      _ = try office.webhook(receiver.url())
      try office.administrator.script(
        """
        SELECT tollgate.set_payment_customer('\(office.organizationID)', 'cus_1');
        SELECT tollgate.receive_payment_event('evt_1', 'invoice.payment_failed', now(), true, true, NULL,
          '{"object": "in_1", "customer": "cus_1"}')
        """)
      try office.open()
      #expect(comesTrue { receiver.received().count == 1 })
      let received = try #require(receiver.received().first)
      #expect(received.text.contains(#""eventId": "\#(received.id)""#), "\(received.text)")
      #expect(received.text.contains(#""paymentEventId": "evt_1""#) && received.text.contains(#""invoiceId": "in_1""#))
      receiver.stop()
    }
  }

  @Test("a URL that leads inwards is not connected to, whatever it is called")
  func inwards() async throws {
    try await Office.with { office in
      let receiver = try Receiver()
      try office.open(allowing: [])
      for url in [
        receiver.url(), "https://localhost:\(receiver.port)/hook", "https://[::ffff:127.0.0.1]:\(receiver.port)/hook",
      ] {
        let hook = try office.webhook(url)
        _ = try Administration.test(hook.id, on: &office.administrator)
        #expect(
          try comesTrue {
            try office.deliveries(to: hook.id).first?.lastError == "The host's address is not one to connect to."
          },
          "\(url)")
        try Administration.delete(hook.id, on: &office.administrator)
      }
      #expect(receiver.received().isEmpty)
      receiver.stop()
    }
  }

  @Test("410 makes a webhook inactive, and what waits for it dead")
  func gone() async throws {
    try await Office.with { office in
      let receiver = try Receiver { _, _ in Response(status: 410) }
      let hook = try office.webhook(receiver.url())
      try office.happen(10)
      try office.open()
      #expect(try comesTrue { try office.are(20, of: hook.id) { $0.status == .dead } })
      let webhook = try Administration.webhook(hook.id, on: &office.administrator)
      #expect(!webhook.isActive)
      #expect(webhook.disabledReason == "gone")
      #expect(receiver.received().count < 20)
      try office.happen()
      _ = try office.administrator.query("SELECT tollgate.dispatch_events(100, false)")
      #expect(try office.deliveries(to: hook.id).count == 20)
      receiver.stop()
    }
  }

  @Test("after the last attempt a delivery is dead, and made once more when somebody asks for it")
  func dead() async throws {
    try await Office.with { office in
      let receiver = try Receiver { _, earlier in Response(status: earlier < 10 ? 500 : 204) }
      let hook = try office.webhook(receiver.url())
      let made = try Administration.test(hook.id, on: &office.administrator)
      #expect(throws: PostgresError.self) { try Administration.replay(made.id, of: hook.id, on: &office.administrator) }
      try office.open()
      #expect(try comesTrue { try office.deliveries(to: hook.id).first?.status == .dead })
      #expect(receiver.received().count == 10)
      let log = office.log
      #expect(comesTrue { log.all.contains { $0.contains("a delivery is not tried again") } })
      #expect(try Administration.replay(made.id, of: hook.id, on: &office.administrator).status == .pending)
      #expect(try comesTrue { try office.deliveries(to: hook.id).first?.status == .delivered })
      #expect(receiver.received().count == 11)
      #expect(Set(receiver.received().map(\.id)).count == 1)
      receiver.stop()
    }
  }

  @Test("with two servers each is delivered once, also when one goes away in the middle")
  func twoServers() async throws {
    try await Office.with { office in
      let receiver = try Receiver()
      _ = try office.webhook(receiver.url())
      let first = try office.open()
      try office.open()
      try office.happen(20)
      first.stop()
      try office.happen(20)
      #expect(comesTrue { receiver.received().count >= 80 })
      #expect(Set(receiver.received().map(\.id)).count == 80)
      #expect(receiver.received().count == 80)
      receiver.stop()
    }
  }

  @Test("an organization's own webhook gets its events and no other's, of the types it asked for; one for all gets all")
  func owners() async throws {
    try await Office.with { office in
      let receiver = try Receiver(paths: ["/own", "/others", "/all", "/some"])
      let other = try Administration.createOrganization(name: "Other", plan: "pro", on: &office.administrator)
      _ = try office.webhook(receiver.url("/own"))
      _ = try office.webhook(receiver.url("/others"), of: other)
      _ = try office.webhook(receiver.url("/all"), isForAll: true)
      _ = try office.webhook(receiver.url("/some"), events: ["organization.resumed"])
      try office.happen(2)
      try office.happen(1, to: other)
      try office.open()
      #expect(comesTrue { receiver.received(at: "/all").count == 6 })
      #expect(
        comesTrue {
          receiver.received(at: "/own").count == 4 && receiver.received(at: "/others").count == 2
            && receiver.received(at: "/some").count == 2
        })
      #expect(receiver.received(at: "/own").allSatisfy { $0.text.contains("\(office.organizationID)") })
      #expect(receiver.received(at: "/others").allSatisfy { $0.text.contains("\(other)") })
      #expect(Set(receiver.received(at: "/some").map(\.type)) == ["organization.resumed"])
      receiver.stop()
    }
  }

  @Test("while a secret is replaced, deliveries are signed with both")
  func rotation() async throws {
    try await Office.with { office in
      let receiver = try Receiver()
      let hook = try office.webhook(receiver.url())
      let secret = try office.rotate(hook.id, graceSeconds: 3600)
      try office.open()
      _ = try Administration.test(hook.id, on: &office.administrator)
      #expect(comesTrue { receiver.received().count == 1 })
      let one = try #require(receiver.received().first)
      let both = try [secret, hook.secret].map { try Self.signature(one, $0) }
      #expect(one.headers["webhook-signature"] == both.joined(separator: " "))
      let last = try office.rotate(hook.id, graceSeconds: 0)
      _ = try Administration.test(hook.id, on: &office.administrator)
      #expect(comesTrue { receiver.received().count == 2 })
      let other = try #require(receiver.received().last)
      #expect(try other.headers["webhook-signature"] == Self.signature(other, last))
      receiver.stop()
    }
  }

  @Test("an alert, a threshold that was crossed and a content budget that fills arrive by themselves")
  func alerts() async throws {
    try await Office.with { office in
      let receiver = try Receiver()
      _ = try office.webhook(receiver.url())
      let rule = AlertRule(
        organizationID: office.organizationID, tokenType: "general", condition: .availableBelow, threshold: 30)
      let alert = try Administration.set(nil, to: rule, on: &office.administrator)
      try office.open()
      _ = try office.administrator.query(
        "SELECT tollgate.deduct($1::uuid, NULL, 'generate_insight', 45)", [.text(office.organizationID.description)])
      _ = try office.administrator.query(
        "SELECT tollgate.save_attribute($1::uuid, gen_random_uuid(), repeat('a', 50000))",
        [.text(office.organizationID.description)])
      #expect(comesTrue { receiver.received().count == 3 })
      #expect(
        Set(receiver.received().map(\.type)) == [
          "alert.raised", "balance.threshold_crossed", "content.threshold_crossed",
        ])
      try office.forgetWhenAlertsWereTold()
      _ = try office.administrator.query(
        "SELECT tollgate.top_up($1::uuid, 'general', 100, 'a')", [.text(office.organizationID.description)])
      #expect(comesTrue { receiver.received().last?.type == "alert.recovered" })
      #expect(receiver.received().last?.text.contains("\(alert.id)") == true)
      receiver.stop()
    }
  }
}
