public import API
import Accounts
import Decisions
import Fetching
public import HTTP
import Log
import Network
public import Postgres
import Schema
import Settlement
public import Vault

/// The HTTP API in this process, on a free port of the loopback address, against a real database.
public final class TestServer: Sendable {
  public let application: Application
  /// Makes the tokens that this server accepts, and others.
  public let tokens: TestTokens
  /// What the server logged, at every level.
  public let log = RecordedLines()
  private let settlement: Settlement
  private let accounts: Accounts
  private let decisions: Decisions
  private let vault: Vault?
  private let server: Server

  /// Starts a server at a migrated database.
  ///
  /// - Parameters:
  ///   - settings: of the server's login at a migrated database.
  ///   - tokens: made with the secret that the server has; nil: with one of its own.
  ///   - keys: what tokens are verified with: that secret, unless more is made of it.
  ///   - vaultKeys: what credentials are sealed with; nil: there is no vault.
  ///   - stripeSecrets: what Stripe signs with, as the setting has it; nil: nothing.
  ///   - egress: ranges that providers may be in; the loopback address unless told otherwise.
  ///   - timing: how long the vault waits.
  ///   - rates: how often a caller and an organization may ask.
  ///   - configure: changes what the server puts up with.
  /// - Throws: what making keys or listening throws.
  public init(
    _ settings: ConnectionSettings, tokens: TestTokens? = nil,
    keys: (VerificationKey) throws -> KeySource = { KeySource([$0]) },
    vaultKeys: String? = TestVault.keys, stripeSecrets: String? = TestStripe.setting, egress: [String] = ["127.0.0.1"],
    timing: VaultTiming = VaultTiming(),
    rates: RequestRates = RequestRates(), configure: (inout ServerConfiguration) -> Void = { _ in }
  ) throws {
    let tokens = try tokens ?? TestTokens()
    self.tokens = tokens
    let log = log
    let logger = Logger(level: .debug, format: .json) { log.append($0) }
    settlement = Settlement(settings: settings, laneCount: 2, queueLimit: 10_000)
    accounts = Accounts(settings: settings)
    vault = try vaultKeys.flatMap(VaultKeys.init).map { [accounts] keys in
      Vault(
        keys: keys, accounts: accounts, egress: Egress(allowing: egress.compactMap { AddressRange($0) }),
        certificateFile: try OAuthServer.certificate.get().authorityFile, timing: timing, log: logger)
    }
    decisions = Decisions(settings: settings)
    application = Application(
      settlement: settlement, accounts: accounts, decisions: decisions, verifier: try tokens.verifier(with: keys),
      schemaVersion: EmbeddedSchema.latestVersion, vault: vault,
      stripeSecrets: stripeSecrets.flatMap(StripeSecrets.init), rates: rates, log: logger)
    var configuration = ServerConfiguration(port: 0)
    configure(&configuration)
    server = try Server(application.configure(configuration), router: application.router)
    try server.start()
  }

  public var port: UInt16 { server.port }

  /// Answers what was accepted, then ends. Blocks.
  public func stop() {
    application.beginDraining()
    server.stop(deadlineSeconds: 20)
    vault?.shutDown()
    settlement.shutDown()
    accounts.shutDown()
    decisions.shutDown()
  }
}
