import API
import JSON
import Log
import Notifications
import Schema
import Tokens

/// `tollgate config`: what the environment amounts to.
enum ConfigurationCommand {
  static let command = Command(
    name: ["config"], summary: "Show the settings that are in force, without secrets.",
    help: """
      usage: tollgate config [--json]

      Reads the environment as `tollgate serve` does. Of a secret it says only whether it is set.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"])
    let entries = describe(try SettingsReader.read())
    if arguments.has("--json") {
      Terminal.outputObject { writer in
        for entry in entries {
          writer.name(entry.name)
          writer.string(entry.value)
        }
      }
    } else {
      for entry in entries { Terminal.output("\(entry.name)=\(entry.value)") }
    }
  }

  private static func describe(_ settings: Settings) -> [(name: String, value: String)] {
    func secret(_ value: String?) -> String { value == nil ? "(not set)" : "(set)" }
    func list(_ values: [String]) -> String { values.isEmpty ? "(none)" : values.joined(separator: ", ") }
    func rate(_ value: RequestRate?) -> String { value?.description ?? "off" }
    return [
      ("DATABASE_URL", secret(settings.databaseURL)),
      ("DATABASE_DIRECT_URL", secret(settings.databaseDirectURL)),
      ("TOLLGATE_LISTEN", "\(ListenAddress(host: settings.listenHost, port: settings.listenPort))"),
      ("TOLLGATE_JWT_SECRET", secret(settings.tokenSecret)),
      ("TOLLGATE_JWT_JWKS", settings.tokenKeyOrigin?.shown ?? "(not set)"),
      ("TOLLGATE_JWT_ISSUER", settings.tokenIssuer ?? "(not set)"),
      ("TOLLGATE_JWT_AUDIENCE", settings.tokenAudience ?? "(not set)"),
      ("TOLLGATE_CA_FILE", settings.certificateFile ?? "(not set)"),
      ("TOLLGATE_VAULT_KEYS", settings.vaultKeys.map { "(set: \($0))" } ?? "(not set)"),
      ("TOLLGATE_STRIPE_WEBHOOK_SECRETS", settings.stripeSecrets.map { "(set: \($0))" } ?? "(not set)"),
      ("TOLLGATE_EGRESS_ALLOW", list(settings.egressAllowed)),
      ("TOLLGATE_SMTP_URL", settings.mailRelay?.url ?? "(not set)"),
      ("TOLLGATE_SMTP_FROM", settings.mailRelay?.sender.text ?? "(not set)"),
      ("TOLLGATE_SMTP_USER", settings.mailRelay?.user ?? "(not set)"),
      ("TOLLGATE_SMTP_PASSWORD", settings.mailRelay?.password == nil ? "(not set)" : "(set)"),
      ("TOLLGATE_LANES", "\(settings.laneCount)"),
      ("TOLLGATE_QUEUE_LIMIT", "\(settings.queueLimit)"),
      ("TOLLGATE_MAX_CONNECTIONS", "\(settings.maximumConnections)"),
      ("TOLLGATE_MAX_CONNECTIONS_PER_ADDRESS", "\(settings.maximumConnectionsPerAddress)"),
      ("TOLLGATE_TRUSTED_PROXIES", list(settings.trustedProxies)),
      ("TOLLGATE_CORS_ORIGINS", list(settings.crossOrigins)),
      ("TOLLGATE_RATE_LIMIT_PER_CALLER", rate(settings.rates.perCaller)),
      ("TOLLGATE_RATE_LIMIT_PER_ORGANIZATION", rate(settings.rates.perOrganization)),
      ("TOLLGATE_SHUTDOWN_SECONDS", "\(settings.shutdownSeconds)"),
      ("LOG_LEVEL", settings.logLevel.rawValue),
      ("LOG_FORMAT", settings.logFormat.rawValue),
    ]
  }
}

/// `tollgate version`
enum VersionCommand {
  /// Semantic versioning; CHANGELOG.md says what each brought.
  static let version = "0.1.0"

  static let command = Command(
    name: ["version"], summary: "Show the version of this binary and of the schema it needs.",
    help: "usage: tollgate version [--json]"
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"])
    if arguments.has("--json") {
      Terminal.outputObject { writer in
        writer.member("version", version)
        writer.member("schemaVersion", EmbeddedSchema.latestVersion)
      }
    } else {
      Terminal.output("tollgate \(version), schema \(EmbeddedSchema.latestVersion)")
    }
  }
}
