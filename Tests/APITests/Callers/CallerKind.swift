import API
import Crypto
import Testbed

/// Somebody who asks, by the field `Authorization` or by what a browser sends.
struct CallerKind {
  let name: String
  /// All that tells who it is.
  let fields: [(String, String)]
  let standing: Standing

  /// By the field `Authorization`; nil: there is no such field.
  init(_ name: String, _ authorization: String?, _ standing: Standing) {
    self.init(name, fields: authorization.map { [("Authorization", $0)] } ?? [], standing)
  }

  init(_ name: String, fields: [(String, String)], _ standing: Standing) {
    self.name = name
    self.fields = fields
    self.standing = standing
  }

  /// Everybody there is, for a server that accepts these tokens of this issuer for this audience.
  static func all(
    _ tokens: TestTokens, issuer: String, audience: String, tenant: Tenant, viewer: String, other: Tenant
  ) throws -> [CallerKind] {
    let now = WallClock.system.seconds
    let forThisServer = #""iss":"\#(issuer)","aud":"\#(audience)""#
    let claims = { (claims: String) in #"{\#(claims),\#(forThisServer),"exp":\#(now + 36_000)}"# }
    let user = #""sub":"\#(tenant.userID)","role":"authenticated""#
    let good = try tokens.sign(payload: claims(user))
    var kinds = [
      CallerKind("a user", "Bearer \(good)", .member),
      CallerKind("a user, scheme in lower case", "bearer \(good)", .member),
      CallerKind(
        "a user of several audiences",
        "Bearer \(try tokens.sign(payload: #"{\#(user),"iss":"\#(issuer)","aud":["x","\#(audience)"],"exp":\#(now + 36_000)}"#))",
        .member),
      CallerKind(
        "a viewer", "Bearer \(try tokens.sign(payload: claims(#""sub":"\#(viewer)","role":"authenticated""#)))", .viewer
      ),
      CallerKind(
        "a viewer whose token claims more",
        "Bearer \(try tokens.sign(payload: claims(#""sub":"\#(viewer)","role":"authenticated","user_role":"member","app_metadata":{"role":"member"}"#)))",
        .viewer),
      CallerKind("a service", "Bearer \(try tokens.sign(payload: claims(#""role":"service_role""#)))", .service),
      CallerKind(
        "a user of another organization",
        "Bearer \(try tokens.sign(payload: claims(#""sub":"\#(other.userID)","role":"authenticated""#)))", .stranger),
      CallerKind(
        "a user of no organization",
        "Bearer \(try tokens.sign(payload: claims(#""sub":"3f1b7c9e-0000-4000-8000-00000000000f","role":"authenticated""#)))",
        .stranger),
      CallerKind(
        "a user of another organization whose token claims this one",
        "Bearer \(try tokens.sign(payload: claims(#""sub":"\#(other.userID)","role":"authenticated","organizationId":"\#(tenant.organizationID)","user_metadata":{"organization_id":"\#(tenant.organizationID)","role":"service_role"},"app_metadata":{"organization_id":"\#(tenant.organizationID)"}"#)))",
        .stranger),
    ]
    let powerless: [(String, String)] = [
      ("role anon", #""sub":"\#(tenant.userID)","role":"anon""#), ("no role", #""sub":"\#(tenant.userID)""#),
      ("role Service_Role", #""role":"Service_Role""#), ("role tollgate_owner", #""role":"tollgate_owner""#),
      ("role postgres", #""sub":"\#(tenant.userID)","role":"postgres""#), ("no subject", #""role":"authenticated""#),
      ("a subject that is no id", #""sub":"' OR true --","role":"authenticated""#),
    ]
    for (name, text) in powerless {
      kinds.append(CallerKind(name, "Bearer \(try tokens.sign(payload: claims(text)))", .powerless))
    }
    let unproven =
      try unprovenFields(good)
      + unprovenPayloads(user, forThisServer, issuer: issuer, audience: audience, now: now)
      .map { ($0, "Bearer \(try tokens.sign(payload: $1))") }
      + attacks(tokens, payload: claims(user), service: claims(#""role":"service_role""#))
    return kinds + unproven.map { CallerKind($0, $1, .unproven) }
  }

  /// A good token that is not handed over as one.
  private static func unprovenFields(_ good: String) throws -> [(String, String?)] {
    let parts = good.split(separator: ".").map(String.init)
    return [
      ("nobody", nil), ("an empty field", ""), ("a scheme alone", "Bearer"), ("no token", "Bearer "),
      ("no scheme", good), ("another scheme", "Basic \(good)"), ("two spaces", "Bearer  \(good)"),
      ("a tab", "Bearer\t\(good)"), ("two tokens", "Bearer \(good), Bearer \(good)"), ("garbage", "Bearer garbage"),
      ("one segment", "Bearer \(parts[0])"), ("two segments", "Bearer \(parts[0]).\(parts[1])"),
      ("four segments", "Bearer \(good).\(parts[2])"), ("five segments", "Bearer \(good).\(parts[1]).\(parts[2])"),
      ("empty segments", "Bearer .."), ("no header", "Bearer .\(parts[1]).\(parts[2])"),
      ("no payload", "Bearer \(parts[0])..\(parts[2])"), ("no signature", "Bearer \(parts[0]).\(parts[1])."),
      ("padding", "Bearer \(good)="), ("a letter more", "Bearer \(good)A"),
      ("a letter less", "Bearer \(good.dropLast())"),
      ("the alphabet of Base64", "Bearer \(parts[0]).\(parts[1]).+/\(parts[2].dropFirst(2))"),
      ("percent-encoding", "Bearer \(parts[0])%2E\(parts[1])%2E\(parts[2])"),
      ("quotes", "Bearer \"\(good)\""),
      ("longer than is read", "Bearer \(good)\(String(repeating: "A", count: 8_192))"),
    ]
  }

  /// Payloads of a token that is signed as it should be.
  private static func unprovenPayloads(
    _ user: String, _ forThisServer: String, issuer: String, audience: String, now: Int64
  ) -> [(String, String)] {
    let exp = #""exp":\#(now + 36_000)"#
    return [
      ("expired", #"{\#(user),\#(forThisServer),"exp":\#(now - 1)}"#), ("no expiry", #"{\#(user),\#(forThisServer)}"#),
      ("an expiry of zero", #"{\#(user),\#(forThisServer),"exp":0}"#),
      ("an expiry before time", #"{\#(user),\#(forThisServer),"exp":-1}"#),
      ("an expiry in text", #"{\#(user),\#(forThisServer),"exp":"\#(now + 36_000)"}"#),
      ("an expiry beyond numbers", #"{\#(user),\#(forThisServer),"exp":1e400}"#),
      ("no expiry but null", #"{\#(user),\#(forThisServer),"exp":null}"#),
      ("not yet valid", #"{\#(user),\#(forThisServer),\#(exp),"nbf":\#(now + 18_000)}"#),
      ("issued in the future", #"{\#(user),\#(forThisServer),\#(exp),"iat":\#(now + 18_000)}"#),
      ("no issuer", #"{\#(user),"aud":"\#(audience)",\#(exp)}"#),
      ("another issuer", #"{\#(user),"iss":"\#(issuer)/","aud":"\#(audience)",\#(exp)}"#),
      ("an issuer in another case", #"{\#(user),"iss":"\#(issuer.uppercased())","aud":"\#(audience)",\#(exp)}"#),
      ("several issuers", #"{\#(user),"iss":["\#(issuer)"],"aud":"\#(audience)",\#(exp)}"#),
      ("no audience", #"{\#(user),"iss":"\#(issuer)",\#(exp)}"#),
      ("another audience", #"{\#(user),"iss":"\#(issuer)","aud":"\#(audience)x",\#(exp)}"#),
      ("no audience of several", #"{\#(user),"iss":"\#(issuer)","aud":[],\#(exp)}"#),
      ("an audience inside of another", #"{\#(user),"iss":"\#(issuer)","aud":{"\#(audience)":true},\#(exp)}"#),
      ("two roles", #"{\#(user),"role":"service_role",\#(forThisServer),\#(exp)}"#),
      ("two subjects", #"{\#(user),"sub":"x",\#(forThisServer),\#(exp)}"#),
      ("a list of roles", #"{"role":["service_role"],\#(forThisServer),\#(exp)}"#),
      ("text behind the payload", #"{\#(user),\#(forThisServer),\#(exp)}{}"#), ("a list for a payload", "[]"),
    ]
  }

  /// What the literature knows: none, another algorithm or key, keys that the token brings along, extensions.
  private static func attacks(
    _ tokens: TestTokens, payload: String, service: String
  ) throws -> [(String, String?)] {
    let own = try randomBytes(32)
    let encoded = encodeBase64URL(own)
    var attacks: [(String, String?)] = []
    for algorithm in [
      "none", "None", "NONE", "nOnE", "", "HS256 ", "hs256", "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA",
    ] {
      let header = #"{"alg":"\#(algorithm)","typ":"JWT"}"#
      let unsigned = encodeBase64URL(Array(header.utf8)) + "." + encodeBase64URL(Array(service.utf8)) + "."
      attacks.append(("algorithm \(algorithm), not signed", "Bearer \(unsigned)"))
      attacks.append(("algorithm \(algorithm), signed", "Bearer \(try tokens.sign(header: header, payload: service))"))
    }
    let headers = [
      ("a key of its own", #"{"alg":"HS256"}"#),
      ("a key that it brings along", #"{"alg":"HS256","jwk":{"kty":"oct","k":"\#(encoded)"}}"#),
      ("a key at an address", #"{"alg":"HS256","jku":"http://127.0.0.1:1/keys"}"#),
      ("a certificate at an address", #"{"alg":"HS256","x5u":"http://127.0.0.1:1/certificate"}"#),
      ("a certificate that it brings along", #"{"alg":"HS256","x5c":["\#(encodeBase64(own))"]}"#),
      ("a key's name that is a path", #"{"alg":"HS256","kid":"../../../../../../dev/null"}"#),
      ("a key's name that is SQL", #"{"alg":"HS256","kid":"x' UNION SELECT 'key"}"#),
      ("a key's name that is a command", #"{"alg":"HS256","kid":"|cat /etc/passwd"}"#),
    ]
    for (name, header) in headers {
      attacks.append((name, "Bearer \(try tokens.sign(header: header, payload: service, with: own))"))
    }
    attacks.append(("an empty secret", "Bearer \(try tokens.sign(payload: service, with: [0]))"))
    let refused = [
      ("an extension that must be understood", #"{"alg":"HS256","crit":["exp"],"exp":1}"#),
      ("an unencoded payload", #"{"alg":"HS256","crit":["b64"],"b64":false}"#),
      ("no extension that must be understood", #"{"alg":"HS256","crit":[]}"#),
      ("two algorithms", #"{"alg":"none","alg":"HS256"}"#), ("a list of algorithms", #"{"alg":["HS256"]}"#),
      ("another type of token", #"{"alg":"HS256","typ":"dpop+jwt"}"#), ("a header that is no object", #""HS256""#),
    ]
    for (name, header) in refused {
      attacks.append((name, "Bearer \(try tokens.sign(header: header, payload: payload))"))
    }
    return attacks
  }
}
