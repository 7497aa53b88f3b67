public import Accounts
public import Decisions
public import HTTP
public import Log
public import Metrics
public import Settlement
import Tokens
public import Vault

/// Tollgate's HTTP interface: which route answers what, and how everything else is refused.
public struct Application: Sendable {
  public let router: Router
  /// Makes `/readyz` answer 503, so that load balancers send no new work.
  public let isDraining = DrainingFlag()
  /// What `/metrics` shows.
  public let metrics = MetricsPage()
  private let requests = RequestMetrics()
  private let decisions: Decisions
  private let log: Logger

  /// - Parameters:
  ///   - settlement: spends.
  ///   - accounts: reads.
  ///   - decisions: asks decision caches.
  ///   - verifier: decides which tokens are valid.
  ///   - schemaVersion: what the database must be at for `/readyz` to answer 200.
  ///   - vault: keeps credentials; nil: there are no keys to seal them with.
  ///   - stripeSecrets: verify Stripe's events; nil: this server takes none.
  ///   - rates: how often a caller and an organization may ask.
  ///   - clock: for tokens' expiry and new ids.
  ///   - log: gets one line a request, and what went wrong.
  public init(
    settlement: Settlement, accounts: Accounts, decisions: Decisions, verifier: TokenVerifier, schemaVersion: Int,
    vault: Vault? = nil, stripeSecrets: StripeSecrets? = nil, rates: RequestRates = RequestRates(),
    clock: WallClock = .system, log: Logger
  ) {
    self.decisions = decisions
    self.log = log
    let directory = MembershipDirectory(accounts: accounts)
    let keys = APIKeys(accounts: accounts, log: log)
    let context = RouteContext(
      settlement: settlement, accounts: accounts, decisions: decisions,
      admission: Admission(
        authenticator: CallerAuthenticator(verifier: verifier, clock: clock, keys: keys), directory: directory,
        rates: rates),
      directory: directory, clock: clock, log: log)
    var gated = GatedRoutes(context)
    gated.addSpending()
    gated.addMovements()
    gated.addAdministration(PageCursors(verifier))
    gated.addKeys(keys, PageCursors(verifier))
    gated.addActions()
    gated.addDecisions()
    gated.addCaches(PageCursors(verifier))
    gated.addCredentials(vault)
    gated.addLedger(PageCursors(verifier))
    gated.addAnalytics(PageCursors(verifier))
    gated.addContent(PageCursors(verifier))
    gated.addAlerts(PageCursors(verifier))
    gated.addWebhooks(vault, PageCursors(verifier))
    gated.addPayments(stripeSecrets, clock)
    gated.addCallers()

    let operations = OperationRoutes(
      context: context, verifier: verifier, isDraining: isDraining, schemaVersion: schemaVersion, metrics: metrics)
    var router = gated.router
    router.add("GET", "/livez", handler: operations.live)
    router.add("GET", "/readyz", handler: operations.ready)
    router.add("GET", "/openapi.json", handler: operations.describe)
    router.add("GET", "/metrics", handler: operations.measure)
    gated.addDashboard(to: &router, clock: clock)
    self.router = router
    metrics.add { [requests] in requests.write(to: &$0) }
    metrics.add { settlement.write(to: &$0) }
  }

  /// Says that the server is about to stop: `/readyz` answers 503, and who waits for somebody else's call of a decision
  /// cache is sent away at once instead of keeping the server up.
  public func beginDraining() {
    isDraining.set()
    decisions.endWaiting()
  }

  /// Completes a server's configuration: the form of refusals, and what is made of each finished request.
  ///
  /// - Parameter configuration: where to listen, and limits.
  /// - Returns: the configuration to start a server with.
  public func configure(_ configuration: ServerConfiguration) -> ServerConfiguration {
    var configuration = configuration
    configuration.refusalResponse = { refusal, requestID in
      Problem(refusal).response(requestID: requestID, errorMember: .code)
    }
    configuration.observe = { [requests, log] request in
      requests.count(request)
      if log.level <= .debug { log.debug("request", Self.fields(of: request)) }
    }
    return configuration
  }

  private static func fields(of request: FinishedRequest) -> KeyValuePairs<String, LogValue> {
    [
      "requestId": .string(request.id), "method": .string(request.method), "path": .string(request.path),
      "status": .integer(request.status), "microseconds": .integer(Int(request.durationMicroseconds)),
      "remoteAddress": .string(request.remoteAddress), "traceId": .optional(request.trace?.traceID),
      "parentId": .optional(request.trace?.parentID),
    ]
  }
}
