import Accounts
import Crypto
import Fetching
import Foundation
import Log
import Network
import Postgres
import Testbed
import Testing
import Tokens
import Vault

@testable import Notifications

/// A database with an organization, and servers that deliver what happens in it.
struct Office: ~Copyable {
  let database: TestDatabase
  let organizationID: OrganizationID
  let log = RecordedLines()
  var administrator: Connection
  private let sealer: Sealer
  private var running: [(notifier: Notifier, accounts: Accounts)] = []

  /// Lends one on a thread that may block, and looks for violations at the end.
  static func with(_ body: @escaping @Sendable (inout Office) throws -> Void) async throws {
    try await TestDatabase.withMigrated { database in
      var office = try Office(database)
      do { try body(&office) } catch {
        office.close()
        throw error
      }
      office.close()
      #expect(try database.violations() == [])
    }
  }

  private init(_ database: TestDatabase) throws {
    var administrator = try database.connect()
    let organizationID = try Administration.createOrganization(
      name: "Ünïcode & Söhne", plan: "pro", on: &administrator)
    let keys = try #require(VaultKeys(TestVault.keys))
    self.database = database
    self.organizationID = organizationID
    self.administrator = administrator
    sealer = Sealer(keys)
  }

  /// Quick, and with few tries.
  static var timing: NotifierTiming {
    var timing = NotifierTiming()
    timing.roundSeconds = 0.05
    timing.receiverSeconds = 3
    timing.relaySeconds = 5
    timing.retries.delaysSeconds = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
    return timing
  }

  /// Lets a server begin to deliver.
  @discardableResult
  mutating func open(
    allowing egress: [String] = ["127.0.0.1"], relay: MailRelay? = nil, certificateFile: String? = nil,
    timing: NotifierTiming = Office.timing
  ) throws -> Notifier {
    let log = log
    let accounts = Accounts(settings: try database.serverSettings())
    let notifier = Notifier(
      accounts: accounts, sealer: sealer, egress: Egress(allowing: egress.compactMap { AddressRange($0) }),
      certificateFile: try certificateFile ?? Receiver.certificate.get().authorityFile, relay: relay, timing: timing,
      log: Logger(level: .debug, format: .json) { log.append($0) })
    running.append((notifier, accounts))
    notifier.start()
    return notifier
  }

  mutating func close() {
    for (notifier, accounts) in running {
      notifier.stop()
      accounts.shutDown()
    }
    running = []
  }

  /// Makes a webhook, of the organization unless it is for all.
  ///
  /// - Returns: its id and its secret as the receiver has it.
  mutating func webhook(
    _ url: String, events: [String] = [], isForAll: Bool = false, of owner: OrganizationID? = nil
  ) throws -> (id: WebhookID, secret: String) {
    let owner = isForAll ? nil : owner ?? organizationID
    let id = WebhookID(bits: TransactionID.timeOrdered(milliseconds: UInt64(Date().timeIntervalSince1970 * 1000)).bits)
    let made = try WebhookSecret.make()
    let sealed = try sealer.seal(made.secret, as: SealedSubject(.webhookSecret, of: owner, at: .webhook(id)))
    _ = try Administration.createWebhook(id, of: owner, url: url, events: events, secret: sealed, on: &administrator)
    return (id, made.text)
  }

  /// Gives a webhook another secret.
  mutating func rotate(_ id: WebhookID, graceSeconds: Int64) throws -> String {
    let made = try WebhookSecret.make()
    let sealed = try sealer.seal(made.secret, as: SealedSubject(.webhookSecret, of: organizationID, at: .webhook(id)))
    _ = try Administration.rotateSecret(of: id, to: sealed, graceSeconds: graceSeconds, on: &administrator)
    return made.text
  }

  /// Something happens to the organization, or another: `organization.suspended` and `organization.resumed`.
  mutating func happen(_ times: Int = 1, to owner: OrganizationID? = nil) throws {
    for _ in 0..<times {
      for function in ["suspend_organization($1::uuid, 'a')", "resume_organization($1::uuid)"] {
        _ = try administrator.query(
          Statement("SELECT tollgate.\(function)"), [.text((owner ?? organizationID).description)])
      }
    }
  }

  /// The next change of an alert is told at once, and not a minute behind the last one.
  mutating func forgetWhenAlertsWereTold() throws {
    try administrator.script("UPDATE tollgate.alert_states SET told_at = told_at - interval '1 minute'")
  }

  /// Deliveries, newest first.
  mutating func deliveries(to id: WebhookID) throws -> [Delivery] {
    try Administration.deliveries(of: id, status: nil, before: nil, limit: 500, on: &administrator)
  }

  /// Whether there are so many deliveries, and each is like that.
  mutating func are(_ count: Int, of id: WebhookID, _ isSo: (Delivery) -> Bool) throws -> Bool {
    let found = try deliveries(to: id)
    return found.count == count && found.allSatisfy(isSo)
  }

  /// The first value of a query's first row.
  mutating func text(_ sql: String) throws -> String? {
    try administrator.query(Statement(sql)).optionalString(0, 0)
  }
}
