import API
import Accounts
import Crypto
import Decisions
import Dispatch
import Glibc
import HTTP
import Log
import Metrics
import Notifications
import Postgres
import Schema
import Settlement
import Vault

/// The running server: from settings to a listening socket, and down again without losing an answer.
final class Service {
  private let settlement: Settlement
  private let accounts: Accounts
  private let decisions: Decisions
  private let vault: Vault?
  private let application: Application
  private let server: Server
  private let log: Logger
  private let shutdownSeconds: Int
  private let maximumConnections: Int
  private let maintenance: Maintenance
  private let notifier: Notifier
  private let rollUps: RollUps
  private let vaultKeyCheck: VaultKeyCheck?
  private let connection: ConnectionSettings

  /// - Parameters:
  ///   - settings: where to listen, and limits.
  ///   - database: connection string of the server's login.
  ///   - verifier: decides which tokens are valid.
  /// - Throws: `ServerError` for an address that cannot be listened on.
  init(settings: Settings, database: String, verifier: TokenVerifier) throws {
    log = settings.logger
    shutdownSeconds = settings.shutdownSeconds
    maximumConnections = settings.maximumConnections
    var connection = ConnectionSettings(database, applicationName: "tollgate")
    // A server that is frozen, or a network that drops everything, must not hold requests for ever.
    connection.responseTimeoutMilliseconds = 3 * connection.statementTimeoutMilliseconds
    self.connection = connection
    vaultKeyCheck = settings.vaultKeys.map(VaultKeyCheck.init)
    settlement = Settlement(settings: connection, laneCount: settings.laneCount, queueLimit: settings.queueLimit)
    accounts = Accounts(settings: connection, queueLimit: settings.queueLimit)
    if let keys = settings.vaultKeys {
      // Also for what else is secret in here; but a machine's owner who wants cores of a server without a vault gets them.
      if !forbidCoreDumps() { settings.logger.warning("core files cannot be forbidden, and may have secrets in them") }
      vault = Vault(
        keys: keys, accounts: accounts, egress: settings.egress, certificateFile: settings.certificateFile,
        log: settings.logger)
    } else {
      vault = nil
    }
    decisions = Decisions(
      settings: connection, connectionCount: settings.laneCount, queueLimit: settings.queueLimit)
    application = Application(
      settlement: settlement, accounts: accounts, decisions: decisions, verifier: verifier,
      schemaVersion: EmbeddedSchema.latestVersion, vault: vault, stripeSecrets: settings.stripeSecrets,
      rates: settings.rates, log: log)
    // Before the server counts how many connections there may be.
    OpenFiles.raiseLimit()
    let configuration = application.configure(settings.serverConfiguration)
    server = try Server(configuration, router: application.router)
    maintenance = Maintenance(accounts: accounts, log: log)
    notifier = Notifier(
      accounts: accounts, sealer: settings.vaultKeys.map(Sealer.init), egress: settings.egress,
      certificateFile: settings.certificateFile, relay: settings.mailRelay, log: log)
    rollUps = RollUps(
      accounts: accounts,
      busySeconds: { [settlement] in
        settlement.figures().reduce(0) { $0 + Double($1.counts.busyMilliseconds) / 1_000 }
      }, log: log)
    addMetrics()
  }

  private func addMetrics() {
    // The server has the route that has the page.
    application.metrics.add { [weak server] text in
      guard let server else { return }
      text.metric("tollgate_http_connections", .gauge, "Open connections of clients.", server.connectionCount)
      text.metric(
        "tollgate_http_connections_limit", .gauge, "How many there may be.", server.connectionLimit)
      text.metric("tollgate_http_in_flight", .gauge, "Requests that are not answered yet.", server.inFlightCount)
    }
    application.metrics.add { [maintenance] in maintenance.write(to: &$0) }
    application.metrics.add { [notifier] in notifier.write(to: &$0) }
    application.metrics.add { [rollUps] in rollUps.write(to: &$0) }
    application.metrics.add(ProcessMetrics.source())
    application.metrics.add { text in
      text.begin("tollgate_build_info", .gauge, "1, with the version and the schema that it needs.")
      text.sample(
        "tollgate_build_info",
        [("version", VersionCommand.version), ("schema", "\(EmbeddedSchema.latestVersion)")], 1)
    }
  }

  /// Where the server listens, once it has started.
  var port: UInt16 { server.port }

  /// - Throws: `ServerError`, and `VaultKeyCheck.WrongKeys`.
  func start() throws {
    try vaultKeyCheck?.runBeforeServing(connection, log)
    try server.start()
    maintenance.start()
    notifier.start()
    rollUps.start()
    if server.connectionLimit < maximumConnections {
      log.warning(
        "file descriptors allow fewer connections than TOLLGATE_MAX_CONNECTIONS; raise the limit (ulimit -n)",
        ["connections": .integer(server.connectionLimit)])
    }
    log.info("listening", ["port": .integer(Int(server.port))])
  }

  /// Answers what was accepted, then ends.
  ///
  /// Past the deadline clients that still wait are told that the outcome is unknown, and a second later the process
  /// ends with code 1, whatever hangs: an init system would only kill it.
  func stop() {
    log.info("shutting down")
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(shutdownSeconds + 1)) { [log] in
      log.error("the deadline for shutting down has passed; ending at once")
      exit(1)
    }
    application.beginDraining()
    server.beginDraining()
    maintenance.stop()
    // A receiver that hangs must not use up the time that clients have.
    notifier.stop(waitingSeconds: min(3, Double(shutdownSeconds) / 3))
    rollUps.stop()
    server.stop(deadlineSeconds: Double(shutdownSeconds))
    vault?.shutDown()
    settlement.shutDown()
    accounts.shutDown()
    decisions.shutDown()
    log.info("stopped")
  }
}

/// Signals that ask the process to end.
enum StopSignal {
  /// Keeps the signals for `wait`. Before any thread is made, because threads inherit this.
  static func hold() {
    var signals = set
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Blocks until SIGINT or SIGTERM arrives.
  static func wait() {
    var signals = set
    var received: Int32 = 0
    sigwait(&signals, &received)
  }

  private static var set: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    return signals
  }
}

enum OpenFiles {
  /// Each connection is an open file: takes as many as the machine's owner allows.
  static func raiseLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
