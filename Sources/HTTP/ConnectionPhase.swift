/// What a connection is doing, for the clock to judge.
enum ConnectionPhase: Equatable {
  /// Between requests, or before the first.
  case idle(since: Instant)
  /// A request has begun and its header block is not complete.
  case header(since: Instant)
  case body(since: Instant, receivedBytes: Int)
  /// The request is with the application, which may take its time.
  case application
  case response(since: Instant)
}

/// How long each phase may last: a pure rule, performed by the event loop.
struct Deadlines {
  enum Verdict: Equatable {
    case keep
    case close
    /// Tell the client 408, then close: it has sent part of a request.
    case refuse
  }

  var headerTimeoutSeconds: Double
  var bodyBytesPerSecondMinimum: Int
  var writeTimeoutSeconds: Double
  var idleTimeoutSeconds: Double
  /// The idle timeout where there is hardly room for new connections.
  static let crowdedIdleSeconds = 1.0

  init(_ configuration: ServerConfiguration) {
    headerTimeoutSeconds = configuration.headerTimeoutSeconds
    bodyBytesPerSecondMinimum = configuration.bodyBytesPerSecondMinimum
    writeTimeoutSeconds = configuration.writeTimeoutSeconds
    idleTimeoutSeconds = configuration.idleTimeoutSeconds
  }

  /// What becomes of a connection. Where it is crowded there is hardly room for new ones, so that those that do nothing
  /// have to go.
  func verdict(_ phase: ConnectionPhase, isCrowded: Bool = false, now: Instant) -> Verdict {
    switch phase {
    case .idle(let since):
      let allowed = isCrowded ? min(idleTimeoutSeconds, Self.crowdedIdleSeconds) : idleTimeoutSeconds
      return now.seconds(since: since) > allowed ? .close : .keep
    case .header(let since):
      return now.seconds(since: since) > headerTimeoutSeconds ? .refuse : .keep
    case .body(let since, let receivedBytes):
      // The header's time is the body's head start, so that a short body is not judged by its first packet.
      let earned = Double(receivedBytes) / Double(max(bodyBytesPerSecondMinimum, 1))
      return now.seconds(since: since) > headerTimeoutSeconds + earned ? .refuse : .keep
    case .application:
      return .keep
    case .response(let since):
      return now.seconds(since: since) > writeTimeoutSeconds ? .close : .keep
    }
  }

  /// How often to look: often enough that nothing lasts much more than a quarter longer than it may.
  var sweepSeconds: Double {
    let shortest = min(headerTimeoutSeconds, writeTimeoutSeconds, idleTimeoutSeconds)
    return min(max(shortest / 4, 0.01), 1)
  }
}
