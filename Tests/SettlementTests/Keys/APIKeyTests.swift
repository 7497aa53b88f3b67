import Postgres
import Testbed
import Testing
import Tokens

@Suite("API keys in SQL")
struct APIKeyTests {
  private static let create = Statement(
    "SELECT tollgate.create_key($1::uuid, $2::uuid, sha256($3::text::bytea), $4, $5::text[], $6::timestamptz)")
  private static let find = Statement(
    """
    SELECT key_id, organization_id, scopes, encode(digest, 'hex') = encode(sha256($2::text::bytea), 'hex'),
      milliseconds_left FROM tollgate.find_keys($1::uuid[])
    """)
  private static let key = "00000000-0000-4000-8000-0000000000a1"
  private static let successor = "00000000-0000-4000-8000-0000000000a2"
  private static let unknown = "00000000-0000-4000-8000-0000000000ff"

  /// Makes the key whose text is "secret".
  private static func make(
    _ workplace: inout Workplace, of tenant: Tenant?, id: String = key, secret: String = "secret",
    scopes: [String] = ["read"], expiresAt: String? = nil
  ) throws {
    _ = try workplace.server.query(
      create,
      [
        .optional(tenant?.id.description), .text(id), .text(secret), "Key", .array(scopes), .optional(expiresAt),
      ])
  }

  private static func found(_ workplace: inout Workplace, _ ids: [String] = [key, successor]) throws -> [String] {
    try workplace.server.lines(Statement("SELECT key_id FROM tollgate.find_keys($1::uuid[]) ORDER BY 1"), [.array(ids)])
  }

