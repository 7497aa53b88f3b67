import API
import Foundation
import Postgres
import Schema

/// `tollgate dev`: everything, from nothing, on this machine.
enum DevelopmentCommand {
  static let command = Command(
    name: ["dev"], summary: "Run everything on this machine, with a private PostgreSQL and demo organizations.",
    help: """
      usage: tollgate dev [--listen 127.0.0.1:8080] [--data .tollgate] [--json]

      Starts a private PostgreSQL cluster in the data directory, migrates it, makes a demo organization per plan, prints
      tokens and curl lines, and serves until Ctrl-C. Data survives. With DATABASE_URL set it uses that server instead.

        --listen ADDRESS:PORT  where to serve; port 0 takes a free one
        --data DIRECTORY       where the cluster and generated secrets live
        --json                 print one line of JSON when ready, and nothing else, on standard output
      """,
    run: run)

  private static func run(_ arguments: [String]) throws {
    let arguments = try Arguments(arguments, options: ["--listen", "--data"], flags: ["--json"])
    var settings = try SettingsReader.read()
    if let listen = arguments["--listen"] {
      guard let address = ListenAddress(listen) else {
        throw UsageError("--listen is not an address and port, as 127.0.0.1:8080")
      }
      (settings.listenHost, settings.listenPort) = (address.host, address.port)
    }
    let directory = URL(filePath: arguments["--data"] ?? ".tollgate", directoryHint: .isDirectory)
    do {
      try FileManager.default.createDirectory(
        at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    } catch {
      throw CommandFailure("cannot make the directory \(directory.path()); choose another --data")
    }

    StopSignal.hold()
    let database = try openDatabase(settings, directory)
    do {
      try serve(settings, database, directory, asJSON: arguments.has("--json"))
    } catch {
      try? database.stop()
      throw error
    }
    try database.stop()
  }

  private static func openDatabase(_ settings: Settings, _ directory: URL) throws -> DevelopmentDatabase {
    guard let given = settings.databaseURL else { return try .makePrivate(in: directory) }
    return .existing(administratorURL: settings.databaseDirectURL ?? given, servingURL: given)
  }

  private static func serve(
    _ settings: Settings, _ database: DevelopmentDatabase, _ directory: URL, asJSON: Bool
  ) throws {
    _ = try Migrator(settings: ConnectionSettings(database.administratorURL)).up()
    try database.grantLogin(in: directory)
    var settings = settings
    if settings.vaultKeys == nil {
      settings.vaultKeys = try PrivateFile.vaultKeys(at: directory.appending(path: "vault-keys"))
    }
    let secret = try settings.tokenSecret ?? PrivateFile.secret(at: directory.appending(path: "jwt-secret"))
    let mint = try TokenMint(secret: secret, issuer: settings.tokenIssuer, audience: settings.tokenAudience)
    let demonstration = try Demonstration.prepare(administratorURL: database.administratorURL, mint: mint)

    let service = try Service(
      settings: settings, database: database.servingURL, verifier: settings.startVerifier(secret: secret))
    try service.start()
    let address = ListenAddress(host: settings.listenHost, port: service.port)
    let welcome = Welcome(
      url: "http://\(address)", databaseURL: database.administratorURL, demonstration: demonstration)
    if asJSON { welcome.writeJSON() } else { welcome.writeText() }
    StopSignal.wait()
    service.stop()
  }
}
