import JSON
import Testbed
import Testing

@Suite("admin/packs, and prices of plans and packs")
struct PriceRouteTests {
  /// An administrator's calls.
  private struct Administrator {
    let served: ServedDatabase

    func call(_ method: String, _ target: String, body: String? = nil) async throws -> RawClient.Answer {
      let server = served.server
      return try await server.call(method, "/api/v1/admin/\(target)", token: server.tokens.service(), body: body)
    }

    func set(_ amountMinor: Int, _ currency: String = "EUR", of target: String) async throws {
      let body = #"{"amountMinor":\#(amountMinor),"currency":"\#(currency)"}"#
      #expect(try await call("PUT", target + "/price", body: body).status == 200)
    }

    func list(_ target: String) async throws -> [JSONValue] {
      try #require(try await call("GET", target).json()["data"]?.array)
    }

    /// What was recorded of changes of this kind, one after the other.
    func records(of change: String) async throws -> String? {
      try await served.text(
        """
        SELECT string_agg(concat_ws(' ', change, subject, actor_kind,
          concat(before ->> 'amountMinor', '→', after ->> 'amountMinor')), ', ' ORDER BY number)
        FROM tollgate.audit_log WHERE change ~ '^\(change)'
        """)
    }
  }

  /// A price as it is shown, as `4900 EUR`; nil for null.
  private func shown(_ price: JSONValue?) -> String? {
    price?["amountMinor"]?.integer.map { "\($0) \(price?["currency"]?.string ?? "")" }
  }

  @Test("a plan shows its price, which stays when the plan changes, and is removed once, with a record of what it was")
  func plans() async throws {
    try await ServedDatabase.with { served in
      let administrator = Administrator(served: served)
      #expect(try await administrator.list("plans").allSatisfy { $0["price"] == .null })
      try await administrator.set(4900, of: "plans/pro")
      try await administrator.set(5900, of: "plans/pro")
      #expect(try await administrator.list("plans").compactMap { shown($0["price"]) } == ["5900 EUR"])
      #expect(shown(try await administrator.call("GET", "plans/pro").json()["price"]) == "5900 EUR")
      let changed = try await administrator.call("PUT", "plans/pro", body: #"{"title":"Pro!","allocations":{}}"#)
      #expect(shown(try changed.json()["price"]) == "5900 EUR")

      let removed = try await administrator.call("DELETE", "plans/pro/price")
      #expect(removed.status == 200 && removed.body == #"{"plan":"pro"}"#)
      #expect(try await administrator.call("GET", "plans/pro").json()["price"] == .null)
      for plan in ["pro", "starter", "gold"] {
        let absent = try await administrator.call("DELETE", "plans/\(plan)/price")
        #expect(try absent.status == 404 && absent.code == "not_found", "\(plan)")
      }
      #expect(
        try await administrator.records(of: "plan_price")
          == "plan_price.create pro service →4900, plan_price.update pro service 4900→5900, "
          + "plan_price.delete pro service 5900→")
      #expect(try await served.violations() == [])
    }
  }

