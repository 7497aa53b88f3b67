import Postgres
import Testbed
import Testing
import Tokens

@Suite("Several limits on one charge")
struct SeveralLimitsTests {
  @Test("a charge that one limit refuses counts in none, and its refusal names that limit")
  func together() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.setClock(secondsAfterNoon: 0)
      try workplace.limit("calls_a_minute", window: "seconds", seconds: 60, maximum: 4)
      try workplace.limit("tokens_a_day", counts: "tokens", window: "day", maximum: 10)
      try workplace.limit("user_tokens", per: "user", counts: "tokens", window: "seconds", seconds: 600, maximum: 6)
      #expect(
        try workplace.charge(tenant, units: [5, 2, 11, 1])
          == ["success", "limit_reached user_tokens 600", "limit_reached tokens_a_day", "success"])
      for (limit, used) in [("calls_a_minute", "2|0"), ("tokens_a_day", "6|0"), ("user_tokens", "6|0")] {
        let counted = try workplace.counted(limit, of: tenant)
        #expect(counted == [used], "\(limit)")
      }
      #expect(
        try workplace.charge(tenant, units: [3, 5], by: tenant.otherMember)
          == ["success", "limit_reached tokens_a_day 43200"])
      #expect(
        try workplace.charge(tenant, units: [1, 1], by: tenant.otherMember)
          == ["success", "limit_reached tokens_a_day 43200"])
      #expect(try workplace.counted("tokens_a_day", of: tenant) == ["10|0"])
      #expect(try workplace.counted("user_tokens", of: tenant) == ["4|0", "6|0"])
      #expect(try workplace.balance(of: tenant, "general") == 40)
    }
  }

  @Test("what the balance refuses counts in no limit on uses and tokens")
  func balanceFirst() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.limit("calls", window: "day", maximum: 2)
      try workplace.limit("tokens", counts: "tokens", window: "day", maximum: 1000)
      #expect(try workplace.charge(tenant, units: [51, 50]) == ["insufficient_tokens balance", "success"])
      #expect(try workplace.counted("calls", of: tenant) == ["1|0"])
      #expect(try workplace.counted("tokens", of: tenant) == ["50|0"])
    }
  }

  @Test("a batch that is refused as a whole counts in no limit")
  func atomic() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.limit("calls", window: "day", maximum: 2)
      try workplace.setClock(secondsAfterNoon: 0)
      let refused = try workplace.charge(tenant, units: [1, 1, 1], atomically: true)
      #expect(
        refused
          == ["batch_refused", "batch_refused", "limit_reached calls 43200"])
      #expect(try workplace.count("tollgate.limit_uses", of: tenant) == 0)
      #expect(try workplace.charge(tenant, units: [1, 1], atomically: true) == ["success", "success"])
      #expect(try workplace.counted("calls", of: tenant) == ["2|0"])
    }
  }

  @Test("a replay counts once, and is answered though the limit is reached")
  func replay() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.limit("calls", window: "day", maximum: 1)
      #expect(
        try workplace.server.settle(["once", "once", "other"].map { tenant.deduction("generate_insight", key: $0) })
          .map(\.outcome) == [.success, .success, .limitReached])
      #expect(
        try workplace.server.settle(tenant.deduction("generate_insight", key: "once")).brief
          == "success 1: 50 → 49 safe again")
      // A limit that refused is not remembered under the key: the same request may be sent again.
      let second = tenant.deduction("generate_insight", key: "again")
      #expect(try workplace.server.settle(second).outcome == .limitReached)
      _ = try workplace.server.query(
        "SELECT tollgate.set_limit_override($1::uuid, 'calls', 2)", [tenant.parameter])
      #expect(try workplace.server.settle(second).brief == "success 1: 49 → 48 safe")
      #expect(try workplace.counted("calls", of: tenant) == ["2|0"])
    }
  }

  @Test("a reservation counts when it is made, and no longer when it is released or expires")
  func reservations() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.limit("calls", window: "day", maximum: 2)
      try workplace.limit("tokens", counts: "tokens", window: "day", maximum: 20)
      try workplace.setClock(secondsAfterNoon: 0)
      let reserve = #"{"operation": "reserve", "ttlSeconds": 60}"#
      let held = try workplace.request(tenant, "generate_insight", units: 15, reserve)
      #expect(held[0] == "success")
      #expect(try workplace.charge(tenant, units: [6]) == ["limit_reached tokens 43200"])
      let release = #"{"operation": "release", "reservationId": "\#(held[1])"}"#
      #expect(try workplace.request(tenant, nil, units: nil, release)[0] == "success")
      #expect(try workplace.counted("tokens", of: tenant) == ["0|0"])
      #expect(try workplace.counted("calls", of: tenant) == ["0|0"])
      #expect(try workplace.request(tenant, "generate_insight", units: 15, reserve)[0] == "success")
      try workplace.setClock(secondsAfterNoon: 60)
      #expect(try workplace.charge(tenant, units: [20]) == ["success"])
      #expect(try workplace.counted("tokens", of: tenant) == ["20|0"])
      #expect(try workplace.counted("calls", of: tenant) == ["1|0"])
    }
  }
  @Test("limits on tokens count what a reservation is captured for, less or more than was held")
  func captures() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.limit("calls", window: "day", maximum: 9)
      try workplace.limit("tokens", counts: "tokens", window: "day", maximum: 20)
      let reserve = #"{"operation": "reserve"}"#
      for (amount, total) in [(4, "4|0"), (13, "17|0")] {
        let held = try workplace.request(tenant, "generate_insight", units: 10, reserve)
        let capture = #"{"operation": "capture", "reservationId": "\#(held[1])", "amount": \#(amount)}"#
        #expect(try workplace.request(tenant, nil, units: nil, capture)[0] == "success")
        #expect(try workplace.counted("tokens", of: tenant) == [total])
      }
      #expect(try workplace.request(tenant, "generate_insight", units: 10, reserve)[0] == "limit_reached tokens")
      #expect(try workplace.counted("calls", of: tenant) == ["2|0"])
    }
  }

  @Test("a reservation that expires gives its count back under the limits' lock: nobody waits for each other")
  func expiredWhileOthersCount() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.limit("tokens", counts: "tokens", window: "day", maximum: 20)
      #expect(try workplace.request(tenant, "generate_goal", units: 2, #"{"operation": "reserve"}"#)[0] == "success")
      _ = try workplace.administrator.query("UPDATE tollgate.reservations SET expires_at = now()")
      _ = try workplace.administrator.query("UPDATE public.ai_tokens SET due_at = now() WHERE due_at IS NOT NULL")
      try workplace.administrator.script("BEGIN")
      _ = try workplace.administrator.query("SELECT tollgate.lock_limits(ARRAY[$1::uuid])", [tenant.parameter])
      let database = workplace.database
      let second = Background {
        var workplace = try Workplace(database)
        return try workplace.administrator.settle(tenant.deduction("generate_goal")).brief
      }
      var observer = try database.connect()
      try observer.waitUntilSomebodyWaits(for: workplace.administrator.backendProcessID)
      #expect(
        try workplace.administrator.settle(tenant.deduction("generate_insight")).brief == "success 1: 50 → 49 safe")
      try workplace.administrator.script("COMMIT")
      #expect(try second.value() == "success 3: 20 → 17 safe")
      #expect(try workplace.counted("tokens", of: tenant) == ["4|0"])
    }
  }
}
