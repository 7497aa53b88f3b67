import Postgres
import Testbed
import Testing
import Tokens

@Suite("Prices")
struct PriceTests {
  private static let rates = """
    {"input": {"tokens": 3, "per": 1000}, "output": {"tokens": 15, "per": 1000}, "image": {"tokens": 7, "per": 1}, \
    "character": {"tokens": 1, "per": 1000000}}
    """

  /// Units and what they cost.
  private static let costs: [(units: String, cost: Int64?)] = [
    (#"{"input": 1200, "output": 300}"#, 9),  // 3.6 + 4.5 = 8.1: rounded up once, not 4 + 5.
    (#"{"input": 1000}"#, 3), (#"{"input": 1001}"#, 4), (#"{"input": 1}"#, 1), (#"{"input": 0}"#, 0),
    (#"{"input": 1, "output": 1, "character": 1}"#, 1), (#"{"image": 2, "input": 333, "character": 1000}"#, 15),
    (#"{"input": 333, "character": 1001}"#, 2), (#"{"input": 0, "image": 0}"#, 0),
    (#"{"output": 66666666666666666}"#, nil), (#"{"output": 1000000000000000}"#, 15_000_000_000_000),
    (#"{"image": 142857142857142}"#, 999_999_999_999_994),
    (#"{"image": 142857142857142, "input": 2000}"#, 1_000_000_000_000_000),
    (#"{"image": 142857142857142, "input": 2000, "character": 1}"#, nil), (#"{"image": 142857142857143}"#, nil),
    ("{}", nil), ("[1]", nil), ("5", nil), ("null", nil), (#""input""#, nil), (#"{"video": 1}"#, nil),
    (#"{"input": 1, "video": 0}"#, nil), (#"{"input": -1}"#, nil), (#"{"input": 1.5}"#, nil),
    (#"{"input": 1.0}"#, nil), (#"{"input": "1"}"#, nil), (#"{"input": null}"#, nil), (#"{"input": {}}"#, nil),
    (#"{"input": 1000000000000001}"#, nil), (#"{"input": 1e300}"#, nil),
  ]

  @Test("a price with dimensions is exact, and rounded up once over their sum")
  func dimensions() async throws {
    try await Workplace.with { workplace in
      _ = try workplace.administrator.query(
        "SELECT tollgate.set_price('generate_text', 'general', NULL, $1::jsonb)", [.text(Self.rates)])
      for (units, cost) in Self.costs {
        let found = try workplace.administrator.lines(
          """
          SELECT tollgate.price_of(offered, NULL, $1::jsonb) FROM tollgate.features AS offered
          WHERE feature = 'generate_text'
          """, [.text(units)])
        #expect(found == [cost.map(String.init) ?? ""], "\(units)")
      }
    }
  }

  @Test("a cost is multiplied by units from 1 on, up to 10^15 tokens")
  func cost() async throws {
    try await Workplace.with { workplace in
      let costs: [(Int64?, Int64?)] = [
        (1, 3), (333_333_333_333_333, 999_999_999_999_999), (333_333_333_333_334, nil), (0, nil), (-1, nil),
        (.max, nil), (nil, nil),
      ]
      for (units, cost) in costs {
        let found = try workplace.administrator.lines(
          """
          SELECT tollgate.price_of(offered, $1::bigint, NULL) FROM tollgate.features AS offered
          WHERE feature = 'generate_goal'
          """, [.optional(units)])
        #expect(found == [cost.map(String.init) ?? ""], "\(units.map(String.init) ?? "NULL") units")
      }
    }
  }

  @Test("units fit a price of their own kind only")
  func kinds() async throws {
    try await Workplace.with { workplace in
      _ = try workplace.administrator.query(
        "SELECT tollgate.set_price('generate_text', 'general', NULL, $1::jsonb)", [.text(Self.rates)])
      let found = try workplace.administrator.lines(
        """
        SELECT feature, tollgate.units_fit(offered, 2, NULL), tollgate.units_fit(offered, NULL, '{"input": 1}'),
          tollgate.units_fit(offered, 2, '{"input": 1}')
        FROM tollgate.features AS offered WHERE feature IN ('generate_text', 'generate_goal') ORDER BY feature
        """)
      #expect(found == ["generate_goal|t|f|f", "generate_text|f|t|f"])
    }
  }

  @Test("whoever changes a price, each has a version of its own and is kept")
  func versions() async throws {
    try await Workplace.with { workplace in
      let price = "'generate_text', 'general'"
      _ = try workplace.administrator.query(Statement("SELECT tollgate.set_price(\(price), 5)"))
      _ = try workplace.administrator.query(Statement("SELECT tollgate.set_price(\(price), 5, NULL, 'Text', 'single')"))
      _ = try workplace.administrator.query("UPDATE tollgate.features SET cost = 6 WHERE feature = 'generate_text'")
      _ = try workplace.administrator.query(
        "UPDATE tollgate.features SET cost = 6, price_version = 77 WHERE feature = 'generate_text'")
      _ = try workplace.administrator.query(
        "UPDATE tollgate.features SET token_type = 'forecast' WHERE feature = 'generate_text'")
      _ = try workplace.administrator.query(
        Statement("SELECT tollgate.set_price(\(price), NULL, '{\"input\": {\"tokens\": 1, \"per\": 1}}')"))
      _ = try workplace.administrator.query("DELETE FROM tollgate.features WHERE feature = 'generate_text'")
      _ = try workplace.administrator.query(
        "INSERT INTO tollgate.features (feature, token_type, cost, price_version) VALUES ('generate_text', 'general', 9, 1)"
      )
      let kept = try workplace.administrator.lines(
        """
        SELECT price_version, token_type, cost, rates FROM tollgate.prices WHERE feature = 'generate_text'
        ORDER BY price_version
        """)
      #expect(
        kept == [
          "1|general|5|", "2|general|6|", "3|forecast|6|", #"4|general|0|{"input": {"per": 1, "tokens": 1}}"#,
          "5|general|9|",
        ])
      let present = try workplace.administrator.lines(
        "SELECT price_version, cost, rates FROM tollgate.features WHERE feature = 'generate_text'")
      #expect(present == ["5|9|"])
    }
  }

  @Test("every present price is among those kept")
  func presentPrices() async throws {
    try await Workplace.with { workplace in
      let missing = try workplace.administrator.lines(
        """
        SELECT feature FROM tollgate.features
        EXCEPT
        SELECT feature FROM tollgate.prices JOIN tollgate.features USING (feature, price_version, token_type, cost)
        """)
      #expect(missing == [])
    }
  }

  @Test("a charge keeps the price it was made under, and the next one has the new price")
  func chargesKeepTheirPrice() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.server.settle(tenant.deduction("generate_goal"))
      _ = try workplace.server.query("SELECT tollgate.set_price('generate_goal', 'goal_generation', 4)")
      let answer = try workplace.server.settle(tenant.deduction("generate_goal"))
      #expect(answer.brief == "success 4: 17 → 13 safe")
      let charges = try workplace.administrator.lines(
        """
        SELECT use.tokens_deducted, price.cost, price.price_version
        FROM public.ai_token_usage_log AS use
          JOIN tollgate.prices AS price ON price.feature = use.feature_used AND price.price_version = use.price_version
        WHERE use.organization_id = $1::uuid ORDER BY use.sequence
        """, [tenant.parameter])
      #expect(charges == ["3|3|1", "4|4|2"])
    }
  }

  private static let noRates = [
    "{}", "[]", "3", #"{"Input": {"tokens": 1, "per": 1}}"#, #"{"input": 1}"#, #"{"input": {"tokens": 1}}"#,
    #"{"input": {"per": 1}}"#, #"{"input": {"tokens": 1, "per": 10}}"#, #"{"input": {"tokens": -1, "per": 1}}"#,
    #"{"input": {"tokens": 1.5, "per": 1}}"#, #"{"input": {"tokens": "1", "per": 1}}"#,
    #"{"input": {"tokens": 1, "per": "1"}}"#, #"{"input": {"tokens": 1, "per": 1, "unit": "x"}}"#,
    #"{"input": {"tokens": 1000000000000001, "per": 1}}"#, #"{"input": {"tokens": 1, "per": 1}, "output": []}"#,
    "{" + (1...17).map { #""d\#($0)": {"tokens": 1, "per": 1}"# }.joined(separator: ", ") + "}",
  ]

  @Test("what is no price is refused, by whatever way it comes")
  func noPrice() async throws {
    try await Workplace.with { workplace in
      let set = Statement("SELECT tollgate.set_price('generate_text', 'general', NULL, $1::jsonb)")
      let update = Statement("UPDATE tollgate.features SET rates = $1::jsonb WHERE feature = 'generate_goal'")
      for rates in Self.noRates {
        let ofSetting = try workplace.server.refusal(set, [.text(rates)])
        #expect(ofSetting == "TG400", "\(rates)")
        let ofUpdate = try workplace.administrator.refusal(update, [.text(rates)])
        #expect(ofUpdate == "TG400", "\(rates)")
      }
    }
  }

  private static let wrongArguments = [
    "'Generate', 'general', 1", "'', 'general', 1", "NULL, 'general', 1", "'a', 'gold', 1", "'a', NULL, 1",
    "'a', 'general', NULL", "'a', 'general', -1", "'a', 'general', 1000000000000001", "'a', 'general', 1, '{}'",
    "'a', 'general', 1, NULL, '', 'triple'",
  ]

  @Test("a price is a cost or rates of a known token type")
  func refusedArguments() async throws {
    try await Workplace.with { workplace in
      for arguments in Self.wrongArguments {
        let refusal = try workplace.server.refusal(Statement("SELECT tollgate.set_price(\(arguments))"))
        #expect(refusal == "TG400", "\(arguments)")
      }
    }
  }
}
