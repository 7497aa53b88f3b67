import Tokens

/// Decides whether a provider is asked: a state machine without threads or clocks. Times are seconds of whatever steady
/// clock its owner has.
///
/// After some failures in a row nobody asks for a while; then one request tries, and its outcome decides for all. Failures
/// for several organizations show that the provider is out of order; those for one alone may come of its tokens, and
/// count once they have gone on for a while. Also not more than so many ask at the same time, so that a slow provider
/// does not take every thread.
struct CircuitBreaker {
  struct Limits: Sendable {
    /// Failures in a row that open it.
    var failures = 5
    /// As many organizations have to be among them.
    var organizations = 2
    /// Unless those of fewer have gone on for so long.
    var loneSeconds = 60.0
    /// How long it stays open, doubled from the first to the last.
    var openSeconds: ClosedRange<Double> = 5...60
    /// Requests at the same time.
    var requests = 16
  }

  enum Decision: Equatable {
    /// Ask, and tell what came of it: `succeeded`, `failed` or `cancelled`.
    case ask
    /// So many ask already that it is somebody else's turn; the provider is in order for all that is known.
    case busy
    /// Do not, for so long.
    case refuse(seconds: Double)
  }

  private let limits: Limits
  private var requestCount = 0
  private var failureCount = 0
  /// For whom it has failed since the last answer, as far as that matters, and since when.
  private var failedFor: Set<OrganizationID> = []
  private var failsSince: Double?
  private var openCount = 0
  private var opensUntil: Double?
  private var isTrying = false

  init(_ limits: Limits = Limits()) { self.limits = limits }

  /// For how long nobody asks, told to who does not want to ask yet; nil: there is no reason not to.
  func refusalSeconds(now: Double) -> Double? {
    guard let opensUntil else { return nil }
    if now < opensUntil { return opensUntil - now }
    return isTrying ? 1 : nil
  }

  /// Somebody wants to ask.
  mutating func admit(now: Double) -> Decision {
    if let seconds = refusalSeconds(now: now) { return .refuse(seconds: seconds) }
    guard requestCount < limits.requests else { return .busy }
    requestCount += 1
    isTrying = opensUntil != nil
    return .ask
  }

  /// The provider has answered, whether or not it gave what was asked for.
  mutating func succeeded() {
    leave()
    failureCount = 0
    failedFor = []
    failsSince = nil
    openCount = 0
    opensUntil = nil
  }

  /// There was no answer, or none that makes sense, to what was asked for an organization.
  mutating func failed(for organizationID: OrganizationID, now: Double) {
    let wasTrying = isTrying
    leave()
    failureCount += 1
    let since = failsSince ?? now
    failsSince = since
    if failedFor.count < limits.organizations { failedFor.insert(organizationID) }
    let isProviders = failedFor.count >= limits.organizations || now - since >= limits.loneSeconds
    // Requests that were under way when it opened do not open it once more.
    guard wasTrying || opensUntil == nil && failureCount >= limits.failures && isProviders else { return }
    let doubled = limits.openSeconds.lowerBound * Double(1 << min(openCount, 16))
    opensUntil = now + min(doubled, limits.openSeconds.upperBound)
    openCount += 1
  }

  /// Nobody was asked after all.
  mutating func cancelled() { leave() }

  private mutating func leave() {
    requestCount -= 1
    isTrying = false
  }
}
