internal import Fetching
internal import JSON
internal import Network

/// A program's way to Tollgate: what it spends, holds and asks for.
///
/// Calls that change something are sent again after a broken connection or a 503, under the same Idempotency-Key, so that
/// they happen once (`RetryPolicy`). Safe to use from many tasks at once; connections are kept and shared. A cancelled
/// task sends nothing again, and an attempt under way ends by itself within `requestSeconds`.
public struct TollgateClient: Sendable {
  public let configuration: ClientConfiguration
  private let connections: KeptConnections

  public init(_ configuration: ClientConfiguration) {
    self.init(configuration, connections: KeptConnections(limit: 16))
  }

  private init(_ configuration: ClientConfiguration, connections: KeptConnections) {
    self.configuration = configuration
    self.connections = connections
  }

  /// A client for somebody else's tokens over the same connections: for servers that hand on who asks them.
  public func authorized(by credential: String) -> TollgateClient {
    var configuration = configuration
    configuration.credential = credential
    return TollgateClient(configuration, connections: connections)
  }

  /// Sends a call until it is answered for good, or the time is over.
  func send(_ call: Call) async throws(TollgateError) -> ObjectReader {
    let began = ContinuousClock.now
    var attempts = 0
    while true {
      guard !Task.isCancelled else { throw .cancelled }
      attempts += 1
      let failure: TollgateError
      do throws(TollgateError) { return try await attempt(call, began: began) } catch { failure = error }
      guard failure.isOutage,
        let delay = configuration.retries.delaySeconds(
          afterAttempts: attempts, elapsedSeconds: (ContinuousClock.now - began).seconds,
          retryAfterSeconds: failure.retryAfterSeconds, jitter: .random(in: 0...1))
      else { throw failure }
      do { try await Task.sleep(for: .seconds(delay)) } catch { throw .cancelled }
    }
  }

  private func attempt(_ call: Call, began: ContinuousClock.Instant) async throws(TollgateError) -> ObjectReader {
    let request = request(for: call, elapsedSeconds: (ContinuousClock.now - began).seconds)
    let result = await withCheckedContinuation { continuation in
      startFetch(request) { continuation.resume(returning: $0) }
    }
    let response: FetchedResponse
    do { response = try result.get() } catch { throw TollgateError(error) }
    guard (200...299).contains(response.status) else { throw TollgateError(response) }
    do { return try ObjectReader(try parseJSON(response.body)) } catch {
      throw .unreadableAnswer(reason: "The answer is not one of Tollgate's: \(error)")
    }
  }

  private func request(for call: Call, elapsedSeconds: Double) -> FetchRequest {
    let base = configuration.url.hasSuffix("/") ? String(configuration.url.dropLast()) : configuration.url
    // No longer than is left; where there is no time for another attempt, the only one has its own.
    let deadline = configuration.retries.deadlineSeconds
    let left = deadline > 0 ? max(deadline - elapsedSeconds, 0.1) : configuration.requestSeconds
    let seconds = min(configuration.requestSeconds, left)
    var request = FetchRequest(
      url: base + call.path,
      limits: FetchLimits(connectSeconds: seconds, totalSeconds: seconds, bodyByteCount: 4_194_304))
    request.method = call.method
    request.headers = [("Authorization", "Bearer \(configuration.credential)")]
    if call.method == .post { request.headers.append(("Content-Type", "application/json")) }
    if let key = call.idempotencyKey { request.headers.append(("Idempotency-Key", key)) }
    request.body = call.body
    request.certificateFile = configuration.certificateFile
    request.connections = connections
    // libcurl takes other spellings for http, too: `host/path`, `http:/host`.
    request.allowsPlainHTTP = base.lowercased().hasPrefix("http://")
    if request.allowsPlainHTTP, !configuration.allowsPlainHTTPElsewhere {
      request.mayConnect = { $0.isLoopback }
    }
    return request
  }

  var organization: (name: String, value: JSONValue?) {
    ("organizationId", configuration.organizationID.map { .string($0.description) })
  }

  var user: (name: String, value: JSONValue?) {
    ("userId", configuration.userID.map { .string($0.description) })
  }
}

extension TollgateError {
  fileprivate init(_ error: FetchError) {
    switch error {
    case .unknownHost, .notConnected, .tooSlow: self = .notReached(reason: error.description)
    case .invalidRequest, .untrusted: self = .invalidRequest(reason: error.description)
    case .addressRefused: self = .invalidRequest(reason: "http:// is for this machine; elsewhere https:// is needed.")
    case .tooLong, .failed: self = .unreadableAnswer(reason: error.description)
    }
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