  @Test("a key is found by its id, with its digest, owner and scopes, and its text is nowhere")
  func found() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try Self.make(&workplace, of: tenant, scopes: ["admin", "read"])
      try Self.make(&workplace, of: nil, id: Self.successor, secret: "other", scopes: ["spend"])
      let own = try workplace.server.lines(Self.find, [.array([Self.key]), "secret"])
      #expect(own == ["\(Self.key)|\(tenant.id)|{read,admin}|t|"])
      let ofService = try workplace.server.lines(Self.find, [.array([Self.successor, Self.unknown]), "secret"])
      #expect(ofService == ["\(Self.successor)||{spend}|f|"])
      #expect(try Self.found(&workplace, []) == [])
      let rows = try workplace.administrator.lines("SELECT key::text FROM tollgate.api_keys AS key")
      #expect(rows.count == 2 && !rows.contains { $0.contains("secret") })
    }
  }

  @Test("what is no key is refused: other scopes, names and digests, an end that has come, an unknown organization")
  func invalid() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let id = Parameter.text(tenant.id.description)
      func refusal(_ parameters: [Parameter]) throws -> String? {
        try workplace.server.refusal(Self.create, parameters)
      }
      for scopes in [[], ["write"], ["read", "read", "read", "read"], ["READ"], [nil]] as [[String?]] {
        #expect(try refusal([id, .text(Self.key), "s", "Key", .array(scopes), .null]) == "TG400", "\(scopes)")
      }
      #expect(try refusal([id, .text(Self.key), "s", "Key", .null, .null]) == "TG400")
      for name in ["", String(repeating: "x", count: 201)] {
        #expect(try refusal([id, .text(Self.key), "s", .text(name), "{read}", .null]) == "TG400")
      }
      for end in ["2020-01-01", "now", "infinity", "-infinity"] {
        #expect(try refusal([id, .text(Self.key), "s", "Key", "{read}", .text(end)]) == "TG400", "\(end)")
      }
      #expect(try refusal([id, .null, "s", "Key", "{read}", .null]) == "TG400")
      #expect(
        try workplace.server.refusal(
          "SELECT tollgate.create_key($1::uuid, gen_random_uuid(), 'plain', 'Key', '{read}')", [id]) == "TG400")
      for organization in [Self.unknown, "00000000-0000-0000-0000-000000000000"] {
        #expect(
          try refusal([.text(organization), .text(Self.key), "s", "Key", "{read}", .null]) == "TG404")
      }
      #expect(try workplace.administrator.lines("SELECT key_id FROM tollgate.api_keys") == [])
    }
  }

  @Test("the nil UUID, which stands for the service, can be no organization's")
  func nilOrganization() async throws {
    try await Workplace.with { workplace in
      let refusal = try workplace.administrator.refusal(
        "SELECT tollgate.create_organization('Nil', 'pro', 'UTC', '00000000-0000-0000-0000-000000000000')")
      #expect(refusal == "23514")
    }
  }

  @Test("a key that is revoked or expired is not found, the same as one that never was")
  func ended() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try Self.make(&workplace, of: tenant)
      try Self.make(&workplace, of: nil, id: Self.successor, secret: "other", expiresAt: "2999-01-01")
      #expect(try Self.found(&workplace) == [Self.key, Self.successor])
      _ = try workplace.server.query("SELECT tollgate.revoke_key($1::uuid)", [.text(Self.key)])
      let first = try workplace.administrator.text(
        "SELECT revoked_at FROM tollgate.api_keys WHERE revoked_at > '2020-01-01'")
      #expect(first != nil)
      // Twice is once.
      _ = try workplace.server.query("SELECT tollgate.revoke_key($1::uuid)", [.text(Self.key)])
      #expect(
        try workplace.administrator.text("SELECT max(revoked_at) FROM tollgate.api_keys") == first)
      #expect(try Self.found(&workplace) == [Self.successor])
      try workplace.administrator.script("UPDATE tollgate.api_keys SET expires_at = now()")
      #expect(try Self.found(&workplace) == [])
      #expect(try workplace.server.refusal("SELECT tollgate.revoke_key($1::uuid)", [.text(Self.unknown)]) == "TG404")
      #expect(try workplace.server.refusal("SELECT tollgate.revoke_key(NULL)") == "TG404")
    }
  }

  @Test("for how long a key is valid is said in milliseconds, whichever end comes first")
  func millisecondsLeft() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try Self.make(&workplace, of: tenant, expiresAt: "2999-01-01")
      for (columns, range) in [
        ("expires_at = now() + interval '10 seconds'", 1...10_000),
        ("expires_at = now() + interval '1 day'", 80_000_000...86_400_000),
      ] as [(String, ClosedRange<Int64>)] {
        try workplace.administrator.script("UPDATE tollgate.api_keys SET \(columns)")
        let left = try workplace.server.integer(
          "SELECT milliseconds_left FROM tollgate.find_keys($1::uuid[])", [.array([Self.key])])
        #expect(range.contains(left))
      }
      _ = try workplace.server.query(
        "SELECT tollgate.rotate_key($1::uuid, $2::uuid, sha256('new'), 60)", [.text(Self.key), .text(Self.successor)])
      let left = try workplace.server.lines(
        "SELECT milliseconds_left <= 60000 FROM tollgate.find_keys($1::uuid[]) ORDER BY key_id",
        [.array([Self.key, Self.successor])])
      #expect(left == ["t", "f"])
    }
  }

  @Test("a rotation makes a key with the same name, scopes and end, and the old one is valid until its grace is over")
  func rotation() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try Self.make(&workplace, of: tenant, scopes: ["read", "spend"], expiresAt: "2999-01-01")
      let rotate = Statement("SELECT tollgate.rotate_key($1::uuid, $2::uuid, sha256($2::text::bytea), $3::integer)")
      func refusal(_ key: String, _ successor: String, _ graceSeconds: Parameter) throws -> String? {
        try workplace.server.refusal(rotate, [.text(key), .text(successor), graceSeconds])
      }
      for graceSeconds in [-1, 2_592_001] as [Int64] {
        #expect(try refusal(Self.key, Self.successor, .integer(graceSeconds)) == "TG400")
      }
      #expect(try refusal(Self.key, Self.successor, .null) == "TG400")
      #expect(try refusal(Self.key, Self.key, 60) == "TG400")
      #expect(try refusal(Self.unknown, Self.successor, 60) == "TG404")
      #expect(try refusal(Self.key, Self.successor, 60) == nil)
      #expect(try Self.found(&workplace) == [Self.key, Self.successor])
      let shown = try workplace.administrator.lines(
        "SELECT organization_id, name, scopes, status, expires_at = '2999-01-01', replaced_by FROM tollgate.keys ORDER BY key_id"
      )
      #expect(
        shown == [
          "\(tenant.id)|Key|{read,spend}|in_grace|t|\(Self.successor)", "\(tenant.id)|Key|{read,spend}|active|t|",
        ])
      // A chain of keys has no branches.
      #expect(try refusal(Self.key, Self.unknown, 60) == "TG409")
      try workplace.administrator.script(
        "UPDATE tollgate.api_keys SET grace_ends_at = now() WHERE replaced_by IS NOT NULL")
      #expect(try Self.found(&workplace) == [Self.successor])
      #expect(try refusal(Self.successor, Self.unknown, 0) == nil)
      #expect(try Self.found(&workplace) == [])
      #expect(try Self.found(&workplace, [Self.unknown]) == [Self.unknown])
      _ = try workplace.server.query("SELECT tollgate.revoke_key($1::uuid)", [.text(Self.unknown)])
      #expect(try refusal(Self.unknown, "00000000-0000-4000-8000-0000000000b1", 0) == "TG409")
    }
  }

  @Test("an expired key is not rotated, and of two who rotate at once one is refused")
  func rotationRefused() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try Self.make(&workplace, of: tenant)
      let settings = workplace.serverSettings
      let outcomes = try concurrently(4) { _ in
        var connection = try Connection(settings)
        return try connection.refusal(
          "SELECT tollgate.rotate_key($1::uuid, gen_random_uuid(), sha256(gen_random_uuid()::text::bytea), 60)",
          [.text(Self.key)]) ?? "made"
      }
      #expect(outcomes.sorted() == ["TG409", "TG409", "TG409", "made"])
      try workplace.administrator.script("UPDATE tollgate.api_keys SET expires_at = now() WHERE replaced_by IS NULL")
      let refusal = try workplace.administrator.refusal(
        """
        SELECT tollgate.rotate_key(key_id, gen_random_uuid(), sha256('other'), 60) FROM tollgate.api_keys
        WHERE replaced_by IS NULL
        """)
      #expect(refusal == "TG409")
    }
  }

  @Test("a use is noted at most once a minute, of known keys, and holds nobody up")
  func lastUse() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try Self.make(&workplace, of: tenant)
      try Self.make(&workplace, of: nil, id: Self.successor, secret: "other")
      let record = Statement("SELECT tollgate.record_key_uses($1::uuid[])")
      let all = Parameter.array([Self.key, Self.successor, Self.unknown, nil, Self.key])
      #expect(try workplace.server.integer(record, [all]) == 2)
      #expect(try workplace.server.integer(record, [all]) == 0)
      try workplace.administrator.script("UPDATE tollgate.api_keys SET last_used_at = now() - interval '61 seconds'")
      // Somebody has one of them locked: the other is noted, and nobody waits.
      try workplace.administrator.script("BEGIN")
      _ = try workplace.administrator.query(
        "SELECT FROM tollgate.api_keys WHERE key_id = $1::uuid FOR UPDATE", [.text(Self.key)])
      #expect(try workplace.server.integer(record, [all]) == 1)
      try workplace.administrator.script("ROLLBACK")
      #expect(try workplace.server.integer(record, [all]) == 1)
    }
  }

  @Test("a list has one owner's keys, newest first, in pages, and says of each how it stands")
  func list() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let other = try workplace.tenant()
      for number in 1...3 {
        try Self.make(&workplace, of: tenant, id: "00000000-0000-4000-8000-00000000000\(number)", secret: "\(number)")
      }
      try Self.make(&workplace, of: other, id: "00000000-0000-4000-8000-000000000008", secret: "8")
      try Self.make(&workplace, of: nil, id: "00000000-0000-4000-8000-000000000009", secret: "9")
      let list = Statement(
        "SELECT right(key_id::text, 1), organization_id_of_key FROM tollgate.read_keys($1::uuid, $2::uuid, $3::integer)"
      )
      func page(_ organization: Parameter, _ before: Parameter, _ limit: Int64) throws -> [String] {
        try workplace.server.lines(list, [organization, before, .integer(limit)])
      }
      let mine = tenant.parameter
      #expect(try page(mine, .null, 2) == ["3|\(tenant.id)", "2|\(tenant.id)"])
      #expect(try page(mine, "00000000-0000-4000-8000-000000000002", 2) == ["1|\(tenant.id)"])
      #expect(try page(.null, .null, 50) == ["9|"])
      #expect(try workplace.server.refusal(list, [.text(Self.unknown), .null, 50]) == "TG404")
      // What one call was admitted to, the next one on the same connection is not.
      #expect(try page(other.parameter, .null, 50) == ["8|\(other.id)"])
      #expect(try workplace.server.text("SELECT current_setting('tollgate.keys', true)") ?? "" == "")
    }
  }

  @Test("nobody but the server reads digests: not members, not the service role, by no way")
  func digests() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try Self.make(&workplace, of: tenant)
      for role in ["authenticated", "service_role", "anon"] {
        try workplace.administrator.become(role, claims: #"{"sub": "\#(tenant.member)"}"#)
        for statement in [
          "SELECT digest FROM tollgate.api_keys", "SELECT * FROM tollgate.api_keys",
          "SELECT key FROM tollgate.api_keys AS key", "SELECT count(*) FROM tollgate.api_keys WHERE digest > ''",
          "SELECT tollgate.find_keys('{\(Self.key)}')", "SELECT tollgate.record_key_uses('{\(Self.key)}')",
        ] {
          #expect(try workplace.administrator.refusal(Statement(statement)) == "42501", "\(role): \(statement)")
        }
      }
      try workplace.administrator.become(user: tenant.member)
      #expect(try workplace.administrator.lines("SELECT key_id, status FROM tollgate.keys") == ["\(Self.key)|active"])
      for call in [
        "create_key(NULL, gen_random_uuid(), sha256('x'), 'x', '{read}')", "revoke_key('\(Self.key)')",
        "rotate_key('\(Self.key)', gen_random_uuid(), sha256('x'))", "read_key('\(Self.key)')", "read_keys(NULL)",
      ] {
        #expect(try workplace.administrator.refusal(Statement("SELECT tollgate.\(call)")) == "42501", "\(call)")
      }
    }
  }
}
