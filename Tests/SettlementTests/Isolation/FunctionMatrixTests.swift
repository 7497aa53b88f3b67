import Postgres
import Testbed
import Testing
import Tokens

/// Every function is called with names of another tenant's things in every argument that takes a name, and has to answer
/// as if there were no such thing.
@Suite("What is learned of another tenant by calling")
struct FunctionMatrixTests {
  /// Maintenance of the whole database: does its work for all tenants, and names none.
  private static let maintenance: Set<String> = [
    "sweep", "ensure_partitions", "drop_ended_authorizations", "drop_expired_partitions", "evaluate_alerts",
    "dispatch_events", "take_deliveries", "drop_ended_deliveries", "roll_up",
  ]
  /// Lists of administrators', who see all tenants.
  private static let reports: Set<String> = [
    "read_content_budgets", "read_alerts", "read_alert_events", "read_webhooks", "read_costs", "read_overview",
    "read_payment_customers",
    "read_running_out", "read_service_usage",
  ]
  /// Settings of administrators' that hold for all tenants.
  private static let settings: Set<String> = ["set_content_level", "set_pack_price", "set_plan_price"]

  /// What a batch may ask for besides deductions; nil: a deduction.
  private static func requests(_ function: CallableFunction, _ names: Names) -> [String?] {
    guard function.arguments.contains(where: { $0.name == "requests" }) else { return [nil] }
    let reservation = #""reservationId": "\#(names[.reservation])""#
    return [
      nil, "{}", #"{"operation": "reserve", "ttlSeconds": 60}"#, #"{"operation": "capture", \#(reservation)}"#,
      #"{"operation": "release", \#(reservation)}"#, #"{"operation": "extend", "ttlSeconds": 60, \#(reservation)}"#,
      #"{"operation": "refund", "transactionId": "\#(names[.transaction])"}"#,
      #"{"operation": "top_up", "tokenType": "general", "amount": 5, "paymentId": "\#(names[.payment])"}"#,
    ]
  }

