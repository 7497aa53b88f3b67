import API
import Testbed

extension CallerKind {
  /// What a browser and the dashboard's page say of each request that the page means to send.
  static let ofThePage = [("Sec-Fetch-Site", "same-origin"), ("X-Tollgate-Dashboard", "1")]

  /// A token that a server with this issuer and audience takes.
  static func token(_ tokens: TestTokens, _ claims: String, issuer: String, audience: String) throws -> String {
    let expiry = WallClock.system.seconds + 36_000
    return try tokens.sign(payload: #"{\#(claims),"iss":"\#(issuer)","aud":"\#(audience)","exp":\#(expiry)}"#)
  }

  /// Whether the browser says that another origin's page asks. Signing in and out, which need no caller, look at that, too.
  var isOfAnotherOrigin: Bool { fields.contains { $0.0 == "Origin" && $0.1 != "https://localhost" } }

  /// Everybody who has the dashboard's cookie, or something like it: on the dashboard's page, and elsewhere.
  static func sessions(
    _ tokens: TestTokens, issuer: String, audience: String, tenant: Tenant, viewer: String, other: Tenant, key: String
  ) throws -> [CallerKind] {
    func cookie(_ claims: String) throws -> (String, String) {
      ("Cookie", "__Host-tollgate=\(try token(tokens, claims, issuer: issuer, audience: audience))")
    }
    let own = try cookie(#""sub":"\#(tenant.userID)","role":"authenticated""#)
    let others = try cookie(#""sub":"\#(other.userID)","role":"authenticated""#)
    let service = try cookie(#""role":"service_role""#)
    let meant: [CallerKind] = [
      CallerKind("a cookie of a user", fields: [own] + ofThePage, .session(.member, isMeant: true)),
      CallerKind(
        "a cookie of a viewer", fields: [try cookie(#""sub":"\#(viewer)","role":"authenticated""#)] + ofThePage,
        .session(.viewer, isMeant: true)),
      CallerKind("a cookie of a service", fields: [service] + ofThePage, .session(.service, isMeant: true)),
      CallerKind(
        "a cookie of a user of another organization", fields: [others] + ofThePage, .session(.stranger, isMeant: true)),
      CallerKind(
        "a cookie of a role that has nothing to do here",
        fields: [try cookie(#""sub":"\#(tenant.userID)","role":"anon""#)] + ofThePage,
        .session(.powerless, isMeant: true)),
      CallerKind(
        "a cookie among others, with the origin of the host",
        fields: [("Cookie", "a=b; \(own.1); c=d")] + ofThePage + [("Origin", "https://localhost")],
        .session(.member, isMeant: true)),
      CallerKind(
        "a cookie without the page's field", fields: [own, ofThePage[0]], .session(.member, isMeant: false)),
      CallerKind(
        "a cookie of a service without the page's field", fields: [service, ofThePage[0]],
        .session(.service, isMeant: false)),
    ]
    let bearer = try token(
      tokens, #""sub":"\#(other.userID)","role":"authenticated""#, issuer: issuer, audience: audience)
    let field = ofThePage[1]
    return meant + [
      CallerKind(
        "a bearer of another organization's user with a cookie of a service",
        fields: [("Authorization", "Bearer \(bearer)"), service] + ofThePage, .stranger)
    ]
      + [
        ("a cookie on a page of another site", [service, field, ("Sec-Fetch-Site", "cross-site")]),
        ("a cookie on another page of the site", [service, field, ("Sec-Fetch-Site", "same-site")]),
        ("a cookie in the address bar", [service, field, ("Sec-Fetch-Site", "none")]),
        ("a cookie and nothing about where from", [service, field]),
        ("a cookie from two places", [service, field, ofThePage[0], ("Sec-Fetch-Site", "cross-site")]),
        ("a cookie with another origin", [service] + ofThePage + [("Origin", "https://evil.example")]),
        ("a cookie with the origin null", [service] + ofThePage + [("Origin", "null")]),
        ("a cookie with an origin on another port", [service] + ofThePage + [("Origin", "http://localhost:1")]),
        ("a cookie beside a bearer that proves nothing", [service, ("Authorization", "Bearer garbage")] + ofThePage),
        ("a cookie beside another scheme", [service, ("Authorization", "Basic YTpi")] + ofThePage),
        ("a cookie beside an empty field", [service, ("Authorization", "")] + ofThePage),
        ("two cookies in one field", [("Cookie", "\(service.1); \(own.1)")] + ofThePage),
        ("two cookies in two fields", [service, own] + ofThePage),
        (
          "a cookie of another name",
          [("Cookie", "tollgate" + service.1.dropFirst("__Host-tollgate".count))] + ofThePage
        ),
        (
          "a cookie in quotes",
          [("Cookie", "__Host-tollgate=\"\(service.1.dropFirst("__Host-tollgate=".count))\"")] + ofThePage
        ),
        ("an empty cookie", [("Cookie", "__Host-tollgate=")] + ofThePage),
        ("an API key in a cookie", [("Cookie", "__Host-tollgate=\(key)")] + ofThePage),
      ].map { CallerKind($0.0, fields: $0.1, .unproven) }
  }
}
