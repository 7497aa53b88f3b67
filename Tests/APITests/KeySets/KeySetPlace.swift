import API
import Cluster
import Glibc
import Log
import Testbed
import Testing

/// A server whose tokens are verified with a key set, besides its own secret, and one of its tenants.
struct KeySetPlace: Sendable {
  let server: TestServer
  /// What was logged about keys.
  let log: RecordedLines
  let tenant: Tenant

  /// Lends one.
  static func with(
    _ origin: KeyOrigin, _ timing: KeyTiming, _ body: (KeySetPlace) async throws -> Void
  ) async throws {
    let served = try await ServedDatabase.shared()
    let tenant = try await served.makeTenant()
    let log = RecordedLines()
    let server = try await onOwnThread {
      try TestServer(served.database.serverSettings()) { secret in
        let logger = Logger(level: .debug, format: .json) { log.append($0) }
        let keys = KeySource(fixed: [secret], origin: origin, timing: timing, log: logger)
        try keys.start()
        return keys
      }
    }
    do {
      try await body(KeySetPlace(server: server, log: log, tenant: tenant))
      try await onOwnThread { server.stop() }
    } catch {
      try await onOwnThread { server.stop() }
      throw error
    }
  }

  /// What the tenant's user would be told with this token.
  func status(_ token: String) async throws -> Int {
    try await server.call("GET", "\(Path.stats)?organizationId=\(tenant.organizationID)", token: token).status
  }

  /// The user's token, made with the server's secret.
  func secretToken() throws -> String { try server.tokens.user(tenant.userID) }

  /// The user's token, made with a key of somebody else's.
  func token(_ pair: TestKeyPair, kid: String?) async throws -> String {
    let payload = payload
    return try await onOwnThread { try pair.sign(payload: payload, kid: kid) }
  }

  /// A token whose key is unknown: nobody looks at its signature.
  func unknownToken() -> String {
    TestTokens.unsigned(header: "{\"alg\":\"RS256\",\"kid\":\"\(UInt64.random(in: 0 ... .max))\"}", payload: payload)
  }

  private var payload: String {
    "{\"sub\":\"\(tenant.userID)\",\"role\":\"authenticated\",\"exp\":\(WallClock.system.seconds + 600)}"
  }

  var isReady: Bool {
    get async throws { try await server.call("GET", "/readyz").status == 200 }
  }

  /// Asks again and again until the answer is yes; fails after 20 seconds.
  func wait(
    for what: Comment, sourceLocation: SourceLocation = #_sourceLocation, until isTrue: () async throws -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !isTrue() {
      try #require(ContinuousClock.now < deadline, what, sourceLocation: sourceLocation)
      _ = try await onOwnThread { poll(nil, 0, 20) }
    }
  }
}

extension KeyTiming {
  /// Looks only when it has to, and then always.
  static let onDemand: KeyTiming = {
    var timing = KeyTiming(refresh: .seconds(3600))
    timing.retry = .seconds(3600)...(.seconds(3600))
    timing.betweenDemands = .zero
    timing.patience = .seconds(10)
    return timing
  }()

  /// Looks all the time.
  static let quick: KeyTiming = {
    var timing = KeyTiming(refresh: .milliseconds(50))
    timing.retry = .milliseconds(20)...(.milliseconds(50))
    return timing
  }()
}