  @Test("packs are listed by size, and estimates buy none whose price was removed, nor what is merely sold")
  func packs() async throws {
    try await ServedDatabase.with { served in
      let administrator = Administrator(served: served)
      try await served.script("SELECT tollgate.remove_payment_pack(pack) FROM tollgate.payment_packs")
      #expect(try await administrator.call("GET", "packs").body == #"{"data":[],"nextCursor":null}"#)
      for (tokens, amount) in [(100_000, 9), (20, 100), (3, 25)] {
        try await administrator.set(amount, of: "packs/\(tokens)")
      }
      let packs = try await administrator.list("packs")
      #expect(packs.map { $0["tokens"]?.integer } == [3, 20, 100_000])
      #expect(packs.map { shown($0["price"]) } == ["25 EUR", "100 EUR", "9 EUR"])
      #expect(packs.allSatisfy { $0["sold"] == .array([]) })
      try await served.script("SELECT tollgate.set_payment_pack('goals_6', 'goal_generation', 6, 1, 'eur')")

      let tenant = try await served.makeTenant(plan: "enterprise")
      let goal = #"{"featureUsed":"generate_goal","units":2}"#
      #expect(try await served.server.call("POST", Path.deduct, token: tenant.token, body: goal).status == 200)
      /// What the six tokens come to on Starter, which grants none, after the price of this pack was removed.
      func estimate(without tokens: Int?) async throws -> String? {
        if let tokens {
          let removed = try await administrator.call("DELETE", "packs/\(tokens)/price")
          #expect(removed.status == 200 && removed.body == #"{"tokens":\#(tokens)}"#)
          #expect(try await administrator.call("DELETE", "packs/\(tokens)/price").status == 404)
        }
        let plans = try await administrator.list("organizations/\(tenant.organizationID)/plan-estimates")
        let starter = try #require(plans.first { $0["plan"]?.string == "starter" })
        let bought = starter["packs"]?.array?.first
        return bought?["amountMinor"]?.integer.map(String.init)
          ?? starter["unaffordable"]?["goal_generation"]?.integer.map { "no packs for \($0)" }
      }
      #expect(try await estimate(without: nil) == "9")
      #expect(try await estimate(without: 100_000) == "50")
      #expect(try await estimate(without: 3) == "100")
      #expect(try await estimate(without: 20) == "no packs for 6")
      #expect(try await administrator.list("packs").map { $0["tokens"]?.integer } == [6])
      #expect(
        try await administrator.records(of: "pack_price.delete")
          == "pack_price.delete 100000 service 9→, pack_price.delete 3 service 25→, "
          + "pack_price.delete 20 service 100→")
      #expect(try await served.violations() == [])
    }
  }

  @Test("what is sold stands beside what estimates take it to cost, and where the two differ is said")
  func sold() async throws {
    try await ServedDatabase.with { served in
      let administrator = Administrator(served: served)
      try await served.script(
        """
        SELECT tollgate.set_payment_pack('same', 'general', 100, 1900, 'eur');
        SELECT tollgate.set_payment_pack('dearer', 'forecast', 100, 1901, 'eur');
        SELECT tollgate.set_payment_pack('elsewhere', 'general', 100, 2100, 'usd');
        SELECT tollgate.set_payment_pack('only_sold', 'general', 50, 900, 'inr');
        """)
      try await administrator.set(1900, of: "packs/100")
      try await administrator.set(1, of: "packs/500")
      /// Each size, its price, and what is sold of it.
      func lines() async throws -> [String] {
        try await administrator.list("packs").map { pack in
          let sold = pack["sold"]?.array?.map { sold in
            [
              sold["pack"]?.string, sold["tokenType"]?.string, shown(sold["price"]),
              sold["differs"] == .boolean(true) ? "differs" : nil,
            ].compactMap(\.self).joined(separator: " ")
          }
          let price = shown(pack["price"]) ?? "-"
          return "\(pack["tokens"]?.integer ?? 0) \(price): \(sold?.joined(separator: ", ") ?? "")"
        }
      }
      let others = ["2000 -: tokens_2000 general"]
      #expect(
        try await lines() == [
          "50 -: only_sold general 900 INR",
          "100 1900 EUR: dearer forecast 1901 EUR differs, elsewhere general 2100 USD, same general 1900 EUR",
          "500 1 EUR: tokens_500 general",
        ] + others)
      // What is sold stays when the price for estimates goes, and the other way round.
      #expect(try await administrator.call("DELETE", "packs/100/price").status == 200)
      #expect(try await administrator.call("DELETE", "packs/50/price").status == 404)
      try await served.script("SELECT tollgate.remove_payment_pack('tokens_500')")
      #expect(
        try await lines() == [
          "50 -: only_sold general 900 INR",
          "100 -: dearer forecast 1901 EUR, elsewhere general 2100 USD, same general 1900 EUR", "500 1 EUR: ",
        ] + others)
      #expect(try await served.violations() == [])
    }
  }
}
