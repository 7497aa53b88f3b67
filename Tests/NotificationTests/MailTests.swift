import Accounts
import Crypto
import Fetching
import Foundation
import Postgres
import Testbed
import Testing
import Tokens

@testable import Notifications

@Suite("Alerts by email")
struct MailTests {
  private static func rule(_ office: borrowing Office, _ addresses: String...) throws -> AlertRule {
    AlertRule(
      organizationID: office.organizationID, tokenType: "general", condition: .availableBelow, threshold: 30,
      email: try addresses.map { try #require(EmailAddress($0)) })
  }

  private static func relay(_ url: String, requiresTLS: Bool = false, password: String? = nil) throws -> MailRelay {
    MailRelay(
      url: url, requiresTLS: requiresTLS, sender: try #require(EmailAddress("alerts@tollgate.example")),
      user: password.map { _ in "tollgate" }, password: password.map { Secret($0) })
  }

  private static func use(_ office: inout Office) throws {
    _ = try office.administrator.query(
      "SELECT tollgate.deduct($1::uuid, NULL, 'generate_insight', 45)", [.text(office.organizationID.description)])
  }

  @Test("an alert is sent to each address of its rule when it is raised and when it recovers, and never between")
  func edges() async throws {
    try await Office.with { office in
      let relay = try MailServer()
      _ = try Administration.set(
        nil, to: Self.rule(office, "ops@example.com", "boss+alerts@example.com"), on: &office.administrator)
      try office.open(relay: Self.relay(relay.url))
      try Self.use(&office)
      let messages = try [relay.next(), relay.next()]
      #expect(Set(messages.flatMap(\.recipients)) == ["ops@example.com", "boss+alerts@example.com"])
      for message in messages {
        #expect(message.sender == "alerts@tollgate.example")
        #expect(message.subject == "Alert: fewer than 30 tokens available (general of Ünïcode & Söhne)")
        #expect(message.text.contains("Available tokens: 5\n"))
        #expect(!message.isEncrypted)
      }
      try office.forgetWhenAlertsWereTold()
      _ = try office.administrator.query(
        "SELECT tollgate.top_up($1::uuid, 'general', 100, 'a')", [.text(office.organizationID.description)])
      let last = try relay.next()
      #expect(last.subject.hasPrefix("Recovered: fewer than 30 tokens"))
      relay.stop()
    }
  }

  @Test("what an organization is called cannot become a field of the header, or end it")
  func injection() async throws {
    try await Office.with { office in
      let relay = try MailServer()
      let name =
        "Evil\r\nBcc: victim@example.com\r\n\r\n.\r\nMAIL FROM:<a@b.example>" + String(repeating: "é", count: 100)
      _ = try office.administrator.query(
        "UPDATE public.organizations SET name = $1 WHERE id = $2::uuid",
        [.text(name), .text(office.organizationID.description)])
      _ = try Administration.set(nil, to: Self.rule(office, "ops@example.com"), on: &office.administrator)
      try office.open(relay: Self.relay(relay.url))
      try Self.use(&office)
      let message = try relay.next()
      #expect(message.recipients == ["ops@example.com"])
      #expect(
        message.fields == [
          "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
          "Content-Transfer-Encoding",
        ])
      #expect(message.text.contains("Organization: Evil"))
      relay.stop()
    }
  }

  @Test("a relay that asks for STARTTLS and a password gets both, and one that cannot encrypt gets nothing")
  func encrypted() async throws {
    try await Office.with { office in
      let certificate = try Receiver.certificate.get()
      let password = UUID().uuidString
      let relay = try MailServer((certificate.certificateFile, certificate.keyFile), password: password)
      _ = try Administration.set(nil, to: Self.rule(office, "ops@example.com"), on: &office.administrator)
      try office.open(relay: Self.relay(relay.url, requiresTLS: true, password: password))
      try Self.use(&office)
      #expect(try relay.next().isEncrypted)
      relay.stop()

      let plain = try MailServer()
      var request = MailRequest(
        relayURL: plain.url, sender: "a@example.com", recipient: "b@example.com", message: Array("a\r\n".utf8),
        totalSeconds: 5)
      request.requiresTLS = true
      #expect(throws: MailError.self) { try sendMail(request) }
      request.requiresTLS = false
      #expect(try sendMail(request) == 250)
      plain.stop()
    }
  }

  @Test("an address that the relay does not know is tried again, and dead in the end")
  func refused() async throws {
    try await Office.with { office in
      let relay = try MailServer()
      _ = try Administration.set(nil, to: Self.rule(office, "nobody@example.com"), on: &office.administrator)
      try office.open(relay: Self.relay(relay.url))
      try Self.use(&office)
      #expect(
        try comesTrue {
          try office.text("SELECT count(*) FROM tollgate.deliveries WHERE status = 'dead' AND last_status = 550") == "1"
        })
      #expect(
        try office.text("SELECT last_error FROM tollgate.deliveries WHERE channel = 'email'")
          == "The relay answered 550.")
      relay.stop()
    }
  }

  @Test("a delivery to what is no address is dead, and takes no other one with it")
  func unreadable() async throws {
    try await Office.with { office in
      let receiver = try Receiver()
      _ = try office.webhook(receiver.url())
      try office.happen()
      try office.administrator.script(
        """
        INSERT INTO tollgate.deliveries (organization_id, delivery_id, channel, receiver_id, address,
          event_organization_id, event_id, next_attempt_at)
        SELECT organization_id, gen_random_uuid(), 'email', gen_random_uuid(), 'a@' || repeat('b.', 126) || 'example',
          organization_id, event_id, now()
        FROM tollgate.events
        LIMIT 1
        """)
      try office.open(relay: Self.relay("smtp://127.0.0.1:1"))
      #expect(comesTrue { receiver.received().count == 2 })
      #expect(
        try comesTrue {
          try office.text("SELECT status || ': ' || last_error FROM tollgate.deliveries WHERE channel = 'email'")
            == "dead: It has no address or webhook that anything can be sent to."
        })
      let log = office.log
      #expect(comesTrue { log.all.contains { $0.contains("a delivery is not tried again") } })
      receiver.stop()
    }
  }

  @Test("a rule takes the addresses that can be sent to, and PostgreSQL no others")
  func rules() async throws {
    try await Office.with { office in
      let longest = "a@" + String(repeating: "b.", count: 122) + "examples"
      #expect(longest.utf8.count == 254 && EmailAddress(longest) != nil && EmailAddress(longest + "s") == nil)
      let statement = Statement(
        "SELECT tollgate.set_alert(NULL, $1::uuid, NULL, 'available_below', 30, $2::text[], true)")
      for good in [[], [longest], ["a@b.example", longest]] {
        _ = try office.administrator.query(
          statement, [.text(office.organizationID.description), .array(good)])
      }
      for bad in [
        [longest + "s"], ["a@b.example c@d.example"], [""], ["a@b.example", ""], ["", "a@b.example"], [" "],
        ["a@b.example "], ["a@b.example\nc@d.example"], ["a@b..example"], ["é@b.example"],
      ] {
        #expect(throws: PostgresError.self, "\(bad)") {
          _ = try office.administrator.query(statement, [.text(office.organizationID.description), .array(bad)])
        }
      }
    }
  }

  @Test(
    "no address has more in it than an address",
    arguments: [
      "", "a", "a@", "@b.example", "a@b\n.example", "a@b.example\r\nRCPT TO:<c@d.example>", "a b@c.example",
      "<a@b.example>", "a@b.example>", "a@b..example", "\"a\"@b.example", "é@b.example", "a@b.example,c@d.example",
    ])
  func addresses(text: String) {
    #expect(EmailAddress(text) == nil)
  }
}
