import Postgres
import Testbed
import Testing
import Tokens

@Suite("Values and leases of decision caches")
struct CacheEntryTests {
  @Test("a value is given until its time to live is over, and then costs a call again")
  func timeToLive() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(ttl: 600)
      try desk.setClock("12:00:00")
      try desk.fill("a", #"{"b" : [1.0, null]}"#)
      try desk.setClock("12:09:59.9")
      #expect(try desk.ask("a") == #"hit {"b" : [1.0, null]}"#)
      try desk.setClock("12:10:00")
      #expect(try desk.ask("a") == "miss 998")
    }
  }

  @Test("of more values than a cache may have the least recently used leave")
  func leastRecentlyUsed() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(maximum: 3)
      for (minute, title) in ["a", "b", "c"].enumerated() {
        try desk.setClock("12:0\(minute):00")
        try desk.fill(title)
      }
      // A use that is noted: more than a minute after the last.
      try desk.setClock("12:05:00")
      #expect(try desk.ask("a") == "hit 1")
      // A lease is no value yet, and lets nothing leave.
      let lease = LeaseID.new()
      #expect(try desk.ask("d", lease: lease) == "miss 996")
      #expect(try desk.ask("b") == "hit 1")
      try desk.setClock("12:05:30")
      #expect(try desk.store("4", lease) == "success")
      #expect(try desk.text("SELECT count(*) FROM tollgate.cache_entries WHERE value IS NOT NULL") == "3")
      #expect(try ["a", "b", "d"].map { try desk.ask($0) } == ["hit 1", "hit 1", "hit 4"])
      #expect(try desk.ask("c") == "miss 995")
      // A smaller bound holds at once.
      try desk.configure(maximum: 1)
      #expect(try desk.text("SELECT count(*) FROM tollgate.cache_entries WHERE value IS NOT NULL") == "1")
      try desk.fill("e")
      #expect(try desk.text("SELECT count(*) FROM tollgate.cache_entries WHERE value IS NOT NULL") == "1")
      #expect(try desk.ask("e") == "hit 1")
    }
  }

  @Test("what has ended leaves before what was used longest ago")
  func endedFirst() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(ttl: 600, maximum: 2)
      try desk.setClock("12:00:00")
      try desk.fill("a")
      try desk.configure(ttl: 60, maximum: 2)
      try desk.setClock("12:01:00")
      try desk.fill("b")
      try desk.setClock("12:05:00")
      try desk.fill("c")
      #expect(try ["a", "c"].map { try desk.ask($0) } == ["hit 1", "hit 1"])
      #expect(try desk.text("SELECT count(*) FROM tollgate.cache_entries") == "2")
    }
  }

  @Test("many who store at the same time leave exactly as many values as there may be")
  func boundUnderLoad() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(maximum: 10)
      let leases = (0..<40).map { _ in LeaseID.new() }
      for (number, lease) in leases.enumerated() { _ = try desk.ask("title \(number)", lease: lease) }
      let (settings, organization) = (desk.database.settings, desk.organizationID)
      let stored = try concurrently(8) { number in
        var session = try Connection(settings)
        return try leases[(number * 5)..<(number * 5 + 5)].map { lease in
          try session.query(
            "SELECT outcome FROM tollgate.store_in_cache($1::uuid, NULL, false, 'prices', $2::uuid, '1')",
            [.uuid(organization.bits), .uuid(lease.bits)]
          ).string(0, 0)
        }
      }
      #expect(stored.flatMap { $0 } == Array(repeating: "success", count: 40))
      #expect(try desk.text("SELECT count(*) FROM tollgate.cache_entries") == "10")
    }
  }

  @Test("a lease that has ended stores nothing: another gets it, is charged, and alone may bring a value")
  func endedLease() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(lease: 5)
      try desk.setClock("12:00:00")
      let dead = LeaseID.new()
      #expect(try desk.ask("a", lease: dead) == "miss 999")
      try desk.setClock("12:00:04.9")
      #expect(try desk.ask("a") == "wait")
      try desk.setClock("12:00:05")
      #expect(try desk.store("1", dead) == "lease_over")
      let next = LeaseID.new()
      #expect(try desk.ask("a", lease: next) == "miss 998")
      #expect(try desk.store("1", dead) == "lease_over")
      #expect(try desk.store("2", next) == "success")
      #expect(try desk.ask("a") == "hit 2")
    }
  }

  @Test("stored again the same value changes nothing, another is refused, and a lease nobody was granted is unknown")
  func storedAgain() async throws {
    try await CacheDesk.with { desk in
      try desk.configure()
      let lease = LeaseID.new()
      _ = try desk.ask("a", lease: lease)
      #expect(try desk.store(#"{"b":1}"#, lease) == "success")
      #expect(try desk.store(#"{"b":1}"#, lease) == "success again")
      #expect(try desk.store(#"{"b":2}"#, lease) == "lease_over")
      #expect(try desk.store("1", .new()) == "unknown_lease")
      #expect(try desk.giveUp(lease) == "success f")
      #expect(try desk.ask("a") == #"hit {"b":1}"#)
    }
  }

  @Test("a lease that is given up leaves its charge, and the next who asks gets a call at once")
  func givenUp() async throws {
    try await CacheDesk.with { desk in
      try desk.configure()
      let lease = LeaseID.new()
      _ = try desk.ask("a", lease: lease)
      #expect(try desk.giveUp(lease) == "success t")
      #expect(try desk.giveUp(lease) == "success f")
      #expect(try desk.giveUp(.new()) == "unknown_lease f")
      #expect(try desk.store("1", lease) == "lease_over")
      #expect(try desk.ask("a") == "miss 998")
    }
  }

  @Test("a value has at most 64 KiB")
  func largest() async throws {
    try await CacheDesk.with { desk in
      try desk.configure()
      let lease = LeaseID.new()
      _ = try desk.ask("a", lease: lease)
      let value = "\"" + String(repeating: "a", count: 65_534) + "\""
      #expect(throws: PostgresError.self) { try desk.store(value + " ", lease) }
      #expect(try desk.store(value, lease) == "success")
      #expect(try desk.ask("a") == "hit \(value)")
    }
  }

  @Test("what has ended is swept up, of all organizations, and what has not stays")
  func sweep() async throws {
    try await CacheDesk.with { desk in
      try desk.configure(ttl: 600, lease: 5)
      try desk.setClock("12:00:00")
      try desk.fill("a")
      _ = try desk.ask("b")
      let other = OrganizationID(high: 7, low: 7)
      _ = try desk.administrator.query(
        "SELECT tollgate.create_organization('Other', 'pro', 'UTC', $1::uuid)", [.uuid(other.bits)])
      _ = try desk.administrator.query("SELECT tollgate.set_cache(NULL, 'prices', '{title}', 3600)")
      _ = try desk.ask(key: #"{"title":"a"}"#, of: other)
      try desk.setClock("12:00:05")
      try desk.fill("c")
      #expect(try desk.text("SELECT tollgate.sweep()") == "1")
      try desk.setClock("12:10:00")
      #expect(try desk.text("SELECT tollgate.sweep()") == "2")
      #expect(try desk.text("SELECT tollgate.sweep()") == "0")
      #expect(try desk.ask("c") == "hit 1")
    }
  }

  @Test("days are counted for 90 days, by who only gets hits, too", arguments: [true, false])
  func oldDays(grantsCall: Bool) async throws {
    try await CacheDesk.with { desk in
      try desk.configure()
      _ = try desk.administrator.query(
        """
        INSERT INTO tollgate.cache_days (organization_id, cache_name, day)
        SELECT $1::uuid, 'prices', (now() AT TIME ZONE 'UTC')::date - age FROM unnest('{90,91,200}'::integer[]) AS age
        """, [.uuid(desk.organizationID.bits)])
      try desk.setClock("12:00:00")
      if grantsCall {
        _ = try desk.ask("a")
      } else {
        _ = try desk.administrator.query(
          "SELECT tollgate.count_cache_answers(ARRAY[$1::uuid], '{prices}', '{1}', '{0}', '{0}')",
          [.uuid(desk.organizationID.bits)])
      }
      #expect(
        try desk.text(
          """
          SELECT string_agg(((now() AT TIME ZONE 'UTC')::date - day)::text, ' ' ORDER BY day) FROM tollgate.cache_days
          """) == "90 0")
    }
  }
}
