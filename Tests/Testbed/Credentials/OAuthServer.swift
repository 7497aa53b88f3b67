import Crypto
import Foundation
public import HTTP
import JSON
import Locking

/// An OAuth 2.0 server behind real https: codes with PKCE, refresh tokens that are replaced at each use, and the detection
/// of one that is used again, which ends its whole family (RFC 9700, section 4.14.2). It can fail in every way.
public final class OAuthServer: Sendable {
  public enum Behaviour: Sendable {
    /// As the standard says.
    case normal
    /// Answers this, and does nothing.
    case answer(Response)
    /// Does what it was asked for, and answers this instead of tokens.
    case workAndAnswer(Response)
    /// Keeps everybody waiting until `release`.
    case silence
    /// Does what it was asked for, and keeps everybody waiting.
    case workAndSilence
    /// As the standard says, with other members in the answer: raw JSON by name, nil leaves one out.
    case changing([String: String?])
  }

  private struct Code {
    let challenge: String
    let redirectURI: String
  }

  private struct State {
    var behaviour = Behaviour.normal
    var isRotating = true
    var lifeSeconds = 3600
    var codes: [String: Code] = [:]
    /// The family of each refresh token that was ever given.
    var families: [String: Int] = [:]
    /// The one that is good, by family.
    var current: [Int: String] = [:]
    var accessTokens: [String] = []
    var refreshTokens: [String] = []
    var forms: [[String: String]] = []
    var revoked: [String] = []
    var waiting: [Responder] = []
  }

  /// One for all: making it takes long.
  public static let certificate = Result { try TestCertificate() }

  public let clientID = "tollgate client/1"
  /// Of this run, and of characters that both encodings have to take care of.
  public let clientSecret: String
  private let server: HTTPSServer
  private let broken: HalfAnswerServer
  private let state: Kept

  private final class Kept: Sendable {
    let state = Mutex(State())
  }

  /// Blocks until it accepts connections.
  public init(_ certificate: TestCertificate? = nil) throws {
    let kept = Kept()
    let secret = "secret&=+ %" + (try Self.random("client"))
    clientSecret = secret
    state = kept
    broken = try HalfAnswerServer()
    let id = clientID
    server = try HTTPSServer(
      certificate ?? Self.certificate.get(), paths: ["/token", "/revoke"], others: ["/half": broken.port]
    ) { request, responder in
      Self.receive(request, responder, kept, id, secret)
    }
  }

  public func url(_ path: String) -> String { "https://127.0.0.1:\(server.port)\(path)" }

  public func behave(_ behaviour: Behaviour) { state.state.withLock { $0.behaviour = behaviour } }

  public func rotate(_ isRotating: Bool) { state.state.withLock { $0.isRotating = isRotating } }

  /// The life of access tokens from now on, in seconds.
  public func live(seconds: Int) { state.state.withLock { $0.lifeSeconds = seconds } }

  /// What token requests said, in order.
  public var forms: [[String: String]] { state.state.withLock { $0.forms } }
  public var refreshCount: Int { forms.count { $0["grant_type"] == "refresh_token" } }
  public var revoked: [String] { state.state.withLock { $0.revoked } }
  /// Every token that was ever given.
  public var accessTokens: [String] { state.state.withLock { $0.accessTokens } }
  public var refreshTokens: [String] { state.state.withLock { $0.refreshTokens } }
  public var waitingCount: Int { state.state.withLock { $0.waiting.count } }

  /// A refresh token that somebody got elsewhere.
  public func makeRefreshToken() throws -> String {
    try state.state.withLock { state in
      let family = state.families.count + 1
      return try Self.makeRefreshToken(&state, family: family)
    }
  }

  /// A person consents, and is sent back with this code.
  public func consent(challenge: String, redirectURI: String) throws -> String {
    let code = try Self.random("code")
    state.state.withLock { $0.codes[code] = Code(challenge: challenge, redirectURI: redirectURI) }
    return code
  }

  /// Nobody's refresh token is good any more.
  public func forgetEverybody() { state.state.withLock { $0.current = [:] } }

  /// Answers those who wait.
  public func release(_ response: Response) {
    let waiting = state.state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    for responder in waiting { responder.send(response) }
  }

  /// Ends it. Blocks.
  public func stop() {
    release(Response(status: 503))
    server.stop()
    broken.stop()
  }

