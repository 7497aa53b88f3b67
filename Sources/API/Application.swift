public import Accounts
public import HTTP
public import Log
public import Settlement
import Tokens
public import Vault

/// Tollgate's HTTP interface: which route answers what, and how everything else is refused.
public struct Application: Sendable {
  public let router: Router
  /// Makes `/readyz` answer 503, so that load balancers send no new work.
  public let isDraining = DrainingFlag()
  private let log: Logger

  /// - Parameters:
  ///   - settlement: spends.
  ///   - accounts: reads.
  ///   - verifier: decides which tokens are valid.
  ///   - schemaVersion: what the database must be at for `/readyz` to answer 200.
  ///   - vault: keeps credentials; nil: there are no keys to seal them with.
  ///   - rates: how often a caller and an organization may ask.
  ///   - clock: for tokens' expiry and new ids.
  ///   - log: gets one line a request, and what went wrong.
  public init(
    settlement: Settlement, accounts: Accounts, verifier: TokenVerifier, schemaVersion: Int,
    vault: Vault? = nil, rates: RequestRates = RequestRates(), clock: WallClock = .system, log: Logger
  ) {
    self.log = log
    let directory = MembershipDirectory(accounts: accounts)
    let keys = APIKeys(accounts: accounts, log: log)
    let context = RouteContext(
      settlement: settlement, accounts: accounts,
      admission: Admission(
        authenticator: CallerAuthenticator(verifier: verifier, clock: clock, keys: keys), directory: directory,
        rates: rates),
      directory: directory, clock: clock, log: log)
    var gated = GatedRoutes(context)
    gated.addSpending()
    gated.addMovements()
    gated.addAdministration()
    gated.addKeys(keys, PageCursors(verifier))
    gated.addActions()
    gated.addCredentials(vault)
    gated.addLedger(PageCursors(verifier))

    let operations = OperationRoutes(
      context: context, verifier: verifier, isDraining: isDraining, schemaVersion: schemaVersion)
    var router = gated.router
    router.add("GET", "/livez", handler: operations.live)
    router.add("GET", "/readyz", handler: operations.ready)
    router.add("GET", "/openapi.json", handler: operations.describe)
    self.router = router
  }

  /// Completes a server's configuration: the form of refusals, and a log line for each finished request.
  ///
  /// - Parameter configuration: where to listen, and limits.
  /// - Returns: the configuration to start a server with.
  public func configure(_ configuration: ServerConfiguration) -> ServerConfiguration {
    var configuration = configuration
    configuration.refusalResponse = { refusal, requestID in
      Problem(refusal).response(requestID: requestID, errorMember: .code)
    }
    let log = log
    guard log.level <= .debug else { return configuration }
    configuration.observe = { request in
      log.debug(
        "request",
        [
          "requestId": .string(request.id), "method": .string(request.method), "path": .string(request.path),
          "status": .integer(request.status), "microseconds": .integer(Int(request.durationMicroseconds)),
          "remoteAddress": .string(request.remoteAddress),
        ])
    }
    return configuration
  }
}
