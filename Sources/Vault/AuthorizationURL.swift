import Accounts
import Crypto
import JSON

/// Where a person is sent for consent (RFC 6749, section 4.1.1), with a state and a challenge of PKCE (RFC 7636).
public struct AuthorizationURL: Sendable {
  /// 256 random bits each, as 43 characters of Base64url.
  let state: String
  let verifier: Secret

  private static let randomByteCount = 32

  /// New secrets.
  init() throws(CryptoError) {
    state = encodeBase64URL(try randomBytes(Self.randomByteCount))
    verifier = Secret(encodeBase64URL(try randomBytes(Self.randomByteCount)))
  }

  /// What is kept of a state: who reads the database cannot come back with one.
  static func digest(of state: String) -> [UInt8] { sha256(Array(state.utf8)) }

  var stateDigest: [UInt8] { Self.digest(of: state) }

  /// SHA-256 of the verifier (RFC 7636, section 4.2).
  var challenge: String { encodeBase64URL(sha256(verifier.copy())) }

  /// Names that are ours to say. What a provider's configuration says of them is left out.
  public static let ownNames: Set<String> = [
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
  ]

  /// The URL for a place.
  func text(at place: AuthorizationPlace) -> String {
    var members = [
      ("response_type", "code"), ("client_id", place.clientID), ("redirect_uri", place.redirectURI),
      ("state", state), ("code_challenge", challenge), ("code_challenge_method", "S256"),
    ]
    if !place.scopes.isEmpty { members.append(("scope", place.scopes.joined(separator: " "))) }
    if case .object(let parameters)? = try? parseJSON(Array(place.parameters.utf8)) {
      for member in parameters.members where !Self.ownNames.contains(member.name) {
        if case .string(let value) = member.value { members.append((member.name, value)) }
      }
    }
    let query = FormEncoding.encode(members.map { (name: $0.0, value: Array($0.1.utf8)) })
    let separator = place.authorizationURL.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
    return place.authorizationURL + separator + String(decoding: query, as: UTF8.self)
  }
}