  public static func json(_ status: Int, _ text: String, headers: [(String, String)] = []) -> Response {
    Response(status: status, headers: [("Content-Type", "application/json")] + headers, body: Array(text.utf8))
  }

  private static func random(_ kind: String) throws -> String {
    "\(kind)-canary-\(encodeBase64URL(try randomBytes(24)))"
  }

  private static func makeRefreshToken(_ state: inout State, family: Int) throws -> String {
    let token = try random("refresh")
    state.families[token] = family
    state.current[family] = token
    state.refreshTokens.append(token)
    return token
  }

  private static func receive(
    _ request: Request, _ responder: Responder, _ kept: Kept, _ clientID: String, _ clientSecret: String
  ) {
    let form = form(request.body)
    let isClient = isClient(request, form, clientID, clientSecret)
    let response = kept.state.withLock { state -> Response? in
      guard request.path == "/token" else {
        if isClient, let token = form["token"] { state.revoked.append(token) }
        return Response(status: isClient ? 200 : 401)
      }
      state.forms.append(form)
      switch state.behaviour {
      case .answer(let response): return response
      case .silence, .workAndSilence:
        if case .workAndSilence = state.behaviour { _ = grant(form, isClient, &state, changing: [:]) }
        state.waiting.append(responder)
        return nil
      case .normal: return grant(form, isClient, &state, changing: [:])
      case .changing(let members): return grant(form, isClient, &state, changing: members)
      case .workAndAnswer(let response):
        _ = grant(form, isClient, &state, changing: [:])
        return response
      }
    }
    if let response { responder.send(response) }
  }

  /// By either way, each with what it is made of encoded.
  private static func isClient(
    _ request: Request, _ form: [String: String], _ clientID: String, _ clientSecret: String
  ) -> Bool {
    if let field = request.headers["Authorization"] {
      guard field.hasPrefix("Basic "), let bytes = decodeBase64(String(field.dropFirst(6))) else { return false }
      let halves = String(decoding: bytes, as: UTF8.self).split(separator: ":").map {
        String($0).removingPercentEncoding
      }
      return halves == [clientID, clientSecret]
    }
    return form["client_id"] == clientID && form["client_secret"] == clientSecret
  }

  private static func form(_ body: [UInt8]) -> [String: String] {
    var form: [String: String] = [:]
    for member in String(decoding: body, as: UTF8.self).split(separator: "&") {
      let halves = member.split(separator: "=", maxSplits: 1).map { String($0).removingPercentEncoding ?? "" }
      if halves.count == 2 { form[halves[0]] = halves[1] }
    }
    return form
  }

  private static func grant(
    _ form: [String: String], _ isClient: Bool, _ state: inout State, changing members: [String: String?]
  ) -> Response {
    guard isClient else { return json(401, #"{"error":"invalid_client"}"#) }
    let refused = json(400, #"{"error":"invalid_grant"}"#)
    do {
      let family: Int
      switch form["grant_type"] {
      case "authorization_code":
        guard let code = form["code"].flatMap({ state.codes.removeValue(forKey: $0) }),
          let verifier = form["code_verifier"], encodeBase64URL(sha256(Array(verifier.utf8))) == code.challenge,
          form["redirect_uri"] == code.redirectURI
        else { return refused }
        family = state.families.count + 1
        _ = try makeRefreshToken(&state, family: family)
      case "refresh_token":
        guard let token = form["refresh_token"], let known = state.families[token] else { return refused }
        guard state.current[known] == token else {
          // Somebody has stolen it, or uses an old one: nobody is believed any more.
          state.current[known] = nil
          return refused
        }
        family = known
        if state.isRotating { _ = try makeRefreshToken(&state, family: family) }
      default: return json(400, #"{"error":"unsupported_grant_type"}"#)
      }
      let access = try random("access")
      state.accessTokens.append(access)
      var answer: [String: String?] = [
        "access_token": "\"\(access)\"", "token_type": "\"Bearer\"", "expires_in": "\(state.lifeSeconds)",
      ]
      if state.isRotating || form["grant_type"] == "authorization_code" {
        answer["refresh_token"] = state.current[family].map { "\"\($0)\"" }
      }
      for (name, value) in members { answer[name] = value }
      let text = answer.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.joined(separator: ",")
      return json(200, "{\(text)}")
    } catch {
      return Response(status: 500)
    }
  }
}
