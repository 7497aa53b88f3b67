/// Settings that a session may have when it asks, and whom they name.
struct Claims {
  /// The settings that mean something to Supabase or to Tollgate.
  static let settings = [
    "request.jwt.claims", "request.jwt.claim.sub", "request.jwt.claim.role", "tollgate.organizations",
    "tollgate.user_id", "tollgate.keys", "tollgate.customers", "tollgate.payment_events", "tollgate.actor",
    "tollgate.clock",
  ]

  let what: String
  /// Setting and value. What is not among them is empty, or was never set in that session.
  let values: [(String, String)]
  /// Whether they name the first tenant's member; otherwise they name nobody.
  let nameMember: Bool

  /// Whether they set what Tollgate uses for itself, which shows more to its owner, as whom nobody logs in.
  var areOwnSettings: Bool { values.contains { $0.0.hasPrefix("tollgate.") } }

  private init(_ what: String, _ values: [(String, String)], nameMember: Bool = false) {
    self.what = what
    self.values = values
    self.nameMember = nameMember
  }

  static func all(_ tenants: TwoTenants) -> [Claims] {
    [Claims("never set", [])] + worthless(tenants) + older(tenants) + disagreeing(tenants) + members(tenants)
      + ownSettings(tenants)
  }

  private static func claims(_ text: String) -> (String, String) { ("request.jwt.claims", text) }
  private static func older(_ text: String) -> (String, String) { ("request.jwt.claim.sub", text) }
  private static func sub(_ user: some CustomStringConvertible) -> String { #"{"sub": "\#(user)"}"# }

  private static let nobody = "6f2d6d2e-3f0e-4f7e-9d3c-0a51f0a3b001"

  /// Claims that are no claims, or of the wrong type, or name nobody that exists.
  private static func worthless(_ tenants: TwoTenants) -> [Claims] {
    let other = tenants.other.member
    return [
      "", "null", "[]", "{}", #""x""#, "5", "true", "{", "garbage", #"{"sub": 1}"#, #"{"sub": null}"#, #"{"sub": ""}"#,
      #"{"sub": true}"#, #"{"sub": "not-a-uuid"}"#, #"{"sub": {"a": 1}}"#, #"{"sub": ["\#(other)"]}"#,
      #"{"sub": {"sub": "\#(other)"}}"#, #"[{"sub": "\#(other)"}]"#, #""\#(other)""#, "\(other)",
      #"{"SUB": "\#(other)"}"#, #"{"sub": " \#(other)x"}"#, #"{"sub": "\u0000\#(other)"}"#,
      #"{"user_metadata": {"sub": "\#(other)", "organization_id": "\#(tenants.other.id)"}}"#,
      #"{"organization_id": "\#(tenants.other.id)", "role": "service_role"}"#, sub(nobody),
      String(repeating: "[", count: 100_000), String(repeating: #"{"sub":"#, count: 20_000),
    ].map { Claims("claims \($0.prefix(80))", [claims($0)]) }
  }

  /// The setting of PostgREST before version 9.
  private static func older(_ tenants: TwoTenants) -> [Claims] {
    [
      "", "null", "[]", "x", "{", "1", "not-a-uuid", sub(tenants.other.member), #""\#(tenants.other.member)""#,
      "\(tenants.other.member)x", nobody,
    ].map { Claims("older claim \($0)", [older($0)]) }
  }

  /// Two settings that name different users: one was left behind on a pooled connection.
  private static func disagreeing(_ tenants: TwoTenants) -> [Claims] {
    let (mine, other) = (tenants.mine.member, tenants.other.member)
    return [
      (sub(mine), "\(other)"), (sub(other), "\(mine)"), ("garbage", "\(mine)"), ("garbage", "\(other)"),
      ("{}", "\(other)"), (#"{"sub": null}"#, "\(other)"), ("[]", "\(other)"), (sub(other), "garbage"),
      (sub(nobody), "\(other)"), (#"{"role": "authenticated"}"#, "\(mine)"),
    ].map { Claims("claims \($0.0), older claim \($0.1)", [claims($0.0), older($0.1)]) }
  }

  /// The first tenant's member, whatever else the claims say.
  private static func members(_ tenants: TwoTenants) -> [Claims] {
    let (mine, other) = (tenants.mine.member, tenants.other)
    let texts = [
      sub(mine),
      #"{"sub": "\#(mine)", "user_metadata": {"organization_id": "\#(other.id)", "sub": "\#(other.member)"}}"#,
      #"{"sub": "\#(mine)", "app_metadata": {"organization_id": "\#(other.id)", "role": "service_role"}}"#,
      #"{"sub": "\#(mine)", "organization_id": "\#(other.id)", "org_id": "\#(other.id)"}"#,
      #"{"sub": "\#(mine)", "role": "service_role"}"#, #"{"sub": "\#(mine)", "role": "tollgate_owner"}"#,
    ]
    return texts.map { Claims("claims \($0)", [claims($0)], nameMember: true) } + [
      Claims("older claim alone", [older("\(mine)")], nameMember: true),
      Claims("both claims", [claims(sub(mine)), older("\(mine)")], nameMember: true),
      Claims(
        "a claimed role", [claims(sub(mine)), ("request.jwt.claim.role", "service_role")], nameMember: true),
    ]
  }

  /// What would admit to the other tenant, if it were believed.
  static func admitting(_ tenants: TwoTenants) -> [String: String] {
    let (other, belongings) = (tenants.other, tenants.othersBelongings)
    return [
      "tollgate.organizations": "{\(other.id)}", "tollgate.user_id": "\(other.member)",
      "tollgate.keys": "{\(belongings.apiKey)}", "tollgate.customers": "{\(belongings.customer)}",
      "tollgate.payment_events": "{\(belongings.paymentEvent)}",
      "tollgate.actor": #"{"kind": "user", "id": "\#(other.member)", "requestId": "\#(other.id)"}"#,
    ]
  }

  /// What Tollgate sets for itself, set by hand.
  private static func ownSettings(_ tenants: TwoTenants) -> [Claims] {
    let (other, belongings) = (tenants.other, tenants.othersBelongings)
    let admitting = admitting(tenants).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    let settings =
      admitting + [
        ("tollgate.organizations", "{\(tenants.mine.id),\(other.id)}"), ("tollgate.organizations", "{}"),
        ("tollgate.customers", "{\(tenants.myBelongings.customer),\(belongings.customer)}"),
        ("tollgate.customers", "{}"),
        ("tollgate.payment_events", "{}"), ("tollgate.actor", "{}"), ("tollgate.actor", "[]"),
        ("tollgate.actor", #"{"kind": "service", "id": "stripe"}"#), ("tollgate.clock", "2100-01-01"),
        ("tollgate.clock", "-infinity"),
      ]
      + Self.settings.filter { $0.hasPrefix("tollgate.") }.flatMap { name in
        [(name, "garbage"), (name, "{NULL}"), (name, "{\"")]
      }
    return (settings.map { ("\($0.0) = \($0.1)", [$0]) } + [("all that would admit", admitting)]).flatMap {
      what, values in
      [
        Claims("\(what), as a member", [claims(sub(tenants.mine.member))] + values, nameMember: true),
        Claims("\(what), as nobody", values),
      ]
    }
  }
}
