import Foundation
import Glibc
import JSON
import Testbed

/// What a page's examples are run in: a database, `tollgate dev` at it, a shell and psql, all from the page's beginning
/// to its end. It blocks.
final class PageSession {
  struct Outcome {
    let output: String
    let status: String
  }

  /// Of the page's variables, by their names in the shell.
  private(set) var values: [String: String]
  let database: DocumentedDatabase
  private let folder: String
  private let server: Conversation
  private let shell: Conversation
  private let psql: Conversation

  init() throws {
    database = try DocumentedDatabase()
    folder = "/tmp/tollgate-page-\(UUID().uuidString.prefix(8).lowercased())"
    try Self.makeFolder(folder)
    let environment = try Self.environment(in: folder, database)
    server = try Conversation(
      ["/bin/sh", "-c", "exec tollgate dev --json --listen 127.0.0.1:0 --data data 2>server.log"], in: folder,
      environment: environment)
    let welcome = try parseJSON(Array(server.nextLine().utf8))
    try Self.configureCurl(in: folder, welcome)
    values = try Self.values(of: welcome)
    shell = try Conversation(
      ["/usr/bin/env", "bash", "--norc", "--noprofile"], in: folder,
      environment: environment.merging(values) { given, _ in given })
    let variables = values.flatMap { ["-v", "\(Self.psqlName($0.key))=\($0.value)"] }
    psql = try Conversation(
      ["/usr/bin/env", "psql", "-X", "-v", "SHOW_CONTEXT=never"] + variables + [database.administratorURL],
      in: folder, environment: environment)
  }

  /// Beside the test bundle, in the folder of build products.
  private static let builtProgram = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "tollgate").path()

  /// PostgreSQL's user may enter it.
  private static func makeFolder(_ folder: String) throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/bin", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/bin/tollgate", withDestinationPath: builtProgram)
  }

  private static func environment(in folder: String, _ database: DocumentedDatabase) throws -> [String: String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    var keys = [UInt8](repeating: 0, count: 32)
    for index in keys.indices { keys[index] = .random(in: 0...255) }
    let vaultKeys = "dev:" + Data(keys).base64EncodedString()
    try Data(vaultKeys.utf8).write(to: URL(filePath: folder + "/vault-keys"))
    return try [
      "PATH": "\(folder)/bin:\(path)", "HOME": folder, "CURL_HOME": folder, "TZ": "UTC", "LC_ALL": "C.UTF-8",
      "PAGER": "cat", "DATABASE_URL": database.serverURL, "DATABASE_DIRECT_URL": database.administratorURL,
      "TOLLGATE_JWT_SECRET": UUID().uuidString + UUID().uuidString, "TOLLGATE_VAULT_KEYS": vaultKeys,
      "TOLLGATE_STRIPE_WEBHOOK_SECRETS": "test:" + TestStripe.makeSecret(),
    ].merging(database.administratorEnvironment()) { given, _ in given }
  }

  /// Pages say localhost:8080, as readers do.
  private static func configureCurl(in folder: String, _ welcome: JSONValue) throws {
    guard let port = welcome["url"]?.string?.split(separator: ":").last else {
      throw Page.Failure(description: "tollgate dev has not said its URL")
    }
    let lines = ["localhost", "127.0.0.1"].map { "connect-to = \"\($0):8080:127.0.0.1:\(port)\"\n" }
    try Data(lines.joined().utf8).write(to: URL(filePath: folder + "/.curlrc"))
  }

  private static func values(of welcome: JSONValue) throws -> [String: String] {
    var values = ["SERVICE_TOKEN": welcome["serviceToken"]?.string ?? ""]
    for organization in welcome["organizations"]?.array ?? [] {
      let plan = organization["plan"]?.string?.uppercased() ?? ""
      for (name, member) in [("ORGANIZATION", "organizationId"), ("USER", "userId"), ("TOKEN", "token")] {
        values["\(plan)_\(name)"] = organization[member]?.string
      }
    }
    guard values.count == 10 else { throw Page.Failure(description: "tollgate dev has not said all: \(welcome)") }
    return values
  }

  /// `PRO_ORGANIZATION` is `pro` in psql, everything else its own name in lower case.
  private static func psqlName(_ name: String) -> String {
    name.lowercased().replacing("_organization", with: "")
  }

  /// Writes a file into the folder that commands are run in.
  func write(_ lines: [String], to name: String) throws {
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: folder + "/" + name))
  }

  /// Runs commands in the shell, which keeps its variables.
  func run(_ commands: [String]) throws -> Outcome {
    let word = UUID().uuidString
    try Data(commands.joined(separator: "\n").utf8).write(to: URL(filePath: folder + "/.commands"))
    try shell.tell("eval \"$(cat '\(folder)/.commands')\" </dev/null 2>&1; printf '\\n\(word) %s\\n' $?\n")
    let (output, status) = try shell.lines(until: word)
    return Outcome(output: output, status: status)
  }

  /// Runs statements in psql, which keeps its role and settings, and returns what it prints.
  func query(_ statements: [String]) throws -> String {
    let word = UUID().uuidString
    try psql.tell(statements.joined(separator: "\n") + "\n\\warn\n\\warn \(word) 0\n")
    return try psql.lines(until: word).output
  }

  /// What further commands and statements use.
  func name(_ named: [String: String]) throws {
    for (name, value) in named {
      values[name] = value
      try shell.tell("\(name)='\(value)'\n")
      try psql.tell("\\set \(Self.psqlName(name)) '\(value)'\n")
    }
  }

  /// Ends everything and drops the database.
  func end() throws {
    shell.end(by: SIGKILL)
    psql.end(by: SIGKILL)
    server.end(by: SIGTERM)
    try? FileManager.default.removeItem(atPath: folder)
    try database.drop()
  }
}
