import API
import JSON
import Tokens

/// `tollgate token …`
enum TokenCommand {
  static let mint = Command(
    name: ["token", "mint"], summary: "Make a JWT for a user or a service.",
    help: """
      usage: tollgate token mint (--user ID | --service [--name NAME]) [--lifetime-seconds SECONDS] [--json]

      Prints a token signed with TOLLGATE_JWT_SECRET (or the file that TOLLGATE_JWT_SECRET_FILE names), valid for an
      hour unless told otherwise. A service's token may do everything: mind who sees it, and give each operator and each
      program one with a NAME of its own: the audit log has it. NAME has 1 to 255 printable characters.
      """
  ) { arguments in
    let arguments = try Arguments(
      arguments, options: ["--user", "--name", "--lifetime-seconds"], flags: ["--service", "--json"])
    let settings = try SettingsReader.read()
    guard let secret = settings.tokenSecret else {
      throw CommandFailure("TOLLGATE_JWT_SECRET is not set; set it to the server's, or TOLLGATE_JWT_SECRET_FILE")
    }
    let userID = arguments["--user"].flatMap(UserID.init)
    guard (arguments["--user"] == nil) == arguments.has("--service") else {
      throw UsageError("give either --user ID or --service")
    }
    guard arguments["--user"] == nil || userID != nil else { throw UsageError("--user is not a UUID") }
    let serviceName = arguments["--name"].flatMap(ServiceName.init)
    guard arguments["--name"] == nil || arguments.has("--service") else { throw UsageError("--name is of a service") }
    guard arguments["--name"] == nil || serviceName != nil else {
      throw UsageError("--name has 1 to 255 printable characters")
    }
    guard let lifetimeSeconds = Int64(arguments["--lifetime-seconds"] ?? "3600"),
      (1...TokenMinter.maximumLifetimeSeconds).contains(lifetimeSeconds)
    else { throw UsageError("--lifetime-seconds is an integer from 1 to \(TokenMinter.maximumLifetimeSeconds)") }
    let mint = try TokenMint(secret: secret, issuer: settings.tokenIssuer, audience: settings.tokenAudience)
    let token =
      try userID.map { try mint.token(for: $0, lifetimeSeconds: lifetimeSeconds) }
      ?? mint.token(ofServiceNamed: serviceName, lifetimeSeconds: lifetimeSeconds)
    if arguments.has("--json") {
      Terminal.outputObject { $0.member("token", token) }
    } else {
      Terminal.output(token)
    }
  }
}

/// Makes the tokens that this deployment accepts.
struct TokenMint {
  private let minter: TokenMinter
  private let issuer: String?
  private let audience: String?

  init(secret: String, issuer: String?, audience: String?) throws {
    minter = try TokenMinter(secret: Array(secret.utf8))
    self.issuer = issuer
    self.audience = audience
  }

  /// A user's token.
  func token(for userID: UserID, lifetimeSeconds: Int64) throws -> String {
    try mint(subject: userID.description, role: "authenticated", lifetimeSeconds)
  }

  /// A service's token, with a name or without one.
  func token(ofServiceNamed name: ServiceName?, lifetimeSeconds: Int64) throws -> String {
    try mint(subject: name?.text, role: "service_role", lifetimeSeconds)
  }

  private func mint(subject: String?, role: String, _ lifetimeSeconds: Int64) throws -> String {
    try minter.mint(
      subject: subject, role: role, lifetimeSeconds: lifetimeSeconds, nowSeconds: WallClock.system.seconds,
      issuer: issuer, audience: audience)
  }
}
