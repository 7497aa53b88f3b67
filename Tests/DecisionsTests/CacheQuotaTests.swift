import Postgres
import Testbed
import Testing
import Tokens

@Suite("A decision cache's quota of a day")
struct CacheQuotaTests {
  @Test("over the quota the fallback is given, with the seconds to the tenant's midnight, and then calls again")
  func midnight() async throws {
    try await CacheDesk.with(timeZone: "Asia/Kolkata") { desk in
      try desk.configure(quota: 3)
      // Noon in UTC is half past five in Kolkata: six and a half hours of the day are left.
      try desk.setClock("12:00:00")
      #expect(try (1...3).map { try desk.ask("title \($0)") } == ["miss 2", "miss 1", "miss 0"])
      #expect(try desk.ask("title 4") == #"fallback {"label":"unknown"} quota_reached 23400"#)
      try desk.setClock("18:29:59.5")
      #expect(try desk.ask("title 4") == #"fallback {"label":"unknown"} quota_reached 1"#)
      try desk.setClock("18:30:00")
      #expect(try desk.ask("title 4") == "miss 2")
      #expect(
        try desk.text("SELECT string_agg(calls::text, ', ' ORDER BY day) FROM tollgate.cache_days")
          == "3, 1")
    }
  }

  @Test("a day on which the clocks change has 23 or 25 hours", arguments: [("03-29", 23), ("10-25", 25)])
  func changeOfClocks(day: String, hours: Int) async throws {
    try await CacheDesk.with(timeZone: "Europe/Berlin") { desk in
      try desk.configure(quota: 1)
      _ = try desk.administrator.query(
        "SELECT set_config('tollgate.clock', (($1 || ' 00:00')::timestamp AT TIME ZONE 'Europe/Berlin')::text, false)",
        [.text("2026-\(day)")])
      // As if a call had been granted: in months that are over nothing is charged any more.
      _ = try desk.administrator.query(
        """
        INSERT INTO tollgate.cache_days (organization_id, cache_name, day, calls, quota)
        VALUES ($1::uuid, 'prices', $2::date, 1, 1)
        """, [.uuid(desk.organizationID.bits), .text("2026-\(day)")])
      #expect(try desk.ask("a") == #"fallback {"label":"unknown"} quota_reached \#(hours * 3600)"#)
      try desk.administrator.script("DELETE FROM tollgate.cache_days")
    }
  }

  @Test("the default quota is 1000, one of 0 grants nothing, and without a fallback null is given")
  func bounds() async throws {
    try await CacheDesk.with { desk in
      _ = try desk.administrator.query(
        "SELECT tollgate.set_cache($1::uuid, 'prices', '{title}', 60)", [.uuid(desk.organizationID.bits)])
      #expect(try desk.ask("a") == "miss 999")
      try desk.configure(quota: 0, fallback: nil)
      // Waiting does not help.
      #expect(try desk.ask("b") == "fallback quota_reached")
    }
  }

  @Test("each call is one use in the ledger under the lease's id, and hits, waits and fallbacks are none")
  func ledger() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(quota: 1)
      let lease = LeaseID.new()
      #expect(try desk.ask("a", lease: lease) == "miss 0")
      #expect(try desk.ask("a") == "wait")
      #expect(try desk.store("5", lease) == "success")
      #expect(try desk.ask("a") == "hit 5")
      #expect(try desk.ask("b").hasPrefix("fallback"))
      #expect(
        try desk.text(
          """
          SELECT string_agg(concat_ws(' ', kind, feature_used, amount, id, metadata ->> 'cache'), ', ')
          FROM tollgate.ledger WHERE kind <> 'allocation'
          """) == "deduction decision 0 \(lease) prices")
    }
  }

  @Test("a call that its feature's price or a limit refuses is the fallback, with why, and takes nothing of the quota")
  func refused() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(quota: 10, feature: "generate_insight")
      #expect(try desk.ask("paid") == "miss 9")
      #expect(
        try desk.text("SELECT balance FROM public.ai_tokens WHERE token_type = 'general'") == "49")
      _ = try desk.administrator.query(
        """
        INSERT INTO tollgate.limits (limit_name, is_enabled, feature, counts, window_kind, window_seconds, maximum)
        VALUES ('insights_a_minute', true, 'generate_insight', 'uses', 'seconds', 60, 1)
        """)
      try desk.setClock("12:00:00")
      #expect(try desk.ask("limited first") == "miss 8")
      #expect(try desk.ask("limited") == #"fallback {"label":"unknown"} limit_reached 60"#)
      try desk.administrator.script(
        """
        DELETE FROM tollgate.limits WHERE limit_name = 'insights_a_minute';
        UPDATE public.ai_tokens SET balance = 0 WHERE token_type = 'general'
        """)
      #expect(try desk.ask("unpaid") == #"fallback {"label":"unknown"} insufficient_tokens"#)
      _ = try desk.administrator.query(
        "SELECT tollgate.suspend_organization($1::uuid, 'unpaid')", [.uuid(desk.organizationID.bits)])
      #expect(try desk.ask("suspended") == #"fallback {"label":"unknown"} organization_suspended"#)
      #expect(try desk.text("SELECT sum(calls) FROM tollgate.cache_days") == "2")
      // What was refused holds no lease, and the next who asks is no waiter.
      #expect(try desk.text("SELECT count(*) FROM tollgate.cache_entries") == "2")
    }
  }

  @Test("the same request under its idempotency key gets the same lease, and another request none")
  func idempotency() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(quota: 10)
      let lease = LeaseID.new()
      let key = #"{"title":"a"}"#
      #expect(try desk.ask(key: key, lease: lease, under: "order-1") == "miss 9")
      #expect(try desk.ask("b") == "miss 8")
      #expect(try desk.ask(key: key, under: "order-1") == "miss 9 again")
      #expect(try desk.ask(key: #"{"title":"c"}"#, under: "order-1") == "idempotency_key_reused")
      #expect(try desk.ask(key: key, under: "order-2") == "wait")
      #expect(try desk.store("1", lease) == "success")
      // What was answered stays, whatever has become of it.
      #expect(try desk.ask(key: key, under: "order-1") == "miss 9 again")
      #expect(try desk.ask(key: key, under: "order-3") == "hit 1")
      #expect(try desk.text("SELECT sum(calls) FROM tollgate.cache_days") == "2")
    }
  }

  @Test("what a member wrote into a charge of its own is no answer to a question under its idempotency key")
  func forged() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(quota: 10)
      let key = #"{"title":"a"}"#
      for (name, remaining, end) in [("order-1", "7", "2099-01-01T00:00:00Z"), ("order-2", "many", "never")] {
        _ = try desk.administrator.query(
          """
          SELECT tollgate.deduct($1::uuid, NULL, 'decision', 1, $2, jsonb_build_object('cache', 'prices',
            'key', encode(tollgate.cache_key_hash($1::uuid, configured, $3::jsonb), 'hex'), 'remaining', $4::text,
            'leaseEndsAt', $5::text))
          FROM tollgate.caches AS configured
          WHERE configured.organization_id = $1::uuid
          """, [.uuid(desk.organizationID.bits), .text(name), .text(key), .text(remaining), .text(end)])
        #expect(try desk.ask(key: key, under: name) == "idempotency_key_reused")
      }
      #expect(try desk.ask(key: key, under: "order-3") == "miss 9")
      #expect(try desk.ask(key: key, under: "order-3") == "miss 9 again")
    }
  }

  @Test("a fallback is not remembered: with tokens again, the same request under its idempotency key gets a call")
  func forgottenFallback() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(quota: 10, feature: "generate_insight")
      #expect(try desk.ask("paid") == "miss 9")
      try desk.administrator.script("UPDATE public.ai_tokens SET balance = 0 WHERE token_type = 'general'")
      let key = #"{"title":"a"}"#
      for _ in 1...2 {
        #expect(try desk.ask(key: key, under: "order-1") == #"fallback {"label":"unknown"} insufficient_tokens"#)
      }
      #expect(try desk.text("SELECT count(*) FROM tollgate.ledger WHERE kind = 'refusal'") == "2")
      try desk.administrator.script("UPDATE public.ai_tokens SET balance = 10 WHERE token_type = 'general'")
      #expect(try desk.ask(key: key, under: "order-1") == "miss 8")
      #expect(try desk.ask(key: key, under: "order-1") == "miss 8 again")
    }
  }

  @Test("who shares a key with the call that takes the last of the quota waits for it, and gets no fallback")
  func lastCall() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(quota: 1)
      let (settings, organization) = (desk.database.settings, desk.organizationID)
      // Which holds the other up between its look for the key and its question for the quota.
      try desk.administrator.script("BEGIN; LOCK TABLE tollgate.cache_days")
      let other = Background {
        var session = try Connection(settings)
        return try session.query(
          """
          SELECT outcome
          FROM tollgate.ask_cache($1::uuid, NULL, false, 'prices', '{"title": "a"}', gen_random_uuid())
          """, [.uuid(organization.bits)]
        ).string(0, 0)
      }
      try desk.administrator.script(
        """
        DO $$
        BEGIN
          WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))) LOOP
            PERFORM pg_stat_clear_snapshot();
          END LOOP;
        END
        $$
        """)
      #expect(try desk.ask("a") == "miss 0")
      try desk.administrator.script("COMMIT")
      #expect(try other.value() == "wait")
    }
  }

  @Test("a cache that is deleted and made again has what is left of the day, and none of the old values")
  func madeAgain() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(quota: 3)
      try desk.fill("a")
      _ = try desk.administrator.query(
        "SELECT tollgate.delete_cache($1::uuid, 'prices')", [.uuid(desk.organizationID.bits)])
      #expect(try desk.ask("a") == "unknown_cache")
      try desk.configure(quota: 3)
      #expect(try desk.ask("a") == "miss 1")
      #expect(try desk.ask("b") == "miss 0")
      #expect(try desk.ask("c").hasPrefix("fallback"))
    }
  }

  @Test("another tenant's cache of the same name is another cache, with keys, values and a quota of its own")
  func tenants() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(quota: 1)
      let other = OrganizationID(high: 7, low: 7)
      _ = try desk.administrator.query(
        "SELECT tollgate.create_organization('Other', 'pro', 'UTC', $1::uuid)", [.uuid(other.bits)])
      #expect(try desk.ask(key: #"{"title":"a"}"#, of: other) == "unknown_cache")
      _ = try desk.administrator.query("SELECT tollgate.set_cache(NULL, 'prices', '{title}', 3600, 5)")
      let mine = LeaseID.new()
      let theirs = LeaseID.new()
      #expect(try desk.ask("a", lease: mine) == "miss 0")
      #expect(try desk.ask(key: #"{"title":"a"}"#, lease: theirs, of: other) == "miss 4")
      #expect(try desk.store("1", theirs) == "unknown_lease")
      #expect(try desk.store("1", mine, of: other) == "unknown_lease")
      #expect(try desk.store("1", mine) == "success")
      #expect(try desk.ask(key: #"{"title":"a"}"#, of: other) == "wait")
      #expect(try desk.ask("b").hasPrefix("fallback"))
      #expect(try desk.ask(key: #"{"title":"b"}"#, of: other) == "miss 3")
    }
  }
}
