import Postgres
import Testbed
import Testing
import Tokens

@Suite("Composite keys")
struct CacheKeyTests {
  private static let members = "{title,category,season,price}"

  @Test("the order of members and white space do not matter")
  func order() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(members: Self.members)
      let lease = LeaseID.new()
      let key = #"{"title":"Wool coat","category":"clothes","season":"winter","price":129}"#
      #expect(try desk.ask(key: key, lease: lease) == "miss 999")
      #expect(try desk.store(#"{"label": "premium"}"#, lease) == "success")
      let other = #"{ "price" : 129, "season":"winter",  "category":"clothes","title":"Wool coat" }"#
      #expect(try desk.ask(key: other) == #"hit {"label": "premium"}"#)
      // The members configured in another order make no other keys.
      try desk.configure(members: "{price,season,category,title}")
      #expect(try desk.ask(key: key) == #"hit {"label": "premium"}"#)
    }
  }

  @Test(
    "two different keys never meet, however their parts are joined",
    arguments: [
      (#"{"title":"a|b","category":"c"}"#, #"{"title":"a","category":"b|c"}"#),
      (#"{"title":"a\",\"category\":\"b","category":"c"}"#, #"{"title":"a","category":"b\",\"category\":\"c"}"#),
      (#"{"title":"","category":"ab"}"#, #"{"title":"ab","category":""}"#),
      (#"{"title":"1","category":"c"}"#, #"{"title":1,"category":"c"}"#),
      (#"{"title":"true","category":"c"}"#, #"{"title":true,"category":"c"}"#),
      (#"{"title":"null","category":"c"}"#, #"{"title":null,"category":"c"}"#),
      (#"{"title":"","category":"c"}"#, #"{"title":null,"category":"c"}"#),
      (#"{"title":"A","category":"c"}"#, #"{"title":"a","category":"c"}"#),
      (#"{"title":"a ","category":"c"}"#, #"{"title":"a","category":"c"}"#),
      // The same letter in two forms: no normalization.
      (#"{"title":"\u00e9","category":"c"}"#, #"{"title":"e\u0301","category":"c"}"#),
      (#"{"title":9007199254740993,"category":"c"}"#, #"{"title":9007199254740992,"category":"c"}"#),
    ])
  func different(_ one: String, _ other: String) async throws {
    try await CacheDesk.with { desk in
      try desk.configure(members: "{title,category}")
      #expect(try desk.ask(key: one) == "miss 999")
      #expect(try desk.ask(key: other) == "miss 998")
      #expect(try desk.ask(key: one) == "wait")
    }
  }

  @Test("an escape and the character it stands for are the same key, as are two ways to write an integer")
  func spellings() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(members: "{title,category}")
      #expect(try desk.ask(key: #"{"title":"é\/","category":0}"#) == "miss 999")
      #expect(try desk.ask(key: #"{"title":"\u00e9/","category":-0}"#) == "wait")
    }
  }

  private static let refusedKeys = [
    #"{}"#, #"{"title":"a"}"#, #"{"title":"a","category":"b","season":"c"}"#, #"{"title":"a","Category":"b"}"#,
    #"{"title":"a","category":1.5}"#, #"{"title":"a","category":[]}"#, #"{"title":"a","category":{}}"#,
    #"{"title":"a","category":12345678901234567890}"#, "[]", "null", #""title""#,
  ]

  @Test(
    "a key that does not have exactly the cache's members, or has another kind of value, is refused and costs nothing")
  func refused() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(members: "{title,category}")
      for key in Self.refusedKeys {
        #expect(try desk.ask(key: key) == "invalid_decision_key", "\(key)")
      }
      #expect(try desk.text("SELECT count(*) FROM tollgate.cache_days") == "0")
    }
  }

  @Test("a key may have 8 KiB, and not more")
  func longest() async throws {
    try await CacheDesk.with { desk in
      try desk.configure()
      let text = String(repeating: "a", count: 8192 - #"{"title":""}"#.utf8.count)
      #expect(try desk.ask(text) == "miss 999")
      #expect(try desk.ask(text + "a") == "invalid_decision_key")
    }
  }

  @Test("the key itself is kept nowhere")
  func digests() async throws {
    try await CacheDesk.with { desk in
      try desk.configure()
      try desk.fill("Somebody's name")
      let rows = try desk.text(
        """
        SELECT string_agg(line, ' ') FROM (
          SELECT entry::text AS line FROM tollgate.cache_entries AS entry
          UNION ALL SELECT charge::text FROM public.ai_token_usage_log AS charge
          UNION ALL SELECT day::text FROM tollgate.cache_days AS day) AS lines
        """)
      #expect(!rows.contains("Somebody") && !rows.contains("536f6d65626f6479"))
      // Of two organizations the same key is two digests.
      let other = OrganizationID(high: 7, low: 7)
      _ = try desk.administrator.query(
        "SELECT tollgate.create_organization('Other', 'pro', 'UTC', $1::uuid)", [.uuid(other.bits)])
      _ = try desk.administrator.query(
        "SELECT tollgate.set_cache(NULL, 'prices', '{title}', 3600)")
      #expect(try desk.ask(key: #"{"title":"Somebody's name"}"#, of: other) == "miss 999")
      #expect(try desk.text("SELECT count(DISTINCT key_hash) FROM tollgate.cache_entries") == "2")
    }
  }
}
