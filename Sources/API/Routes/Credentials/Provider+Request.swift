import Crypto
internal import Foundation
import HTTP
import JSON
import Tokens
import Vault

extension Provider {
  private static let textLimit = 2_048
  private static let secretLimit = 4_096
  private static let scopeLimit = 100

  /// Reads the body of `PUT /api/v1/admin/providers/{provider}`.
  ///
  /// - Returns: the provider, and its client secret if there is a new one.
  /// - Throws: 400 for what cannot be understood.
  static func read(_ request: Request, named name: ProviderName) throws(Problem) -> (Provider, Secret?) {
    var body = try RequestBody.object(of: request)
    do throws(ReadingError) {
      let authentication = try body.optionalString("clientAuthentication") ?? ClientAuthentication.basic.rawValue
      guard let authentication = ClientAuthentication(rawValue: authentication) else {
        throw ReadingError(member: "clientAuthentication", problem: .outOfRange, bounds: "\"basic\" or \"post\"")
      }
      let provider = Provider(
        name: name, authorizationURL: try authorizationURL(of: &body), tokenURL: try url("tokenUrl", of: &body),
        revocationURL: try optionalURL("revocationUrl", of: &body), clientID: try clientID(of: &body),
        clientAuthentication: authentication, scopes: try scopes(of: &body), redirectURI: try redirectURI(of: &body),
        authorizationParameters: try parameters(of: &body))
      let secret = body.optionalValue("clientSecret") == nil ? nil : try body.secret("clientSecret", limit: secretLimit)
      try body.finish()
      return (provider, secret)
    } catch {
      throw Problem(error)
    }
  }

  /// Without what the protocol says: a provider that takes the first of two would take the configuration's.
  private static func authorizationURL(of body: inout ObjectReader) throws(ReadingError) -> String {
    let text = try url("authorizationUrl", of: &body)
    let names = URLComponents(string: text)?.queryItems?.map(\.name) ?? []
    guard AuthorizationURL.ownNames.isDisjoint(with: names) else {
      throw ReadingError(
        member: "authorizationUrl", problem: .outOfRange,
        bounds: "an https URL whose query has none of the protocol's own parameters")
    }
    return text
  }

  private static func url(_ name: String, of body: inout ObjectReader) throws(ReadingError) -> String {
    guard let url = try optionalURL(name, of: &body) else { throw ReadingError(member: name, problem: .missing) }
    return url
  }

  /// As libcurl takes it: https, a host, no user, no fragment, nothing that would have to be escaped.
  private static func optionalURL(_ name: String, of body: inout ObjectReader) throws(ReadingError) -> String? {
    guard let text = try body.optionalString(name, maximumBytes: textLimit) else { return nil }
    guard text.hasPrefix("https://"), isPlain(text), let parts = URLComponents(string: text),
      parts.host?.isEmpty == false, parts.user == nil, parts.password == nil, parts.fragment == nil
    else {
      throw ReadingError(
        member: name, problem: .outOfRange, bounds: "an https URL without user name and fragment")
    }
    return text
  }

  /// https, or for programs on the user's own machine http to loopback (RFC 8252, section 7.3).
  private static func redirectURI(of body: inout ObjectReader) throws(ReadingError) -> String {
    let text = try body.string("redirectUri", maximumBytes: textLimit)
    let loopback = ["127.0.0.1", "[::1]", "::1", "localhost"]
    guard isPlain(text), let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
      parts.fragment == nil, parts.user == nil, parts.password == nil,
      parts.scheme == "https" || parts.scheme == "http" && loopback.contains(host)
    else {
      throw ReadingError(
        member: "redirectUri", problem: .outOfRange, bounds: "an https URL, or one of http to this machine")
    }
    return text
  }

  private static func clientID(of body: inout ObjectReader) throws(ReadingError) -> String {
    let text = try body.string("clientId", maximumBytes: textLimit)
    guard !text.isEmpty, text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
      throw ReadingError(member: "clientId", problem: .outOfRange, bounds: "printable ASCII characters")
    }
    return text
  }

  /// `scope-token` of RFC 6749, section 3.3.
  private static func scopes(of body: inout ObjectReader) throws(ReadingError) -> [String] {
    let values = try body.optionalArray("scopes") ?? []
    let scopes = values.compactMap { value -> String? in
      guard case .string(let scope) = value, (1...255).contains(scope.utf8.count),
        scope.utf8.allSatisfy({ $0 == 0x21 || 0x23...0x5B ~= $0 || 0x5D...0x7E ~= $0 })
      else { return nil }
      return scope
    }
    guard scopes.count == values.count, scopes.count <= scopeLimit else {
      throw ReadingError(member: "scopes", problem: .outOfRange, bounds: "up to \(scopeLimit) scopes without spaces")
    }
    return scopes
  }

  private static func parameters(of body: inout ObjectReader) throws(ReadingError) -> String {
    let object = try body.optionalObject("authorizationParameters") ?? JSONObject()
    let areTexts = object.members.allSatisfy { member in
      guard case .string(let value) = member.value else { return false }
      return (1...64).contains(member.name.utf8.count) && value.utf8.count <= 512
        && !AuthorizationURL.ownNames.contains(member.name)
    }
    guard areTexts, object.members.count <= 20 else {
      throw ReadingError(
        member: "authorizationParameters", problem: .outOfRange,
        bounds: "up to 20 texts that are none of the protocol's own")
    }
    return String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)
  }

  private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { 0x21...0x7E ~= $0 } }
}
