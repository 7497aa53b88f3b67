import Postgres
import Testbed
import Testing

@Suite("Counters of tokens")
struct TokenCounterTests {
  private static let register = Statement("SELECT tollgate.register_token_counter($1, $2, $3)")

  /// One token a word.
  private static let words = """
    CREATE FUNCTION tollgate.count_words(content text) RETURNS integer LANGUAGE sql IMMUTABLE
    AS $$ SELECT cardinality(regexp_split_to_array(content, '\\s+')) $$;
    REVOKE ALL ON FUNCTION tollgate.count_words(text) FROM PUBLIC;
    ALTER FUNCTION tollgate.count_words(text) OWNER TO tollgate_owner
    """

  @Test("are registered by name, and a budget that names one has everything counted by it")
  func registered() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let other = try workplace.tenant()
      try workplace.administrator.script(Self.words)
      for _ in 1...2 {
        _ = try workplace.administrator.query(Self.register, ["words", "tollgate", "count_words"])
      }
      let save = Statement("SELECT tollgate.save_attribute($1::uuid, $2::uuid, 'one two three four')")
      for tenant in [tenant, other] { _ = try workplace.server.query(save, [tenant.parameter, .text(attribute(1))]) }
      #expect(try workplace.server.usage(of: tenant) == "5/15000")
      _ = try workplace.server.setBudget(of: tenant, "new_counter => 'words'")
      #expect(try workplace.server.usage(of: tenant) == "4/15000")
      _ = try workplace.server.query(save, [tenant.parameter, .text(attribute(2))])
      #expect(try workplace.server.usage(of: tenant) == "8/15000")
      #expect(try workplace.server.usage(of: other) == "5/15000")
      _ = try workplace.server.setBudget(of: tenant, "new_counter => 'utf16_quarter'")
      #expect(try workplace.server.usage(of: tenant) == "10/15000")
      #expect(
        try workplace.server.refusal(
          "SELECT tollgate.set_content_budget($1::uuid, new_counter => 'letters')", [tenant.parameter]) == "TG400")
    }
  }

  @Test(
    "are registered by nobody whom requests come from",
    arguments: ["anon", "authenticated", "service_role", "tollgate_server"])
  func privileges(role: String) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.administrator.script(Self.words)
      try workplace.administrator.become(role, claims: #"{"sub": "\#(tenant.member)"}"#)
      #expect(try workplace.administrator.refusal(Self.register, ["words", "tollgate", "count_words"]) == "42501")
      #expect(
        try workplace.administrator.refusal(
          "INSERT INTO tollgate.token_counters VALUES ('words', 'tollgate', 'count_words')") == "42501")
      #expect(try workplace.administrator.refusal("SELECT tollgate.count_tokens('utf16_quarter', '')") == "42501")
      try workplace.administrator.script("RESET ROLE")
    }
  }

  @Test("are functions that nobody but the owner and superusers can change")
  func trust() async throws {
    try await Workplace.with { workplace in
      let suffix = try #require(try workplace.administrator.text("SELECT left(gen_random_uuid()::text, 8)"))
      try workplace.administrator.script(
        """
        CREATE ROLE counting_\(suffix);
        CREATE FUNCTION public.theirs(content text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
        ALTER FUNCTION public.theirs(text) OWNER TO counting_\(suffix);
        CREATE FUNCTION public.changing(content text) RETURNS integer LANGUAGE sql VOLATILE AS 'SELECT 1';
        CREATE FUNCTION public.definer(content text) RETURNS integer LANGUAGE sql IMMUTABLE SECURITY DEFINER AS 'SELECT 1';
        CREATE FUNCTION public.several(content text) RETURNS SETOF integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
        CREATE FUNCTION public.worded(content text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT content';
        CREATE FUNCTION public.double(content text, more text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
        CREATE FUNCTION public.negative(content text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT -1';
        CREATE FUNCTION public.nothing(content text) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT NULL::bigint'
        """)
      for function in ["theirs", "changing", "definer", "several", "worded", "double", "missing", "a.b", "x()"] {
        #expect(
          try workplace.administrator.refusal(Self.register, ["new", "public", .text(function)]) == "TG400",
          "\(function)"
        )
      }
      for function in ["negative", "nothing"] {
        #expect(
          try workplace.administrator.refusal(Self.register, ["new", "public", .text(function)]) == "22003",
          "\(function)")
      }
      for name in ["New", "", "new counter", "1"] {
        #expect(try workplace.administrator.refusal(Self.register, [.text(name), "pg_catalog", "length"]) == "TG400")
      }
      #expect(try workplace.administrator.refusal(Self.register, ["letters", "pg_catalog", "length"]) == nil)
      #expect(try workplace.administrator.refusal(Self.register, ["letters", "pg_catalog", "octet_length"]) == "TG409")
      #expect(
        try workplace.administrator.lines("SELECT counter FROM tollgate.token_counters ORDER BY 1")
          == ["letters", "utf16_quarter"])
      try workplace.administrator.script("DROP OWNED BY counting_\(suffix); DROP ROLE counting_\(suffix)")
    }
  }

  @Test("that were given to somebody else count nothing any more, and verify says so")
  func betrayed() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.administrator.script(Self.words)
      _ = try workplace.administrator.query(Self.register, ["words", "tollgate", "count_words"])
      _ = try workplace.server.setBudget(of: tenant, "new_counter => 'words'")
      let suffix = try #require(try workplace.administrator.text("SELECT left(gen_random_uuid()::text, 8)"))
      try workplace.administrator.script(
        """
        CREATE ROLE counting_\(suffix);
        ALTER FUNCTION tollgate.count_words(text) OWNER TO counting_\(suffix)
        """)
      let save = Statement("SELECT tollgate.save_attribute($1::uuid, $2::uuid, 'one two')")
      #expect(try workplace.server.refusal(save, [tenant.parameter, .text(attribute(1))]) == "42501")
      let found = try workplace.database.violations()
      #expect(found.contains { $0.hasPrefix("13_counters_are_trusted") })
      try workplace.administrator.script(
        """
        ALTER FUNCTION tollgate.count_words(text) OWNER TO tollgate_owner;
        DROP ROLE counting_\(suffix)
        """)
      #expect(try workplace.server.refusal(save, [tenant.parameter, .text(attribute(1))]) == nil)
      #expect(try workplace.server.usage(of: tenant) == "2/15000")
    }
  }

  @Test("count with the owner's rights, also when an administrator verifies")
  func rights() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.administrator.script(
        """
        CREATE FUNCTION tollgate.count_rights(content text) RETURNS integer LANGUAGE plpgsql IMMUTABLE
        AS $$ BEGIN RETURN CASE WHEN current_user = 'tollgate_owner' THEN 7 ELSE 1 END; END $$;
        REVOKE ALL ON FUNCTION tollgate.count_rights(text) FROM PUBLIC;
        ALTER FUNCTION tollgate.count_rights(text) OWNER TO tollgate_owner
        """)
      _ = try workplace.administrator.query(Self.register, ["rights", "tollgate", "count_rights"])
      _ = try workplace.server.setBudget(of: tenant, "new_counter => 'rights'")
      #expect(try workplace.server.save(1, tokens: 5, of: tenant) == "success")
      #expect(try workplace.server.usage(of: tenant) == "7/15000")
    }
  }
}
