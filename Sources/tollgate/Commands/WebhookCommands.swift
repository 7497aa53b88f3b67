import API
import Accounts
import JSON
import Notifications
import Postgres
import Tokens
import Vault

/// `tollgate webhook …`
enum WebhookCommand {
  static let create = Command(
    name: ["webhook", "create"], summary: "Have events sent to a URL.",
    help: """
      usage: tollgate webhook create (--organization ID | --all) --url URL [--event TYPE …] [--json]

      Prints the secret that deliveries are signed with. It is shown this once: it is kept sealed. Without --event all
      types of events are sent. With --all those of every organization are.
      Environment: TOLLGATE_VAULT_KEYS, DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(
      arguments, options: ["--organization", "--url"], repeated: ["--event"], flags: ["--all", "--json"])
    let owner = try arguments.webhookOwner()
    let url = try arguments.required("--url")
    let events = arguments.all("--event")
    guard events.allSatisfy({ EventType(rawValue: $0) != nil }) else {
      throw UsageError("--event is one of \(EventType.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let sealer = try sealer()
    let id = WebhookID(bits: newID)
    let made = try WebhookSecret.make()
    let sealed = try sealer.seal(made.secret, as: SealedSubject(.webhookSecret, of: owner, at: .webhook(id)))
    let webhook = try administering { connection in
      try Administration.createWebhook(id, of: owner, url: url, events: events, secret: sealed, on: &connection)
    }
    show(made.text, webhook, arguments)
  }

  static let list = Command(
    name: ["webhook", "list"], summary: "List webhooks, and whether they fail.",
    help: """
      usage: tollgate webhook list [--organization ID] [--json]

      A line for each webhook, newest first: its id, whose events it gets, whether it is active and failing, its URL and
      the types of its events. With --json each is an object.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--organization"], flags: ["--json"])
    let owner = arguments["--organization"] == nil ? nil : try arguments.organization()
    try looking { connection in
      var last: WebhookID?
      repeat {
        let page = try Administration.webhooks(of: owner, before: last, limit: pageLimit, on: &connection)
        for webhook in page {
          if arguments.has("--json") { Terminal.outputObject(webhook.write) } else { Terminal.output(webhook.line) }
        }
        last = page.count < pageLimit ? nil : page.last?.id
      } while last != nil
    }
  }

  static let delete = Command(
    name: ["webhook", "delete"], summary: "Have no more events sent to a URL.",
    help: """
      usage: tollgate webhook delete ID

      Its deliveries go with it.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let id = try Arguments(arguments, wordCount: 1).webhook()
    try administering { try Administration.delete(id, on: &$0) }
    Terminal.output("\(id)")
  }

  static let test = Command(
    name: ["webhook", "test"], summary: "Send an event webhook.test to a URL.",
    help: """
      usage: tollgate webhook test ID [--json]

      Prints the delivery's id. A server that runs delivers it.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"], wordCount: 1)
    let id = try arguments.webhook()
    let delivery = try administering { try Administration.test(id, on: &$0) }
    if arguments.has("--json") { Terminal.outputObject(delivery.write) } else { Terminal.output("\(delivery.id)") }
  }

