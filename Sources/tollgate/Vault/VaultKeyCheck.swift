import Accounts
import Dispatch
import Glibc
import Log
import Postgres
import Tokens
import Vault

/// Whether the keys of the setting are those that their ids stood for the first time that anybody used them with this
/// database. What is sealed under a wrong one nobody opens again.
struct VaultKeyCheck {
  /// Keys that are not what they were.
  struct WrongKeys: Error, CustomStringConvertible {
    let ids: [String]

    /// One sentence that says what to do.
    var description: String {
      "TOLLGATE_VAULT_KEYS has another key than before under \(ids.joined(separator: ", ")); put the right one back, "
        + "or give a new key an id of its own"
    }
  }

  let sealer: Sealer
  /// How long to wait for a database that is away.
  private static let pauseSeconds = 5

  init(_ keys: VaultKeys) { sealer = Sealer(keys) }

  /// Compares, and keeps a known value of the keys that are new.
  ///
  /// - Throws: `WrongKeys`, and `PostgresError` when nobody knows.
  func run(on connection: inout Connection) throws {
    let known = try Administration.vaultKeys(on: &connection)
    var wrong: [String] = []
    for id in sealer.keys.ids {
      let kept =
        try known[id] ?? Administration.keepVaultKey(sealer.sealKnownValue(under: id), under: id, on: &connection)
      if !sealer.isKnownValue(kept, under: id) { wrong.append(id) }
    }
    guard wrong.isEmpty else { throw WrongKeys(ids: wrong) }
  }

  /// The same before serving. A server starts without a database, and compares when it is there: wrong keys end the
  /// process then.
  func runBeforeServing(_ settings: ConnectionSettings, _ log: Logger) throws {
    do {
      try run(settings)
    } catch let error as PostgresError {
      log.warning("whether the vault's keys are the right ones is not known yet", ["cause": .string("\(error)")])
      runLater(settings, log)
    }
  }

  private func run(_ settings: ConnectionSettings) throws {
    var connection = try Connection(settings)
    try run(on: &connection)
  }

  private func runLater(_ settings: ConnectionSettings, _ log: Logger) {
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(Self.pauseSeconds)) {
      do {
        try run(settings)
        log.info("the vault's keys are the right ones")
      } catch let error as WrongKeys {
        log.error("\(error)")
        exit(1)
      } catch {
        runLater(settings, log)
      }
    }
  }
}
