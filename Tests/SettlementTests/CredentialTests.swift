import Postgres
import Testbed
import Testing
import Tokens

@Suite("What PostgreSQL does with credentials")
struct CredentialTests {
  private static func use(_ tenant: Tenant, leased: Bool) -> Statement {
    Statement(
      """
      SELECT outcome, wait_milliseconds > 50000 FROM tollgate.use_credential('\(tenant.id)', NULL, false, 'drive',
        \(leased ? "gen_random_uuid()" : "NULL"), 30)
      """)
  }

  private static func set(_ workplace: inout Workplace, secret: String) throws {
    _ = try workplace.server.query(
      Statement(
        """
        SELECT tollgate.set_provider('drive', 'https://a.example/a', 'https://a.example/t', NULL, 'tollgate', \(secret),
          'basic', '{}', 'https://b.example/', '{}')
        """))
  }

  private static func change(_ tenant: Tenant, _ assignments: String, _ workplace: inout Workplace) throws {
    try workplace.administrator.script(
      """
      UPDATE tollgate.credentials
      SET access_token_fresh_until = CASE WHEN access_token IS NOT NULL THEN now() - interval '1 second' END, \(assignments)
      WHERE organization_id = '\(tenant.id)'
      """)
  }

  @Test("what a provider refused is tried once more after its client secret was set, of every organization")
  func mended() async throws {
    try await Workplace.with { workplace in
      let tenants = [try workplace.tenant(), try workplace.tenant()]
      for tenant in tenants {
        try workplace.connect(tenant)
        try Self.change(tenant, "state = 'reconsent_required'", &workplace)
      }
      try Self.set(&workplace, secret: "NULL")
      for tenant in tenants {
        #expect(try workplace.server.lines(Self.use(tenant, leased: false)) == ["reconsent_required|"])
      }
      try Self.set(&workplace, secret: Workplace.sealed)
      for tenant in tenants {
        #expect(try workplace.server.lines(Self.use(tenant, leased: false)) == ["stale|"])
      }
    }
  }

  @Test("whoever connects anew waits all the same for as long as the provider has asked for")
  func patience() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.connect(tenant)
      let connecting = Statement(
        "SELECT tollgate.connect_credential('\(tenant.id)', NULL, false, 'drive', \(Workplace.sealed))")
      try Self.change(tenant, "retry_at = now() + interval '1 minute'", &workplace)
      #expect(try workplace.server.lines(connecting) == ["success"])
      #expect(try workplace.server.lines(Self.use(tenant, leased: true)) == ["retry_later|t"])
      try Self.change(tenant, "retry_at = now() - interval '1 second', access_token = NULL", &workplace)
      #expect(try workplace.server.lines(connecting) == ["success"])
      #expect(try workplace.count("tollgate.credentials", of: tenant, where: "retry_at IS NULL") == 1)
    }
  }

  @Test("who waits for another's refresh to end learns what it has become of: patience, consent, or nothing at all")
  func meanwhile() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for (ending, expected) in [
        ("UPDATE tollgate.credentials SET retry_at = now() + interval '1 minute'", "retry_later|t"),
        ("UPDATE tollgate.credentials SET state = 'reconsent_required'", "reconsent_required|"),
        ("UPDATE tollgate.credentials SET lease_ends_at = now() + interval '1 minute'", "refreshing|t"),
        ("DELETE FROM tollgate.credentials", "unknown_credential|"),
      ] {
        try workplace.connect(tenant)
        try Self.change(tenant, "retry_at = NULL", &workplace)
        try workplace.administrator.script("BEGIN; SELECT FROM tollgate.credentials FOR UPDATE")
        let database = workplace.database
        let second = Background {
          var workplace = try Workplace(database)
          return try workplace.server.lines(Self.use(tenant, leased: true))
        }
        var observer = try database.connect()
        try observer.waitUntilSomebodyWaits(for: workplace.administrator.backendProcessID)
        try workplace.administrator.script("\(ending); COMMIT")
        #expect(try second.value() == [expected])
      }
    }
  }

  @Test("a user finishes no authorization that somebody else began, and a service any of the organization's")
  func finishing() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.connect(tenant)
      func take(_ user: String, _ isMember: Bool) -> Statement {
        Statement(
          """
          SELECT outcome FROM tollgate.take_authorization('\(tenant.id)', \(user), \(isMember), 'drive', sha256('s'))
          """)
      }
      for (beginner, isMember) in [("'\(tenant.member)'", true), ("NULL", false)] {
        _ = try workplace.server.query(
          Statement(
            """
            SELECT tollgate.begin_authorization('\(tenant.id)', \(beginner), \(isMember), 'drive', sha256('s'),
              \(Workplace.sealed))
            """))
        if !isMember {
          #expect(try workplace.server.lines(take("'\(tenant.member)'", true)) == ["unknown_authorization"])
        }
        #expect(
          try workplace.server.lines(take("'\(tenant.otherMember)'", true)) == ["unknown_authorization"])
        #expect(try workplace.server.lines(take("NULL", false)) == ["success"])
      }
    }
  }
}