  static let rotate = Command(
    name: ["webhook", "rotate"], summary: "Replace a webhook's secret; the old one signs for a while, too.",
    help: """
      usage: tollgate webhook rotate ID [--grace-seconds SECONDS] [--json]

      Prints the new secret. Deliveries are signed with both for a day, or for SECONDS, at most 2592000 (30 days).
      Environment: TOLLGATE_VAULT_KEYS, DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--grace-seconds"], flags: ["--json"], wordCount: 1)
    let id = try arguments.webhook()
    guard let graceSeconds = Int64(arguments["--grace-seconds"] ?? "\(Webhook.defaultGraceSeconds)"),
      Webhook.graceRangeSeconds.contains(graceSeconds)
    else { throw UsageError("--grace-seconds is an integer from 0 to \(Webhook.graceRangeSeconds.upperBound)") }
    let sealer = try sealer()
    let made = try WebhookSecret.make()
    let webhook = try administering { connection in
      let owner = try Administration.webhook(id, on: &connection).organizationID
      let sealed = try sealer.seal(made.secret, as: SealedSubject(.webhookSecret, of: owner, at: .webhook(id)))
      return try Administration.rotateSecret(of: id, to: sealed, graceSeconds: graceSeconds, on: &connection)
    }
    show(made.text, webhook, arguments)
  }

  static let replay = Command(
    name: ["webhook", "replay"], summary: "Make deliveries to a URL once more.",
    help: """
      usage: tollgate webhook replay ID (--delivery ID | --dead) [--json]

      Makes one delivery once more, or all that are dead, and prints their ids.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--delivery"], flags: ["--dead", "--json"], wordCount: 1)
    let id = try arguments.webhook()
    guard (arguments["--delivery"] != nil) != arguments.has("--dead") else {
      throw UsageError("give either --delivery ID or --dead")
    }
    let named = try arguments["--delivery"].map { text throws(UsageError) -> DeliveryID in
      guard let id = DeliveryID(text) else { throw UsageError("--delivery is a UUID") }
      return id
    }
    try looking { connection in
      let wanted = try named.map { [$0] } ?? deadDeliveries(of: id, on: &connection)
      for deliveryID in wanted {
        let delivery = try Administration.replay(deliveryID, of: id, on: &connection)
        if arguments.has("--json") { Terminal.outputObject(delivery.write) } else { Terminal.output("\(delivery.id)") }
      }
    }
  }

  /// Rows that are read at once.
  private static let pageLimit = 500

  private static func deadDeliveries(of id: WebhookID, on connection: inout Connection) throws -> [DeliveryID] {
    var found: [DeliveryID] = []
    while true {
      let page = try Administration.deliveries(
        of: id, status: .dead, before: found.last, limit: pageLimit, on: &connection)
      found += page.map(\.id)
      if page.count < pageLimit { return found }
    }
  }

  private static func sealer() throws -> Sealer {
    guard let keys = try SettingsReader.read().vaultKeys else {
      throw CommandFailure("TOLLGATE_VAULT_KEYS is not set; a webhook's secret is kept sealed")
    }
    return Sealer(keys)
  }

  private static var newID: UInt128 {
    TransactionID.timeOrdered(milliseconds: UInt64(clamping: WallClock.system.milliseconds)).bits
  }

  /// The secret alone, for `SECRET=$(tollgate webhook create …)`, or with all that there is to know.
  private static func show(_ secret: String, _ webhook: Webhook, _ arguments: Arguments) {
    guard arguments.has("--json") else { return Terminal.output(secret) }
    Terminal.outputObject { writer in
      writer.member("secret", secret)
      webhook.write(to: &writer)
    }
  }
}

extension Arguments {
  /// `--organization`, or nil for `--all`.
  fileprivate func webhookOwner() throws(UsageError) -> OrganizationID? {
    guard has("--all") != (self["--organization"] != nil) else {
      throw UsageError("give either --organization ID or --all")
    }
    return has("--all") ? nil : try organization()
  }

  /// The webhook that the only word names.
  fileprivate func webhook() throws(UsageError) -> WebhookID {
    guard let word = words.first else { throw UsageError("the webhook's id is missing") }
    guard let id = WebhookID(word) else { throw UsageError("that is no webhook's id: it is a UUID") }
    return id
  }
}

extension Webhook {
  /// For people.
  fileprivate var line: String {
    """
    \(id) \(organizationID.map(\.description) ?? "all") \(isActive ? "active" : "inactive")\
    \(failingSinceMicroseconds == nil ? "" : ", failing since \(Timestamp.text(failingSinceMicroseconds))") \
    \(Terminal.quoted(url)) \(events.isEmpty ? "all events" : events.joined(separator: "+"))
    """
  }
}
