import API
import Crypto
import JSON
import Testbed
import Testing

@Suite("authentication over HTTP")
struct AuthenticationTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }
  private let tenant: Tenant

  init() async throws {
    served = try await .shared()
    tenant = try await served.makeTenant()
  }

  private static let requestID = [("X-Request-Id", "the-same")]
  private static let targets = [
    ("POST", Path.checkBalance), ("GET", Path.stats), ("POST", Path.deduct), ("GET", Path.balance),
  ]

  @Test("whatever is no valid token gets the same 401 on every route")
  func unauthorized() async throws {
    let now = WallClock.system.seconds
    let tokens = server.tokens
    let user = #""sub":"\#(tenant.userID)","role":"authenticated""#
    let fresh = #"{\#(user),"exp":\#(now + 600)}"#
    let good = try tokens.sign(payload: fresh)
    let unsigned = encodeBase64URL(Array(#"{"alg":"none"}"#.utf8)) + "." + encodeBase64URL(Array(fresh.utf8)) + "."
    let fields: [String?] = [
      nil, "", "Bearer", "Bearer ", "Bearer garbage", "Bearer a.b.c", "Basic \(good)", good, "Bearer \(good)x",
      "Bearer \(good), Bearer \(good)", "Bearer  \(good)", "Bearer\(good)", "Bearer \(unsigned)",
      "Bearer \(try tokens.sign(header: #"{"alg":"none"}"#, payload: fresh))",
      "Bearer \(try tokens.sign(header: #"{"alg":"HS512"}"#, payload: fresh))",
      "Bearer \(try tokens.sign(header: #"{"alg":"HS256","crit":["x"],"x":1}"#, payload: fresh))",
      "Bearer \(try tokens.sign(payload: fresh, with: randomBytes(32)))",
      "Bearer \(try tokens.sign(payload: #"{\#(user)}"#))",
      "Bearer \(try tokens.sign(payload: #"{\#(user),"exp":\#(now - 1)}"#))",
      "Bearer \(try tokens.sign(payload: #"{\#(user),"exp":\#(now + 600),"nbf":\#(now + 300)}"#))",
      "Bearer \(try tokens.sign(payload: #"{\#(user),"exp":"\#(now + 600)"}"#))",
      "Bearer \(try tokens.sign(payload: #"{\#(user),"role":"service_role","exp":\#(now + 600)}"#))",
    ]
    for (method, path) in Self.targets {
      var bodies: Set<String> = []
      for field in fields {
        let headers = Self.requestID + (field.map { [("Authorization", $0)] } ?? [])
        let answer = try await call(method, path, headers: headers)
        #expect(answer.status == 401, "\(path) \(field ?? "no field")")
        #expect(answer["WWW-Authenticate"] == "Bearer")
        bodies.insert(answer.body)
      }
      #expect(bodies.count == 1)
      let error = path == Path.checkBalance || path == Path.stats ? "Unauthorized" : "unauthorized"
      #expect(bodies.allSatisfy { $0.contains(#""error":"\#(error)""#) })
    }
  }

  @Test("the scheme's name is taken in any case", arguments: ["bearer", "BEARER", "Bearer"])
  func scheme(scheme: String) async throws {
    let headers = [("Authorization", "\(scheme) \(tenant.token)")]
    #expect(try await call("GET", Path.stats, headers: headers).status == 200)
  }

  @Test("a second Authorization is refused before either is read")
  func twice() async throws {
    let headers = [("Authorization", "Bearer \(tenant.token)"), ("Authorization", "Bearer \(tenant.token)")]
    #expect(try await call("GET", Path.balance, headers: headers).status == 400)
  }

  @Test("a valid token of another role, or of a subject that is no user, gets the same 403 on every route")
  func forbidden() async throws {
    let user = tenant.userID
    let unknown = "3f1b7c9e-0000-4000-8000-00000000000f"
    let tokens = try [
      server.tokens.mint(subject: user, role: "anon"), server.tokens.mint(subject: user, role: nil),
      server.tokens.mint(subject: user, role: ""), server.tokens.mint(subject: user, role: "Authenticated"),
      server.tokens.mint(subject: user, role: "service_role "), server.tokens.mint(subject: user, role: "postgres"),
      server.tokens.mint(subject: nil, role: "authenticated"), server.tokens.mint(subject: "", role: "authenticated"),
      server.tokens.mint(subject: "somebody", role: "authenticated"),
      server.tokens.mint(subject: "{\(user)}", role: "authenticated"),
      server.tokens.mint(subject: user + " ", role: "authenticated"), server.tokens.user(unknown),
    ]
    for (method, path) in Self.targets {
      var bodies: Set<String> = []
      for token in tokens {
        // Nobody is named where that is possible: the caller's own organization is meant.
        let answer = try await call(method, path, token: token, headers: Self.requestID)
        #expect(answer.status == 403, "\(path)")
        bodies.insert(answer.body)
      }
      #expect(bodies.count == 1)
    }
  }

  @Test("claims that a user can write itself give no rights")
  func userMetadata() async throws {
    let exp = WallClock.system.seconds + 600
    let other = try await served.makeTenant()
    let payload = #"""
      {"sub":"\#(tenant.userID)","role":"authenticated","exp":\#(exp),"organization_id":"\#(other.organizationID)",
      "user_metadata":{"role":"service_role","organization_id":"\#(other.organizationID)"},
      "app_metadata":{"role":"service_role"}}
      """#
    let token = try server.tokens.sign(payload: payload)
    let refused = try await server.call(
      "GET", Path.stats + "?organizationId=\(other.organizationID)", token: token)
    #expect(refused.status == 403)
    let own = try await server.call("POST", Path.deduct, token: token, body: #"{"featureUsed":"generate_goal"}"#)
    #expect(try own.json()["organizationId"]?.string == tenant.organizationID)
  }

  @Test("the signature of a token that was accepted does not carry another header, payload or length")
  func borrowedSignature() async throws {
    #expect(try await call("GET", Path.stats, token: tenant.token).status == 200)
    let parts = tenant.token.split(separator: ".").map(String.init)
    try #require(parts.count == 3)
    let service = try server.tokens.service().split(separator: ".").map(String.init)
    let last = try #require(parts[1].last)
    let otherLast = last == "A" ? "B" : "A"
    let forged = [
      [parts[0], service[1], parts[2]], [parts[0], String(parts[1].dropLast()) + otherLast, parts[2]],
      [service[0] + "A", parts[1], parts[2]], [parts[0], parts[1] + "AAAA", parts[2]], [parts[2]],
      [String(parts[2].suffix(16))], [String(parts[2].suffix(15))],
    ]
    for parts in forged {
      #expect(try await call("GET", Path.stats, token: parts.joined(separator: ".")).status == 401)
    }
    #expect(try await call("GET", Path.stats, token: tenant.token).status == 200)
  }

  @Test("tokens never get into the log")
  func log() async throws {
    let bad = tenant.token + "x"
    for token in [tenant.token, bad] { _ = try await call("GET", Path.stats, token: token) }
    let signature = try #require(tenant.token.split(separator: ".").last)
    #expect(await server.log.first(containing: Path.stats) != nil)
    #expect(server.log.containing(String(signature)) == [])
  }

  /// A request that is in order but for who sends it.
  private func call(_ method: String, _ path: String, token: String? = nil, headers: [(String, String)] = [])
    async throws -> RawClient.Answer
  {
    switch path {
    case Path.checkBalance:
      try await server.call(method, path, token: token, headers: headers, body: tenant.asking("generate_goal"))
    case Path.stats:
      try await server.call(
        method, path + "?organizationId=\(tenant.organizationID)", token: token, headers: headers)
    case Path.deduct:
      try await server.call(method, path, token: token, headers: headers, body: #"{"featureUsed":"generate_goal"}"#)
    default: try await server.call(method, path, token: token, headers: headers)
    }
  }
}
