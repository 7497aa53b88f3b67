import Crypto
import Fetching
import JSON

/// Tokens as a provider gives them (RFC 6749, section 5.1).
struct TokenAnswer {
  struct AccessToken {
    let token: Secret
    let expiresInSeconds: Int64
  }

  /// Nil where the answer has none that could be used, which loses no refresh token that came with it.
  let accessToken: AccessToken?
  let refreshToken: Secret?

  /// The longest tokens, in bytes.
  static let accessTokenLimit = 16_384
  static let refreshTokenLimit = 8_192

  /// Lives that are believed: a longer one is shortened to a day, after which nothing is lost by asking again, and one
  /// of less than a second is over. Who does not say, or says nonsense, is asked again after five minutes.
  private static let lifeLimitSeconds: Int64 = 86_400
  private static let unknownLifeSeconds: Int64 = 300

  /// Reads a response to a token request.
  ///
  /// - Throws: `ProviderFault` for everything but tokens.
  init(_ response: FetchedResponse) throws(ProviderFault) {
    let body = Self.object(response.body)
    guard response.status == 200, let body else {
      throw Self.fault(status: response.status, error: body?.text("error"), response)
    }
    accessToken = Self.accessToken(body)
    refreshToken = try Self.refreshToken(body)
    guard accessToken != nil || refreshToken != nil else {
      // Some say 200 and mean an error.
      throw Self.fault(status: 200, error: body.text("error"), response)
    }
  }

  private static func object(_ bytes: [UInt8]) -> JSONObject? {
    guard case .object(let object)? = try? parseJSON(bytes) else { return nil }
    return object
  }

  /// One that cannot be kept is no reason to go on with the old one, which may be worth nothing any more.
  private static func refreshToken(_ body: JSONObject) throws(ProviderFault) -> Secret? {
    guard let text = body.text("refresh_token"), !text.isEmpty else { return nil }
    guard let token = token(text, limit: refreshTokenLimit) else {
      throw .unavailable(cause: "a refresh token that cannot be kept", retryAfterSeconds: nil)
    }
    return token
  }

  private static func accessToken(_ body: JSONObject) -> AccessToken? {
    guard let token = token(body.text("access_token"), limit: accessTokenLimit),
      body.text("token_type")?.lowercased().utf8.elementsEqual("bearer".utf8) == true
    else { return nil }
    return AccessToken(token: token, expiresInSeconds: life(body["expires_in"]))
  }

  /// 1 or more visible ASCII characters or spaces (RFC 6749, appendix A), which fit into a header field and a form.
  static func token(_ text: String?, limit: Int) -> Secret? {
    guard let text, (1...limit).contains(text.utf8.count), text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
      return nil
    }
    return Secret(text)
  }

  /// Some write the number as a text.
  private static func life(_ value: JSONValue?) -> Int64 {
    let seconds: Int64? =
      switch value {
      case .integer(let seconds)?: seconds
      case .string(let text)? where (1...18).contains(text.utf8.count) && text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }):
        Int64(text)
      default: nil
      }
    guard let seconds else { return unknownLifeSeconds }
    return min(max(seconds, 0), lifeLimitSeconds)
  }

  /// Codes that mean that this service is not registered as it should be (RFC 6749, section 5.2).
  private static let ourMistakes = [
    "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_request", "invalid_scope",
    "incorrect_client_credentials",
  ]
  /// `invalid_grant`, and what GitHub says instead.
  private static let refusedGrants = ["invalid_grant", "bad_refresh_token", "bad_verification_code"]

  private static func fault(status: Int, error: String?, _ response: FetchedResponse) -> ProviderFault {
    let isAboutTheRequest = [200, 400, 401, 403].contains(status)
    if isAboutTheRequest, let error {
      if refusedGrants.contains(where: { $0.utf8.elementsEqual(error.utf8) }) { return .grantRefused }
      if let mistake = ourMistakes.first(where: { $0.utf8.elementsEqual(error.utf8) }) {
        return .misconfigured(cause: mistake)
      }
    }
    switch status {
    case 200: return .unavailable(cause: "an answer without tokens", retryAfterSeconds: nil)
    case 300...399, 401, 404, 405: return .misconfigured(cause: "status \(status)")
    default:
      return .unavailable(cause: "status \(status)", retryAfterSeconds: retryAfterSeconds(response["Retry-After"]))
    }
  }

  /// Whole seconds, up to an hour. A date is not believed: its clock is another.
  static func retryAfterSeconds(_ field: String?) -> Int? {
    guard let field, (1...5).contains(field.utf8.count), field.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
      let seconds = Int(field), seconds > 0
    else { return nil }
    return min(seconds, 3_600)
  }
}

extension JSONObject {
  /// A member that is a text.
  fileprivate func text(_ name: String) -> String? {
    if case .string(let text)? = self[name] { text } else { nil }
  }
}
