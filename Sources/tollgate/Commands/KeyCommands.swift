import API
import Accounts
import JSON
import Postgres
import Tokens

/// `tollgate key …`
enum KeyCommand {
  static let create = Command(
    name: ["key", "create"], summary: "Make an API key for an organization or a service.",
    help: """
      usage: tollgate key create (--organization ID | --service) --name NAME --scope SCOPE [--scope SCOPE …]
                                 [--expires TIME] [--json]

      Prints the key. It is shown this once: only a digest is kept. Scopes are read, spend and admin. A service's key is
      for any organization, and with the scope admin it may do everything: mind who sees it. TIME is as in RFC 3339,
      2027-01-31T12:00:00Z; without one the key does not expire. The key's name is for people.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(
      arguments, options: ["--organization", "--name", "--expires"], repeated: ["--scope"],
      flags: ["--service", "--json"])
    let wanted = NewAPIKey(
      organizationID: try arguments.owner(), name: try arguments.name(), scopes: try arguments.scopes(),
      expiresAtMicroseconds: try arguments.expiry())
    let (text, key) = try APIKeyText.make()
    let made = try administering { connection in
      try Administration.create(wanted, id: key.id, digest: key.digest, on: &connection)
    }
    show(text, made, arguments)
  }

  static let list = Command(
    name: ["key", "list"], summary: "List an organization's or the services' API keys.",
    help: """
      usage: tollgate key list (--organization ID | --service) [--json]

      A line for each key, newest first: its id, how it begins, status, scopes, when it ends, when it was last used, and
      its name. With --json each is an object.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--organization"], flags: ["--service", "--json"])
    let owner = try arguments.owner()
    try explaining {
      var connection = try connect()
      var last: APIKeyID?
      repeat {
        let page = try Administration.keys(of: owner, before: last, limit: pageLimit, on: &connection)
        for key in page {
          if arguments.has("--json") { Terminal.outputObject(key.write) } else { Terminal.output(key.line) }
        }
        last = page.count < pageLimit ? nil : page.last?.id
      } while last != nil
    }
  }

  static let revoke = Command(
    name: ["key", "revoke"], summary: "End an API key for good.",
    help: """
      usage: tollgate key revoke ID [--json]

      Servers refuse it within 5 seconds. ID is the key's id, or how the key begins: tg_live_ and 22 characters.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"], wordCount: 1)
    let id = try arguments.key()
    let key = try administering { connection in
      try Administration.revoke(id, on: &connection)
    }
    if arguments.has("--json") { Terminal.outputObject(key.write) } else { Terminal.output(key.line) }
  }

  static let rotate = Command(
    name: ["key", "rotate"], summary: "Replace an API key; the old one works for a while.",
    help: """
      usage: tollgate key rotate ID [--grace-seconds SECONDS] [--json]

      Prints a new key with the same name, scopes and end. The old one stays valid for a day, or for SECONDS, at most
      2592000 (30 days). ID is the key's id, or how the key begins: tg_live_ and 22 characters.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--grace-seconds"], flags: ["--json"], wordCount: 1)
    let id = try arguments.key()
    guard let graceSeconds = Int64(arguments["--grace-seconds"] ?? "\(APIKey.defaultGraceSeconds)"),
      APIKey.graceRangeSeconds.contains(graceSeconds)
    else { throw UsageError("--grace-seconds is an integer from 0 to \(APIKey.graceRangeSeconds.upperBound)") }
    let (text, key) = try APIKeyText.make()
    let rotated = try administering { connection in
      try Administration.rotate(
        id, successorID: key.id, digest: key.digest, graceSeconds: graceSeconds, on: &connection)
    }
    show(text, rotated.successor, arguments)
  }

  /// Keys that are read at once.
  private static let pageLimit = 500

  /// The key alone, for `KEY=$(tollgate key create …)`, or with all that there is to know.
  private static func show(_ text: String, _ key: APIKeyDetails, _ arguments: Arguments) {
    guard arguments.has("--json") else { return Terminal.output(text) }
    Terminal.outputObject { writer in
      writer.member("key", text)
      key.write(to: &writer)
    }
  }
}

extension Arguments {
  /// `--organization`, or nil for `--service`.
  fileprivate func owner() throws(UsageError) -> OrganizationID? {
    guard has("--service") else {
      guard self["--organization"] != nil else { throw UsageError("give either --organization ID or --service") }
      return try organization()
    }
    guard self["--organization"] == nil else { throw UsageError("give either --organization ID or --service") }
    return nil
  }

  fileprivate func name() throws(UsageError) -> String {
    let name = try required("--name")
    guard APIKey.nameLengthRange.contains(name.unicodeScalars.count) else {
      throw UsageError("--name has 1 to 200 characters")
    }
    return name
  }

  fileprivate func scopes() throws(UsageError) -> KeyScopes {
    guard let scopes = KeyScopes(names: all("--scope")) else {
      throw UsageError("give --scope read, --scope spend or --scope admin, each at most once")
    }
    return scopes
  }

  fileprivate func expiry() throws(UsageError) -> Int64? {
    guard let text = self["--expires"] else { return nil }
    guard let time = Timestamp.read(text) else { throw UsageError("--expires is a time as 2027-01-31T12:00:00Z") }
    return time
  }

  /// The key that the only word names.
  fileprivate func key() throws(UsageError) -> APIKeyID {
    guard let word = words.first else { throw UsageError("the key's id is missing") }
    guard let id = APIKeyID(word) ?? APIKeyText.identifier(in: word) else {
      throw UsageError("that is no key's id: it is a UUID, or tg_live_ and 22 letters and digits")
    }
    return id
  }
}

extension APIKeyDetails {
  /// For people.
  fileprivate var line: String {
    """
    \(id) \(APIKeyText.publicPart(of: id)) \(status.rawValue), \(scopes.names.joined(separator: "+")), \
    ends \(Timestamp.text(endsAtMicroseconds)), used \(Timestamp.text(lastUsedAtMicroseconds)), \(Terminal.quoted(name))
    """
  }
}
