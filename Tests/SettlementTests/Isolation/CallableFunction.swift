import Postgres

/// A function of Tollgate's as the catalogue has it, and how to call it.
struct CallableFunction {
  struct Argument {
    let name: String
    let type: String
  }

  let name: String
  let arguments: [Argument]
  /// Whether it runs with its owner's rights.
  let isDefiner: Bool

  /// All that a role may execute.
  static func all(for role: String, _ connection: inout Connection) throws -> [CallableFunction] {
    try connection.lines(
      """
      SELECT routine.proname, routine.prosecdef, (
        SELECT string_agg(named.name || ' ' || format_type(typed.oid, NULL), ';' ORDER BY typed.n)
        FROM unnest(routine.proargtypes::oid[]) WITH ORDINALITY AS typed (oid, n)
          JOIN (
            SELECT argument.name, row_number() OVER (ORDER BY argument.place) AS n
            FROM unnest(routine.proargnames, routine.proargmodes) WITH ORDINALITY AS argument (name, mode, place)
            WHERE coalesce(argument.mode, 'i') IN ('i', 'b', 'v')
          ) AS named USING (n))
      FROM pg_proc AS routine
      WHERE routine.pronamespace = 'tollgate'::regnamespace AND routine.prorettype <> 'trigger'::regtype
        AND has_function_privilege($1, routine.oid, 'EXECUTE')
      ORDER BY routine.oid::regprocedure::text
      """, [.text(role)]
    ).map { line in
      let values = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      let arguments = values[2].split(separator: ";").map { argument in
        let words = argument.split(separator: " ", maxSplits: 1).map(String.init)
        return Argument(name: words[0], type: words[1])
      }
      return CallableFunction(name: values[0], arguments: arguments, isDefiner: values[1] == "t")
    }
  }

  /// Whether it says itself whether the user has to be a member, as the server asks.
  var asksForMembership: Bool { arguments.contains { $0.name == "membership_required" } }

  /// The kinds of names that it takes.
  var kinds: Set<Names.Kind> {
    arguments.reduce(into: []) { kinds, argument in kinds.formUnion(self.kinds(argument)) }
  }

  /// A call with these names, and with what is sensible for everything else.
  func call(_ names: Names, request: String? = nil) -> String {
    let values = arguments.map { "\($0.name) => \(value($0, names, request: request))" }
    return "SELECT answer::text FROM tollgate.\(name)(\(values.joined(separator: ", "))) AS answer"
  }

  /// The function is looked at where an argument's name says not of what it is.
  private func kinds(_ argument: Argument) -> Set<Names.Kind> {
    switch argument.type.replacing("[]", with: "") {
    case "uuid": return [kindOfID(argument.name)]
    case "text":
      if argument.name.contains("payment") { return [.payment] }
      if argument.name.contains("customer") || name == "read_payment_customers" { return [.customer] }
      if argument.name == "event_id", name == "receive_payment_event" { return [.paymentEvent] }
      return argument.name.contains("key") ? [.key] : []
    case "jsonb":
      switch argument.name {
      case "requests": return [.transaction, .reservation]
      case "facts": return [.customer]
      default: return []
      }
    case let type where Self.isRow(type): return [.organization, .user, .transaction, .reservation]
    default: return []
    }
  }

  private func kindOfID(_ argument: String) -> Names.Kind {
    let isOfDelivery = name.contains("deliver")
    let isOfCredential = name.contains("credential") || name.contains("refresh")
    switch argument {
    // The row behind which a page begins.
    case "before_id":
      switch name {
      case "read_alerts": return .alert
      case "read_alert_events", "read_own_alert_events": return .alertEvent
      case "read_deliveries": return .delivery
      case "read_keys": return .apiKey
      case "read_webhooks": return .webhook
      default: return .transaction
      }
    case "busy", "receiver_id": return .webhook
    case let argument where argument.contains("organization"): return .organization
    case let argument where argument.contains("user") || argument == "subject": return .user
    case let argument where argument.contains("reservation"): return .reservation
    case let argument where argument.contains("key"): return .apiKey
    case let argument where argument.contains("attribute"): return .attribute
    case let argument where argument.contains("lease"):
      return isOfDelivery ? .deliveryLease : isOfCredential ? .credentialLease : .lease
    case let argument where argument.contains("webhook"): return .webhook
    case let argument where argument.contains("alert"): return .alert
    case let argument where argument.contains("delivery"): return .delivery
    default: return .transaction
    }
  }

