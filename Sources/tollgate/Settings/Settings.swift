import API
import Fetching
import HTTP
import Log
import Network
import Notifications
import Vault

/// What the environment says, read once.
struct Settings {
  /// What the server serves with; nil: libpq's own `PG*` variables.
  var databaseURL: String?
  /// What migrates; an administrator's.
  var databaseDirectURL: String?
  var listenHost: String
  var listenPort: UInt16
  var tokenSecret: String?
  /// Where the key set of RS256 and ES256 is.
  var tokenKeyOrigin: KeyOrigin?
  var tokenIssuer: String?
  var tokenAudience: String?
  /// A file with certificates, in PEM, that are trusted instead of the system's.
  var certificateFile: String?
  /// What credentials are sealed with; nil: there is no vault.
  var vaultKeys: VaultKeys?
  /// What Stripe signs its events with; nil: this server takes none.
  var stripeSecrets: StripeSecrets?
  /// Ranges that providers may have their addresses in although they are not public.
  var egressAllowed: [String]
  /// Takes alerts by email; nil: none are sent.
  var mailRelay: MailRelay?
  /// Connections that settle.
  var laneCount: Int
  /// Requests that may wait for each of them. Half are for one organization: enough for a whole batch request.
  var queueLimit: Int
  /// Open connections, in all and of one address.
  var maximumConnections: Int
  var maximumConnectionsPerAddress: Int
  /// The reverse proxies that `X-Forwarded-For` is believed from.
  var trustedProxies: [String]
  /// The origins whose pages may read answers.
  var crossOrigins: [String]
  var rates: RequestRates
  /// The longest that a stopping server waits for answers.
  var shutdownSeconds: Int
  var logLevel: LogLevel
  var logFormat: LogFormat

  var logger: Logger { Logger(level: logLevel, format: logFormat) }

  /// Where to listen, and whom to put up with.
  var serverConfiguration: ServerConfiguration {
    var configuration = ServerConfiguration(host: listenHost, port: listenPort)
    configuration.maximumConnections = maximumConnections
    configuration.maximumConnectionsPerAddress = maximumConnectionsPerAddress
    configuration.trustedProxies = TrustedProxies(trustedProxies.compactMap { AddressRange($0) })
    configuration.crossOrigin = crossOrigins.isEmpty ? nil : CrossOrigin(tollgateOrigins: crossOrigins)
    // Each lane is four connections to PostgreSQL; some more look, listen, sweep and wait for their end.
    configuration.descriptorsForOthers += 4 * laneCount
    return configuration
  }

  /// Where providers may be.
  var egress: Egress { Egress(allowing: egressAllowed.compactMap { AddressRange($0) }) }

  /// The connection string of the server's login.
  var servingDatabase: String { databaseURL ?? "" }
  /// The connection string of an administrator.
  var migratingDatabase: String { databaseDirectURL ?? databaseURL ?? "" }
}

/// Every setting that was wrong, in one error.
struct SettingsError: Error, CustomStringConvertible {
  let problems: [String]
  var description: String { problems.joined(separator: "; ") }
}
