import Postgres
import Testbed
import Testing
import Tokens

@Suite("Addresses in the audit log")
struct AuditedAddressTests {
  /// What was recorded of a noun's rows: of some members how they were and how they became, `–` where they are not.
  private static func told(_ noun: String, _ members: String, _ workplace: inout Workplace) throws -> [String] {
    let values = members.split(separator: " ").flatMap { name in
      ["before", "after"].map { "coalesce(\($0) ->> '\(name)', '–')" }
    }
    return try workplace.administrator.lines(
      Statement(
        """
        SELECT concat_ws(' → ', \(values.joined(separator: ", "))) FROM tollgate.audit_log
        WHERE change LIKE '\(noun).%' ORDER BY number
        """))
  }

  /// How many rows of the whole log have a text in them.
  private static func occurrences(of text: String, _ workplace: inout Workplace) throws -> Int64 {
    try workplace.administrator.integer(
      "SELECT count(*) FROM tollgate.audit_log AS record WHERE strpos(record::text, $1) > 0", [.text(text)])
  }

  @Test("of a rule's emails it is said how many there are, and that they are others")
  func emails() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let rule = try workplace.rule("available_below", 30, of: tenant)
      for emails in ["{ada@a.example}", "{bob@b.example}", "{bob@b.example,cy@c.example}"] {
        _ = try workplace.server.query(
          "SELECT tollgate.set_alert($1::uuid, NULL, 'general', 'available_below', 30, $2::text[], true)",
          [.text(rule), .text(emails)])
      }
      _ = try workplace.server.query("SELECT tollgate.delete_alert($1::uuid)", [.text(rule)])
      #expect(
        try Self.told("alert", "email replaced", &workplace) == [
          "– → 0 → – → –", #"0 → 1 → – → ["email"]"#, #"1 → 1 → – → ["email"]"#, #"1 → 2 → – → ["email"]"#,
          "2 → – → – → –",
        ])
      for address in ["ada@", "bob@", "cy@", "b.example"] {
        #expect(try Self.occurrences(of: address, &workplace) == 0, "\(address)")
      }
    }
  }

  @Test("of a webhook's URL it has scheme and host, and that the rest is another")
  func urls() async throws {
    try await Workplace.with { workplace in
      let id = "00000000-0000-4000-8000-0000000000c1"
      _ = try workplace.server.query(
        Statement(
          """
          SELECT tollgate.create_webhook('\(id)', NULL, 'https://hooks.example/SeCrEt?token=xYz', '{}', \(Workplace.sealed))
          """))
      for url in [
        "https://hooks.example/OtHeR?token=xYz", "https://grete:woRd@hooks.example:8443/OtHeR#frAg",
        "https://[2001:db8::1]:8443/OtHeR", "https://h2.example?token=xYz",
      ] {
        _ = try workplace.administrator.query(
          "UPDATE tollgate.webhooks SET url = $1", [.text(url)])
      }
      try workplace.administrator.script("UPDATE tollgate.webhooks SET active = false")
      _ = try workplace.server.query(
        Statement("SELECT tollgate.rotate_webhook_secret('\(id)', \(Workplace.sealed), 60)"))
      let host = "https://hooks.example"
      #expect(
        try Self.told("webhook", "url replaced", &workplace) == [
          "– → \(host) → – → –", #"\#(host) → \#(host) → – → ["url"]"#, #"\#(host) → \#(host) → – → ["url"]"#,
          #"\#(host) → https://[2001:db8::1] → – → ["url"]"#,
          #"https://[2001:db8::1] → https://h2.example → – → ["url"]"#,
          "https://h2.example → https://h2.example → – → –",
          #"https://h2.example → https://h2.example → – → ["secret"]"#,
        ])
      for secret in ["SeCrEt", "OtHeR", "xYz", "woRd", "grete", "frAg", ":8443"] {
        #expect(try Self.occurrences(of: secret, &workplace) == 0, "\(secret)")
      }
    }
  }
}