  /// As the role, with the user's claims or none, with nothing set by hand or with what would admit to the other tenant.
  private static func stands(_ role: String, _ users: [UserID?], _ tenants: TwoTenants) -> [Stand] {
    users.flatMap { user in
      let claims = user.map { #"{"sub": "\#($0)", "role": "\#(role)"}"# } ?? ""
      return [
        Stand(role: role, claims: claims, admitted: [:]),
        Stand(role: role, claims: claims, admitted: Claims.admitting(tenants)),
      ]
    }
  }

  /// Names of the other tenant's, one kind at a time and all at once, against names of nobody's.
  ///
  /// - Parameters:
  ///   - functions: those that are called.
  ///   - stands: as whom.
  ///   - kept: kinds that are not named together with the others.
  ///   - own: kinds that are never named.
  ///   - probe: what it is asked with.
  ///   - connection: an administrator's.
  /// - Returns: how many combinations there were.
  /// - Throws: what the database throws, but refusals.
  private static func compare(
    _ functions: [CallableFunction], _ stands: [Stand], keeping kept: Set<Names.Kind>, never own: Set<Names.Kind> = [],
    _ probe: Probe, _ connection: inout Connection
  ) throws -> Int {
    let mine = Names.mine(probe.tenants)
    var count = 0
    for function in functions {
      let named = function.kinds.subtracting(own)
      let choices = Set([named.subtracting(kept)] + named.map { [$0] })
      for kinds in choices where !kinds.isEmpty {
        let names = mine.replacing(kinds, by: .theirs(probe.tenants))
        let others = mine.replacing(kinds, by: .unknown())
        for (request, unknown) in zip(requests(function, names), requests(function, others)) {
          for stand in stands {
            let call = function.call(names, request: request)
            let answer = try probe.answer(call, naming: names, stand, &connection)
            let expected = try probe.answer(
              function.call(others, request: unknown), naming: others, stand, &connection)
            #expect(answer == expected, "\(stand.what): \(call)")
            count += 1
          }
        }
      }
    }
    return count
  }

  @Test("to members and to nobody, each function answers the same of another tenant's things as of what does not exist")
  func members() async throws {
    try await Workplace.with { workplace in
      let probe = try Probe(&workplace)
      let functions = try CallableFunction.all(for: "authenticated", &workplace.administrator)
      let stranger = try #require(UserID(Names.unknown()[.user]))
      let stands = Self.stands("authenticated", [probe.tenants.mine.member, stranger, nil], probe.tenants)
      let count = try Self.compare(functions, stands, keeping: [], probe, &workplace.administrator)
      print("Members' functions: \(count) combinations of function, caller and foreign names")
      #expect(count > 200)
    }
  }

  @Test("to the server on behalf of a member too: it is told no more than the member would be")
  func server() async throws {
    try await Workplace.with { workplace in
      let probe = try Probe(&workplace)
      let functions = try CallableFunction.all(for: "tollgate_server", &workplace.administrator)
        .filter(\.asksForMembership)
      #expect(functions.count > 5)
      let stands = Self.stands("tollgate_server", [nil], probe.tenants)
      // Named together with its own organization, the other's member may of course do all that members may.
      let count = try Self.compare(functions, stands, keeping: [.user], probe, &workplace.administrator)
      print("The server's functions on behalf of members: \(count) combinations of function and foreign names")
      #expect(count > 50)
    }
  }

  /// What may name the same thing twice: the ids of what is new are the server's choice, and whose customer somebody is
  /// says the refusal to make it another's.
  private static let naming: Set<String> = ["create_key", "create_webhook", "rotate_key", "set_payment_customer"]

  @Test("for one organization, each function of trusted servers answers the same of another's things as of no things")
  func trusted() async throws {
    try await Workplace.with { workplace in
      let probe = try Probe(&workplace)
      let passedOver = Self.maintenance.union(Self.reports).union(Self.settings).union(Self.naming)
      let functions = try CallableFunction.all(for: "tollgate_server", &workplace.administrator)
        .filter { !passedOver.contains($0.name) }
      let stands = Self.stands("tollgate_server", [nil], probe.tenants)
      let ofOrganizations = functions.filter { $0.kinds.contains(.organization) }
      var count = try Self.compare(
        ofOrganizations, stands, keeping: [], never: [.organization, .user], probe, &workplace.administrator)
      // A webhook stands for its organization.
      let ofWebhooks = functions.filter { !$0.kinds.contains(.organization) && $0.kinds.contains(.webhook) }
      count += try Self.compare(
        ofWebhooks, stands, keeping: [], never: [.webhook, .user], probe, &workplace.administrator)
      print("Trusted servers' functions for one organization: \(count) combinations of function and foreign names")
      let named = (ofOrganizations + ofWebhooks).reduce(into: Set<Names.Kind>()) { $0.formUnion($1.kinds) }
      #expect(Set(Names.Kind.allCases).subtracting(named) == [.paymentEvent], "what no function is asked about")
      #expect(count > 100)
    }
  }

  @Test("every setting that a function or policy reads is one that is set by hand here, and in the matrix of relations")
  func settings() async throws {
    try await Workplace.with { workplace in
      let read = try workplace.administrator.lines(
        #"""
        SELECT DISTINCT setting[1]
        FROM (
          SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'tollgate'::regnamespace AND prokind = 'f'
          UNION ALL
          SELECT concat_ws(' ', qual, with_check) FROM pg_policies
          UNION ALL
          SELECT definition FROM pg_views WHERE schemaname IN ('auth', 'public', 'tollgate')
        ) AS code (text), regexp_matches(text, 'current_setting\(''([a-z_]+\.[a-z_.]+)', 'g') AS setting
        """#)
      #expect(read.count > 7)
      #expect(Set(read).isSubset(of: Claims.settings))
      #expect(
        Set(read).subtracting(Stand.settings) == ["request.jwt.claims", "request.jwt.claim.sub", "tollgate.clock"])
    }
  }

  @Test(
    "whatever else is set, no function touches another tenant than it is called for, and none leaves itself admitted")
  func admission() async throws {
    try await Workplace.with { workplace in
      let probe = try Probe(&workplace)
      let names = Names.mine(probe.tenants)
      var granted: Set<String> = []
      var count = 0
      for role in ["authenticated", "tollgate_server", "service_role"] {
        let user = role == "authenticated" ? probe.tenants.mine.member : nil
        for function in try CallableFunction.all(for: role, &workplace.administrator)
        where !Self.maintenance.union(Self.reports).union(Self.settings).contains(function.name) {
          for request in Self.requests(function, names) {
            let call = function.call(names, request: request)
            for stand in Self.stands(role, [user], probe.tenants) {
              if case .rows = try probe.answer(call, naming: names, stand, &workplace.administrator) {
                granted.insert("\(role): \(function.name)")
              }
              count += 1
            }
          }
        }
      }
      print("Calls in one's own name: \(count), of \(granted.count) functions by role granted")
      let spending = [
        "deduct", "check_balance", "reserve", "capture", "release", "extend", "refund", "save_attribute",
        "activate_attributes", "delete_attribute", "record_attribute_use", "read_content_usage", "read_attributes",
      ]
      #expect(granted.isSuperset(of: spending.map { "authenticated: \($0)" }))
      let administering = [
        "adjust", "settle", "settle_atomically", "read_balances", "read_ledger", "read_transaction", "read_reservation",
        "read_organization", "top_up", "change_plan", "set_auto_top_up", "set_limit_override", "clear_limit",
        "suspend_organization", "organization_of", "balances_at", "check_balances", "set_content_budget",
        "reset_content_budget", "read_content_standing", "ask_cache", "store_in_cache", "give_up_lease",
        "count_cache_answers", "read_caches", "delete_cache", "set_alert", "delete_alert", "change_webhook",
        "delete_webhook", "rotate_webhook_secret", "test_webhook", "read_deliveries", "finish_delivery",
        "set_payment_customer", "remove_payment_customer", "receive_payment_event", "store_refreshed", "end_refresh",
      ]
      #expect(Set((spending + administering).map { "tollgate_server: \($0)" }).subtracting(granted) == [])
    }
  }

  @Test("who is a member of nothing, and an anonymous visitor, may call none of them")
  func everybody() async throws {
    try await Workplace.with { workplace in
      let tenants = try TwoTenants(&workplace)
      let logins = try Logins(workplace.database)
      defer { logins.drop(workplace.database) }
      let functions = try CallableFunction.all(for: "tollgate_owner", &workplace.administrator)
      #expect(functions.count > 80)
      for asker in [Asker.anonymous, .everybody, .gateway] {
        var connection = try asker.connect(workplace.database, logins)
        _ = try connection.query(
          "SELECT set_config('request.jwt.claims', $1, false)", [.text(#"{"sub": "\#(tenants.mine.member)"}"#)])
        for function in functions {
          #expect(
            try connection.refusal(Statement(function.call(.mine(tenants)))) == "42501", "\(asker): \(function.name)")
        }
      }
    }
  }
}
