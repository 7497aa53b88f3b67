import Accounts
import Crypto
import JSON
import Postgres
import Vault

/// `tollgate vault …`
enum VaultCommand {
  static let rotate = Command(
    name: ["vault", "rotate"], summary: "Seal all credentials under the first key of TOLLGATE_VAULT_KEYS.",
    help: """
      usage: tollgate vault rotate [--json]

      Seals anew whatever is sealed under another key than the first of TOLLGATE_VAULT_KEYS, while servers go on, and prints
      how many values that were. It may be interrupted and repeated. Exit code 1 when something does not open, or was
      sealed under another key meanwhile: every server needs the same keys, in the same order, before this is run.
      Environment: TOLLGATE_VAULT_KEYS, and DATABASE_DIRECT_URL or DATABASE_URL: an administrator's connection string.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"])
    let (keys, database) = try settings()
    let report = try administering(database) { connection in
      try VaultKeyCheck(keys).run(on: &connection)
      return try KeyRotation(sealer: Sealer(keys)).run(on: &connection)
    }
    if arguments.has("--json") {
      Terminal.outputObject { writer in
        writer.member("resealed", report.resealed)
        writer.member("left", report.left)
        writer.member("unreadable", report.unreadable)
      }
    } else {
      Terminal.output("resealed: \(report.resealed), left: \(report.left), unreadable: \(report.unreadable)")
    }
    guard report.unreadable == 0 else {
      throw CommandFailure("\(report.unreadable) values do not open; see tollgate vault status for the keys they need")
    }
    guard report.left == 0 else {
      throw CommandFailure("\(report.left) values changed meanwhile; restart servers with older keys, then repeat this")
    }
  }

  static let status = Command(
    name: ["vault", "status"], summary: "Show how many credentials each key is needed for.",
    help: """
      usage: tollgate vault status [--json]

      A line for each key of TOLLGATE_VAULT_KEYS and for each that something is sealed under: its id, how many values of
      each kind it is needed for, and whether it is current, no longer needed, or missing from the setting. Exit code 1
      when one is missing, or is not the key that its id stood for. With --json each is an object.
      Environment: TOLLGATE_VAULT_KEYS, and DATABASE_DIRECT_URL or DATABASE_URL: an administrator's connection string.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, flags: ["--json"])
    let (keys, database) = try settings()
    let counts = try administering(database) { connection in
      try VaultKeyCheck(keys).run(on: &connection)
      return try Administration.sealedCounts(on: &connection)
    }
    let strangers = Set(counts.map(\.keyID)).subtracting(keys.ids).sorted()
    for id in keys.ids + strangers {
      let line = KeyLine(id, counts.filter { $0.keyID == id }, keys)
      if arguments.has("--json") { Terminal.outputObject(line.write) } else { Terminal.output(line.text) }
    }
    guard strangers.isEmpty else {
      throw CommandFailure("values are sealed under keys that TOLLGATE_VAULT_KEYS does not have; add them")
    }
  }

  private static func settings() throws -> (VaultKeys, database: String) {
    // As servers with a vault do, before there is a secret.
    if !forbidCoreDumps() { Terminal.complain("core files cannot be forbidden, and may have secrets in them") }
    let settings = try SettingsReader.read()
    guard let keys = settings.vaultKeys else {
      throw CommandFailure("TOLLGATE_VAULT_KEYS is not set; without it nothing can be opened")
    }
    return (keys, settings.migratingDatabase)
  }

  private static func administering<Value>(
    _ database: String, _ work: (inout Connection) throws -> Value
  ) throws -> Value {
    var settings = ConnectionSettings(database, applicationName: "tollgate vault")
    settings.statementTimeoutMilliseconds = 0
    do {
      return try explaining {
        var connection = try Connection(settings)
        try Administration.refuseHiddenRows(on: &connection)
        return try work(&connection)
      }
    } catch let error as PostgresError where error.sqlState?.rawValue == "42501" {
      throw CommandFailure(
        "this login does not see every organization's rows; set DATABASE_DIRECT_URL to an administrator's")
    }
  }
}

/// One key and what it is needed for.
private struct KeyLine {
  private let id: String
  private let status: String
  private let counts: [(column: SealedColumn, count: Int64)]

  init(_ id: String, _ found: [SealedCount], _ keys: VaultKeys) {
    self.id = id
    counts = SealedColumn.allCases.map { column in (column, found.first { $0.column == column }?.count ?? 0) }
    status =
      if id == keys.currentID { "current" } else if !keys.ids.contains(id) { "missing" } else if found.isEmpty {
        "no_longer_needed"
      } else { "needed" }
  }

  var text: String {
    let kinds = counts.map { "\($0.column.rawValue) \($0.count)" }.joined(separator: ", ")
    return "\(Terminal.quoted(id)) \(status): \(kinds)"
  }

  func write(to writer: inout JSONWriter) {
    writer.member("keyId", id)
    writer.member("status", status)
    for (column, count) in counts {
      writer.name(column.rawValue)
      writer.integer(count)
    }
  }
}
