import Postgres
import Testbed
import Testing
import Tokens

@Suite("Idempotency keys in settlement")
struct KeyTests {
  @Test("the same key settles once, and a replay repeats the numbers, the id and the time", arguments: [true, false])
  func replay(inOneBatch: Bool) async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      func request() -> Deduction { tenant.deduction("generate_goal", units: 2, key: "k", event: "e", metadata: "{}") }
      let requests = [request(), request(), request()]
      var answers: [DeductionAnswer] = []
      if inOneBatch {
        answers = try workplace.server.settle(requests)
      } else {
        for request in requests { answers.append(try workplace.server.settle(request)) }
      }
      #expect(
        answers.map(\.brief) == [
          "success 6: 20 → 14 safe", "success 6: 20 → 14 safe again", "success 6: 20 → 14 safe again",
        ])
      #expect(answers.map { Numbers($0) } == Array(repeating: Numbers(answers[0]), count: 3))
      #expect(answers[0].settlement?.transactionID == requests[0].transactionID)
      #expect(try workplace.count("public.ai_token_usage_log", of: tenant) == 1)
    }
  }

  @Test("a replay repeats the first answer's numbers however the balance has moved since")
  func replayLater() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let first = try workplace.server.settle(tenant.deduction("generate_goal", key: "k"))
      _ = try workplace.server.settle(tenant.deduction("generate_goal", units: 5))
      _ = try workplace.administrator.query("UPDATE public.ai_tokens SET balance = 7777")
      _ = try workplace.administrator.query(
        "UPDATE tollgate.features SET cost = 1, price_version = 2 WHERE feature = 'generate_goal'")
      let again = try workplace.server.settle(tenant.deduction("generate_goal", key: "k"))
      #expect(again.brief == "success 3: 20 → 17 safe again")
      #expect(Numbers(again) == Numbers(first))
    }
  }

  @Test("a remembered answer is repeated even when the organization is suspended or the feature gone by now")
  func replayAfterChanges() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle([
        tenant.deduction("generate_goal", key: "goal"), tenant.deduction("generate_insight", key: "insight"),
      ])
      _ = try workplace.administrator.query("UPDATE public.organizations SET status = 'suspended'")
      _ = try workplace.administrator.query("DELETE FROM tollgate.features WHERE feature = 'generate_insight'")
      let answers = try workplace.server.settle([
        tenant.deduction("generate_goal", key: "goal"), tenant.deduction("generate_insight", key: "insight"),
        tenant.deduction("generate_goal", key: "other"),
      ])
      #expect(
        answers.map(\.brief) == [
          "success 3: 20 → 17 safe again", "success 1: 50 → 49 safe again",
          "organization_suspended 3: 17 → 17 safe",
        ])
    }
  }

  /// A change of one thing in a request.
  enum Change: String, CaseIterable {
    case feature, units, user, event, eventMissing, metadata, metadataMissing

    func apply(to deduction: inout Deduction, of tenant: Tenant) {
      switch self {
      case .feature: deduction.feature = "analyze_strategy"
      case .units: deduction.units = 2
      case .user: deduction.spender = .member(tenant.otherMember)
      case .event: deduction.eventID = "another"
      case .eventMissing: deduction.eventID = nil
      case .metadata: deduction.metadata = #"{"page": 2}"#
      case .metadataMissing: deduction.metadata = nil
      }
    }
  }

  @Test("a key used for a request with another content is refused, and nothing moves")
  func reuse() async throws {
    try await Workplace.with { workplace in
      for change in Change.allCases {
        let tenant = try workplace.tenant()
        let original = tenant.deduction("generate_goal", key: "k", event: "one", metadata: #"{"page": 1}"#)
        var other = original
        other.transactionID = .fresh()
        change.apply(to: &other, of: tenant)
        // In the batch of the original, behind it, and on its own later.
        let together = try workplace.server.settle([original, other])
        #expect(together.map(\.brief) == ["success 3: 20 → 17 safe", "idempotency_key_reused"], "\(change)")
        other.transactionID = .fresh()
        #expect(try workplace.server.settle(other).brief == "idempotency_key_reused", "\(change)")
        #expect(try workplace.balance(of: tenant, "goal_generation") == 17, "\(change)")
        #expect(
          try workplace.count("tollgate.ledger", of: tenant, where: "kind IN ('deduction', 'refusal')") == 1,
          "\(change)")
        // The original is still remembered.
        var again = original
        again.transactionID = .fresh()
        #expect(try workplace.server.settle(again).brief == "success 3: 20 → 17 safe again", "\(change)")
      }
    }
  }

  @Test("metadata written in another order or with other spaces is the same content")
  func sameMetadata() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let answers = try workplace.server.settle([
        tenant.deduction("generate_goal", key: "k", metadata: #"{"a": 1, "b": [true, null]}"#),
        tenant.deduction("generate_goal", key: "k", metadata: #"{"b":[true,null],"a":1}"#),
      ])
      #expect(answers.map(\.brief) == ["success 3: 20 → 17 safe", "success 3: 20 → 17 safe again"])
    }
  }

  @Test("a refusal for lack of tokens is remembered, even after tokens came")
  func refusalIsRemembered() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let first = try workplace.server.settle(tenant.deduction("generate_goal", units: 7, key: "k"))
      try workplace.setBalance(of: tenant, "goal_generation", to: 1000)
      let again = try workplace.server.settle(tenant.deduction("generate_goal", units: 7, key: "k"))
      #expect(first.brief == "insufficient_tokens 21: 20 → 20 safe")
      #expect(again.brief == "insufficient_tokens 21: 20 → 20 safe again")
      #expect(Numbers(again) == Numbers(first))
      #expect(try workplace.count("tollgate.ledger", of: tenant, where: "kind = 'refusal'") == 1)
    }
  }

  @Test("a refusal for the plan's sake is not remembered: after an upgrade the same key is granted")
  func notOnPlanIsForgotten() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "starter")
      let requests = (1...2).map { _ in tenant.deduction("generate_goal", key: "k") }
      #expect(
        try workplace.server.settle(requests).map(\.brief) == [
          "not_on_plan 3: 0 → 0 exhausted", "not_on_plan 3: 0 → 0 exhausted",
        ])
      try workplace.setBalance(of: tenant, "goal_generation", to: 20)
      #expect(
        try workplace.server.settle(tenant.deduction("generate_goal", key: "k")).brief == "success 3: 20 → 17 safe")
      #expect(try workplace.count("tollgate.idempotency_keys", of: tenant) == 1)
    }
  }

  @Test("no answer but a success and a lack of tokens is remembered")
  func othersAreForgotten() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let stranger = try workplace.tenant()
      let answers = try workplace.server.settle([
        tenant.deduction("no_such_feature", key: "k"), tenant.deduction("generate_goal", units: 0, key: "k"),
        tenant.deduction("generate_goal", key: "k", by: .member(stranger.member)),
      ])
      #expect(answers.map(\.brief) == ["unknown_feature", "amount_out_of_range", "forbidden"])
      _ = try workplace.administrator.query("UPDATE public.organizations SET status = 'suspended'")
      #expect(
        try workplace.server.settle(tenant.deduction("generate_goal", key: "k")).outcome == .organizationSuspended)
      _ = try workplace.administrator.query("UPDATE public.organizations SET status = 'active'")
      #expect(try workplace.count("tollgate.idempotency_keys", of: tenant) == 0)
      #expect(
        try workplace.server.settle(tenant.deduction("generate_goal", key: "k")).brief == "success 3: 20 → 17 safe")
    }
  }

  @Test("a stranger's request between two of the same key does not make the second a new one")
  func strangerBetween() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let stranger = try workplace.tenant()
      let answers = try workplace.server.settle([
        tenant.deduction("generate_goal", key: "k"),
        tenant.deduction("generate_goal", key: "k", by: .member(stranger.member)),
        tenant.deduction("generate_goal", key: "k"),
      ])
      #expect(answers.map(\.brief) == ["success 3: 20 → 17 safe", "forbidden", "success 3: 20 → 17 safe again"])
    }
  }

  @Test("keys that differ in case or by one character are different keys")
  func similarKeys() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant(plan: "enterprise")
      let longest = String(repeating: "k", count: 254)
      let keys = ["k", "K", "k ", "kk", "\"k\"", "k%", "k_", "'", "\\", "{k}", "NULL", longest + "1", longest + "2"]
        .filter { IdempotencyKey($0) != nil }
      let answers = try workplace.server.settle(keys.map { tenant.deduction("generate_goal", key: $0) })
      #expect(answers.map(\.isReplay) == Array(repeating: false, count: keys.count))
      #expect(try workplace.balance(of: tenant, "goal_generation") == 200 - 3 * Int64(keys.count))
      let again = try workplace.server.settle(keys.map { tenant.deduction("generate_goal", key: $0) })
      #expect(again.map(\.isReplay) == Array(repeating: true, count: keys.count))
    }
  }

  @Test("a key belongs to its organization")
  func scope() async throws {
    try await Workplace.with { workplace in
      let one = try workplace.tenant()
      let two = try workplace.tenant(plan: "enterprise")
      let answers = try workplace.server.settle([
        one.deduction("generate_goal", key: "k"), two.deduction("generate_goal", units: 2, key: "k"),
        one.deduction("generate_goal", key: "k"), two.deduction("generate_goal", units: 2, key: "k"),
      ])
      #expect(
        answers.map(\.brief) == [
          "success 3: 20 → 17 safe", "success 6: 200 → 194 safe", "success 3: 20 → 17 safe again",
          "success 6: 200 → 194 safe again",
        ])
    }
  }

  @Test("requests without a key are charged each for itself")
  func withoutKey() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let answers = try workplace.server.settle((1...3).map { _ in tenant.deduction("generate_goal") })
      #expect(answers.map(\.isReplay) == [false, false, false])
      #expect(try workplace.balance(of: tenant, "goal_generation") == 11)
    }
  }

  @Test("a key of last week is remembered, one of the week before that is not")
  func weeks() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle([
        tenant.deduction("generate_goal", key: "last-week"), tenant.deduction("generate_goal", key: "earlier"),
      ])
      try workplace.administrator.script(
        """
        CREATE TABLE tollgate.keys_of_the_past PARTITION OF tollgate.idempotency_keys
          FOR VALUES FROM (MINVALUE) TO (date_trunc('week', now() AT TIME ZONE 'UTC')::date);
        ALTER TABLE tollgate.keys_of_the_past OWNER TO tollgate_owner;
        ALTER TABLE tollgate.keys_of_the_past ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        UPDATE tollgate.idempotency_keys SET week = week - 7 WHERE key = 'last-week';
        UPDATE tollgate.idempotency_keys SET week = week - 14 WHERE key = 'earlier';
        -- As if it had been charged then: the log of that time may have no partition any more.
        UPDATE public.ai_token_usage_log SET idempotency_key = NULL WHERE idempotency_key = 'earlier'
        """)
      let answers = try workplace.server.settle([
        tenant.deduction("generate_goal", key: "last-week"), tenant.deduction("generate_goal", key: "earlier"),
      ])
      #expect(answers.map(\.brief) == ["success 3: 20 → 17 safe again", "success 3: 14 → 11 safe"])
      // Which is why it is kept no longer.
      try workplace.administrator.script(
        "DELETE FROM tollgate.idempotency_keys WHERE key = 'earlier' AND week < current_date - 13")
    }
  }
}