  private static func isRow(_ type: String) -> Bool { type.hasPrefix("tollgate.") || type.hasPrefix("public.") }

  private func value(_ argument: Argument, _ names: Names, request: String?) -> String {
    if argument.name == "requests", request == nil { return "NULL" }
    let type = argument.type.replacing("[]", with: "")
    let one: String
    switch type {
    case "uuid", "text":
      one = kinds(argument).first.map { "'\(names[$0])'::\(type)" } ?? "\(Self.text(argument.name))::\(type)"
    case "bigint", "integer", "smallint", "numeric": one = "\(argument.name.contains("seconds") ? 60 : 1)::\(type)"
    case "boolean": one = argument.name == "preview" ? "false" : "true"
    case "jsonb": one = "'\(Self.document(argument.name, names, request: request))'::jsonb"
    case "json": one = "'{}'::json"
    case "bytea": one = argument.name.hasSuffix("digest") ? "sha256('x')" : Workplace.sealed
    case "timestamp with time zone": one = argument.name == "expires_at" ? "now() + interval '1 day'" : "now()"
    case "timestamp without time zone", "date": one = "now()::\(type)"
    case let type where Self.isRow(type):
      one = """
        jsonb_populate_record(NULL::\(type), jsonb_build_object('organization_id', '\(names[.organization])',
          'user_id', '\(names[.user])', 'id', '\(names[.transaction])', 'transaction_id', '\(names[.transaction])',
          'reservation_id', '\(names[.reservation])', 'pack_id', '\(names[.transaction])', 'token_type', 'general',
          'plan', 'pro', 'feature', 'generate_insight', 'cost', 1, 'balance', 5, 'reserved', 5, 'total_allocated', 5,
          'due_at', '2020-01-01', 'refresh_date', '2020-01-01', 'tokens', 5, 'remaining', 5, 'period', 'days',
          'period_days', 30, 'overdraft', 0, 'purchased', 0, 'ledger_balance', 5, 'ledger_sequence', 1,
          'critical_percent', 20, 'warning_percent', 50, 'announced', 0))
        """
    default: return "NULL::\(argument.type)"
    }
    return argument.type.hasSuffix("[]") ? "ARRAY[\(one)]" : one
  }

  /// The JSON that an argument of this name takes.
  private static func document(_ name: String, _ names: Names, request: String?) -> String {
    switch name {
    case "requests": request ?? "{}"
    // One that the cache which both tenants have does not know.
    case "key": #"{"title": "c"}"#
    case "facts": #"{"customer": "\#(names[.customer])"}"#
    case "examples", "signals": "[]"
    default: "{}"
    }
  }

  /// What an argument of this name takes.
  private static func text(_ name: String) -> String {
    switch name {
    case "feature", "features": "'generate_insight'"
    case "token_type", "token_types": "'general'"
    case "plan": "'enterprise'"
    case "scopes": "'read'"
    case "limit_name": "'insights_a_day'"
    case "new_counter": "'utf16_quarter'"
    case "cache_name", "cache_names": "'prices'"
    case "time_zone": "'UTC'"
    case "provider", "only_provider": "'drive'"
    case "outcomes": "'insufficient_tokens'"
    case "period": "'days'"
    case "kind": "'adjustment'"
    case "condition": "'available_below'"
    case "url": "'https://b.example/'"
    case "events": "'webhook.test'"
    case "email": "'a@b.example'"
    case let name where name.hasPrefix("only_"): "NULL"
    case "limits", "endpoint_type": "NULL"
    default: "'x'"
    }
  }
}
