import Postgres
import Testbed
import Testing
import Tokens

@Suite("Who a change is recorded as")
struct AuditActorTests {
  private static let suspend = Statement("SELECT tollgate.suspend_organization($1::uuid)")
  private static let resume = Statement("SELECT tollgate.resume_organization($1::uuid)")

  @Test("what is changed by hand is recorded as by the role that logged in, with before and after")
  func byHand() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let administrator = try #require(try workplace.administrator.text("SELECT session_user"))
      let recorded = try workplace.recorded { workplace in
        try workplace.administrator.script("UPDATE tollgate.plan_allocations SET tokens = 60 WHERE tokens = 50")
        try workplace.administrator.script("UPDATE tollgate.features SET is_limited = is_limited, feature = feature")
        _ = try workplace.administrator.query(
          "DELETE FROM public.user_profiles WHERE id = $1::uuid", [.text(tenant.member.description)])
      }
      #expect(
        recorded.map(\.what).sorted() == [
          "allocation.update pro/general", "allocation.update pro/lead_generation", "user.delete \(tenant.member)",
        ])
      #expect(Set(recorded.map(\.actor)) == ["database \(administrator)"])
      #expect(
        try workplace.administrator.text(
          """
          SELECT concat(before ->> 'tokens', ' → ', after ->> 'tokens') FROM tollgate.audit_log
          WHERE subject = 'pro/general' ORDER BY number DESC LIMIT 1
          """) == "50 → 60")
    }
  }

  @Test("a row that gets another name or owner is deleted under the old one and made under the new one")
  func renamed() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let other = try workplace.tenant()
      let recorded = try workplace.recorded { workplace in
        try workplace.administrator.script(
          """
          INSERT INTO tollgate.features (feature, token_type, cost) VALUES ('summarize', 'general', 1);
          UPDATE tollgate.features SET feature = 'shorten' WHERE feature = 'summarize';
          """)
        _ = try workplace.administrator.query(
          "UPDATE public.user_profiles SET organization_id = $1::uuid WHERE id = $2::uuid",
          [other.parameter, .text(tenant.member.description)])
      }
      #expect(
        recorded.map(\.what) == [
          "action.create summarize", "action.delete summarize", "action.create shorten",
          "user.delete \(tenant.member)", "user.create \(tenant.member)",
        ])
    }
  }

  @Test("each correction of a batch has its own actor, and who asks makes it no other request under a key")
  func batch() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let settle = Statement(
        """
        SELECT string_agg(concat(outcome, ' ', replayed), ', ' ORDER BY item)
        FROM tollgate.settle(ARRAY[$1, $1]::uuid[], '{NULL,NULL}', '{false,false}', '{NULL,NULL}', '{NULL,NULL}',
          '{one,two}', '{NULL,NULL}', '{NULL,NULL}', ARRAY[gen_random_uuid(), gen_random_uuid()], ARRAY[$2, $3]::jsonb[])
        """)
      func request(_ actor: String) -> Parameter {
        .text(#"{"operation": "adjust", "tokenType": "general", "amount": 5, "actor": \#(actor)}"#)
      }
      let recorded = try workplace.recorded { workplace in
        let first = [
          tenant.parameter, request(#"{"kind": "key", "id": "k", "requestId": "r-1"}"#),
          request(#"{"kind": "service", "requestId": "r-2"}"#),
        ]
        let answers = try workplace.server.text(settle, first)
        #expect(answers == "success f, success f")
        let again = [
          tenant.parameter, request(#"{"kind": "service", "requestId": "r-3"}"#),
          request(#"{"kind": "key", "id": "k", "requestId": "r-4"}"#),
        ]
        let replayed = try workplace.server.text(settle, again)
        #expect(replayed == "success t, success t")
      }
      #expect(recorded.map(\.actor) == ["key k", "service"])
    }
  }

  @Test("a session in which the server does not log in is who it logged in as, whatever it says")
  func unbelieved() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let logins = try Logins(workplace.database)
      defer { logins.drop(workplace.database) }
      var assistant = try logins.connect(logins.assistant, workplace.database)
      var gateway = try logins.connect(logins.gateway, workplace.database)
      try gateway.script("SET ROLE service_role")
      let forged = #"{"kind": "key", "id": "somebody else's"}"#
      let recorded = try workplace.recorded { _ in
        _ = try assistant.query("SELECT set_config('tollgate.actor', $1, false)", [.text(forged)])
        _ = try assistant.query(Self.suspend, [tenant.parameter])
        _ = try gateway.query("SELECT set_config('tollgate.actor', $1, false)", [.text(forged)])
        _ = try gateway.query(Self.resume, [tenant.parameter])
      }
      #expect(recorded.map(\.actor) == ["database \(logins.assistant)", "database \(logins.gateway)"])
    }
  }

  @Test("a superuser is who it logged in as, too, and nothing but the hint is taken from what it says")
  func superuser() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let login = try #require(try workplace.administrator.text("SELECT session_user"))
      let member = try workplace.administrator.text("SELECT pg_has_role(session_user, 'tollgate_server', 'MEMBER')")
      #expect(member == "t")
      let hint = String(repeating: "h", count: 300)
      let forged = #"{"kind": "service", "id": "somebody else", "requestId": "r", "hint": "\#(hint)"}"#
      let recorded = try workplace.recorded { workplace in
        _ = try workplace.administrator.query("SELECT set_config('tollgate.actor', $1, false)", [.text(forged)])
        _ = try workplace.administrator.query(Self.suspend, [tenant.parameter])
        _ = try workplace.administrator.query(
          """
          SELECT FROM tollgate.settle(ARRAY[$1::uuid], '{NULL}', '{false}', '{NULL}', '{NULL}', '{NULL}', '{NULL}',
            '{NULL}', ARRAY[gen_random_uuid()], ARRAY[jsonb_build_object('operation', 'adjust', 'tokenType', 'general',
              'amount', 5, 'actor', $2::jsonb)])
          """, [tenant.parameter, .text(forged)])
        try workplace.administrator.script("RESET tollgate.actor")
      }
      #expect(recorded.map(\.change) == ["organization.update", "balance.adjust"])
      #expect(Set(recorded.map(\.actor)) == ["database \(login)"])
      #expect(
        try workplace.administrator.lines(
          "SELECT DISTINCT length(hint), request_id FROM tollgate.audit_log WHERE hint LIKE 'hhh%'") == ["255|"])
    }
  }

  @Test("of the server's session the log keeps the login beside whom the server states")
  func login() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let recorded = try workplace.recorded { workplace in
        try workplace.server.transaction { server in
          try server.script(#"SET LOCAL tollgate.actor = '{"kind": "database", "id": "postgres", "hint": "ada"}'"#)
          _ = try server.query(Self.suspend, [tenant.parameter])
        }
        // What the transaction said is gone with it.
        _ = try workplace.server.query(Self.resume, [tenant.parameter])
      }
      #expect(recorded.map(\.actor) == ["database tollgate_server", "database tollgate_server"])
      #expect(
        try workplace.administrator.lines(
          """
          SELECT hint, database_role FROM tollgate.audit_log WHERE change = 'organization.update' ORDER BY number
          """) == ["ada|tollgate_server", "|tollgate_server"])
    }
  }

  @Test("members can neither record a change nor read, change or remove one, and nor can anybody else")
  func forging() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      for role in ["anon", "authenticated", "service_role", "tollgate_server"] {
        try workplace.administrator.become(role, claims: #"{"sub": "\#(tenant.member)"}"#)
        try workplace.administrator.script(#"SET tollgate.actor = '{"kind": "service"}'"#)
        for statement in [
          "SELECT tollgate.record_change(NULL, 'plan.update', 'pro', '{}', '{}')",
          """
          INSERT INTO tollgate.audit_log (organization_id, id, actor_kind, database_role, change, subject)
          VALUES (gen_random_uuid(), gen_random_uuid(), 'service', 'x', 'plan.update', 'pro')
          """,
          "UPDATE tollgate.audit_log SET actor_id = 'me'", "DELETE FROM tollgate.audit_log",
          "TRUNCATE tollgate.audit_log",
        ] {
          #expect(try workplace.administrator.refusal(Statement(statement)) == "42501", "\(role): \(statement)")
        }
        let read = try workplace.administrator.refusal("SELECT FROM tollgate.audit_log")
        #expect(read == (role == "service_role" ? nil : "42501"), "\(role)")
      }
      // Nor does the owner change what was recorded, inside of a function or outside.
      try workplace.administrator.script("RESET ROLE; RESET tollgate.actor; SET ROLE tollgate_owner")
      _ = try workplace.administrator.query(
        "SELECT set_config('tollgate.organizations', array_agg($1::uuid)::text, false)", [tenant.parameter])
      try workplace.administrator.script(
        "UPDATE tollgate.audit_log SET actor_id = 'me'; DELETE FROM tollgate.audit_log")
      try workplace.administrator.script("RESET ROLE")
      #expect(
        try workplace.administrator.lines(
          "SELECT change FROM tollgate.audit_log WHERE actor_id <> 'me' AND organization_id = $1::uuid ORDER BY number",
          [tenant.parameter]) == ["organization.create", "user.create", "user.create"])
    }
  }

  @Test("no record has a secret or a digest: of those it is only said that they were replaced")
  func secrets() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.administrator.query(
        "SELECT tollgate.create_key($1::uuid, gen_random_uuid(), sha256('secret'), 'Key', '{read}')",
        [tenant.parameter])
      try workplace.connect(tenant)
      let recorded = try workplace.recorded { workplace in
        try workplace.administrator.script(
          """
          UPDATE tollgate.providers SET client_secret = \(Workplace.sealed);
          UPDATE tollgate.api_keys SET digest = sha256('other');
          """)
      }
      #expect(recorded.map(\.change) == ["provider.update", "key.update"])
      #expect(
        try workplace.administrator.lines(
          "SELECT after ->> 'replaced' FROM tollgate.audit_log WHERE change IN ('provider.update', 'key.update') ORDER BY 1"
        ) == [#"["clientSecret"]"#, #"["digest"]"#])
      let shown = try workplace.administrator.integer(
        """
        SELECT count(*)
        FROM tollgate.audit_log AS record
          CROSS JOIN (
            SELECT encode(client_secret, 'hex') FROM tollgate.providers
            UNION ALL SELECT encode(digest, 'hex') FROM tollgate.api_keys
            UNION ALL SELECT encode(sha256('secret'), 'hex')
          ) AS hidden (secret)
        WHERE record::text LIKE '%' || hidden.secret || '%'
        """)
      #expect(shown == 0)
    }
  }
}
