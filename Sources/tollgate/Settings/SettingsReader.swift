import API
import Foundation
import HTTP
import Log
import Network
import Vault

/// Reads settings from the environment, and collects what is wrong with them instead of stopping at the first.
///
/// Problems name settings and never their values, which may be secrets.
struct SettingsReader {
  private let environment: [String: String]
  private(set) var problems: [String] = []

  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.environment = environment
  }

  static func read(environment: [String: String] = ProcessInfo.processInfo.environment) throws(SettingsError)
    -> Settings
  {
    var reader = SettingsReader(environment: environment)
    return try reader.settings()
  }

  private mutating func settings() throws(SettingsError) -> Settings {
    let address = address("TOLLGATE_LISTEN", default: ListenAddress(host: "127.0.0.1", port: 8080))
    let certificateFile = readableFile("TOLLGATE_CA_FILE")
    let settings = Settings(
      databaseURL: secret("DATABASE_URL"),
      databaseDirectURL: secret("DATABASE_DIRECT_URL"),
      listenHost: address.host,
      listenPort: address.port,
      tokenSecret: tokenSecret(),
      tokenKeyOrigin: tokenKeyOrigin(certificateFile),
      tokenIssuer: text("TOLLGATE_JWT_ISSUER"),
      tokenAudience: text("TOLLGATE_JWT_AUDIENCE"),
      certificateFile: certificateFile,
      vaultKeys: vaultKeys(),
      stripeSecrets: stripeSecrets(),
      egressAllowed: list("TOLLGATE_EGRESS_ALLOW", of: "addresses and ranges, as 10.0.0.0/8, 2001:db8::1") {
        AddressRange($0) != nil
      },
      mailRelay: mailRelay(),
      laneCount: integer("TOLLGATE_LANES", in: 1...64, default: 2),
      queueLimit: integer("TOLLGATE_QUEUE_LIMIT", in: 2_000...1_000_000, default: 10_000),
      maximumConnections: integer("TOLLGATE_MAX_CONNECTIONS", in: 16...1_000_000, default: 12_000),
      maximumConnectionsPerAddress: integer(
        "TOLLGATE_MAX_CONNECTIONS_PER_ADDRESS", in: 1...1_000_000, default: 2_000),
      trustedProxies: list(
        "TOLLGATE_TRUSTED_PROXIES", of: "addresses and ranges, as 10.0.0.0/8, 2001:db8::1"
      ) { AddressRange($0) != nil },
      crossOrigins: list("TOLLGATE_CORS_ORIGINS", of: "origins, as https://app.example.com") {
        CrossOrigin(tollgateOrigins: [$0]) != nil
      },
      rates: RequestRates(
        perCaller: rate("TOLLGATE_RATE_LIMIT_PER_CALLER"),
        perOrganization: rate("TOLLGATE_RATE_LIMIT_PER_ORGANIZATION")),
      shutdownSeconds: integer("TOLLGATE_SHUTDOWN_SECONDS", in: 1...3600, default: 30),
      logLevel: choice("LOG_LEVEL", default: .info),
      logFormat: choice("LOG_FORMAT", default: .json))
    guard problems.isEmpty else { throw SettingsError(problems: problems) }
    return settings
  }

  /// A setting that is empty is not set.
  func text(_ name: String) -> String? {
    environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The setting itself, or the first line of the file that `…_FILE` names.
  mutating func secret(_ name: String) -> String? {
    guard let path = text(name + "_FILE") else { return text(name) }
    guard text(name) == nil else {
      problems.append("\(name) and \(name)_FILE are both set; unset one")
      return nil
    }
    guard let content = try? String(contentsOfFile: path, encoding: .utf8) else {
      problems.append("\(name)_FILE names a file that cannot be read")
      return nil
    }
    let line = content.split(maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: \.isNewline).first ?? ""
    guard !line.isEmpty else {
      problems.append("\(name)_FILE names an empty file")
      return nil
    }
    return String(line)
  }

  private mutating func tokenSecret() -> String? {
    guard let secret = secret("TOLLGATE_JWT_SECRET") else { return nil }
    guard secret.utf8.count >= HS256Key.minimumSecretByteCount else {
      problems.append("TOLLGATE_JWT_SECRET is shorter than \(HS256Key.minimumSecretByteCount) bytes")
      return nil
    }
    return secret
  }

  private mutating func vaultKeys() -> VaultKeys? {
    guard let setting = secret("TOLLGATE_VAULT_KEYS") else { return nil }
    guard let keys = VaultKeys(setting) else {
      problems.append(
        "TOLLGATE_VAULT_KEYS is not a list of id:key, each key 32 bytes in Base64, each id and key once; "
          + "make one with: echo \"1:$(openssl rand -base64 32)\"")
      return nil
    }
    return keys
  }

  private mutating func stripeSecrets() -> StripeSecrets? {
    guard let setting = secret("TOLLGATE_STRIPE_WEBHOOK_SECRETS") else { return nil }
    guard let secrets = StripeSecrets(setting) else {
      problems.append(
        "TOLLGATE_STRIPE_WEBHOOK_SECRETS is not a list of signing secrets, as whsec_… or test:whsec_…, each once")
      return nil
    }
    return secrets
  }

  private mutating func tokenKeyOrigin(_ certificateFile: String?) -> KeyOrigin? {
    guard let setting = text("TOLLGATE_JWT_JWKS") else { return nil }
    guard let origin = KeyOrigin(setting, certificateFile: certificateFile) else {
      problems.append("TOLLGATE_JWT_JWKS is neither the path of a file nor an https URL without a user name")
      return nil
    }
    return origin
  }

  private mutating func readableFile(_ name: String) -> String? {
    guard let path = text(name) else { return nil }
    guard FileManager.default.isReadableFile(atPath: path) else {
      problems.append("\(name) names a file that cannot be read")
      return nil
    }
    return path
  }

  /// Notes what is wrong, without its value.
  mutating func complain(_ problem: String) { problems.append(problem) }

  private mutating func integer(_ name: String, in range: ClosedRange<Int>, default value: Int) -> Int {
    guard let text = text(name) else { return value }
    guard let number = Int(text), range.contains(number) else {
      problems.append("\(name) is not an integer between \(range.lowerBound) and \(range.upperBound)")
      return value
    }
    return number
  }

  private mutating func address(_ name: String, default value: ListenAddress) -> ListenAddress {
    guard let text = text(name) else { return value }
    guard let address = ListenAddress(text) else {
      problems.append("\(name) is not an address and port, as 127.0.0.1:8080")
      return value
    }
    return address
  }

  /// What is separated by commas, spaces or both.
  private mutating func list(_ name: String, of elements: String, _ isElement: (String) -> Bool) -> [String] {
    let texts = (text(name) ?? "").split { $0 == "," || $0 == " " }.map(String.init)
    if !texts.allSatisfy(isElement) { problems.append("\(name) is not a list of \(elements)") }
    return texts
  }

  private mutating func rate(_ name: String) -> RequestRate? {
    guard let text = text(name), text != "off" else { return nil }
    guard let rate = RequestRate(text) else {
      problems.append("\(name) is not a rate, as 500/s burst 1000, nor off")
      return nil
    }
    return rate
  }

  private mutating func choice<Choice>(_ name: String, default value: Choice) -> Choice
  where Choice: RawRepresentable<String> & CaseIterable {
    guard let text = text(name) else { return value }
    guard let choice = Choice(rawValue: text) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      problems.append("\(name) is not one of \(names)")
      return value
    }
    return choice
  }
}
