import Cluster
import Foundation
import Postgres
import Testbed
import Testing

/// Who asks the database: a login of its own, or a role that one becomes.
enum Asker: String, CaseIterable {
  /// `anon`, as the gateway becomes it.
  case anonymous
  /// `authenticated`, as the gateway becomes it.
  case member
  /// A login that has the privileges of `service_role`, and not its exemption from the policies.
  case assistant
  /// `tollgate_server` itself.
  case server
  /// What may become anon, authenticated and service_role, and has not: PostgREST's login.
  case gateway
  /// A login that is a member of nothing: what PUBLIC may.
  case everybody
  /// `tollgate_owner`, as whom nobody logs in.
  case owner
  /// `tollgate_sweeper`, as whom nobody logs in.
  case sweeper
  /// `tollgate_reporter`, as whom nobody logs in.
  case reporter

  /// The role whose privileges it has.
  func role(_ logins: Logins) -> String {
    switch self {
    case .anonymous: "anon"
    case .member: "authenticated"
    case .assistant: logins.assistant
    case .server: "tollgate_server"
    case .gateway: logins.gateway
    case .everybody: logins.everybody
    case .owner: "tollgate_owner"
    case .sweeper: "tollgate_sweeper"
    case .reporter: "tollgate_reporter"
    }
  }

  /// Whether it is a role that nobody logs in as and no request becomes.
  var isInternal: Bool { self == .owner || self == .sweeper || self == .reporter }

  /// A session of its own.
  func connect(_ database: TestDatabase, _ logins: Logins) throws -> Connection {
    switch self {
    case .server: return try Connection(try database.serverSettings())
    case .assistant: return try logins.connect(logins.assistant, database)
    case .gateway: return try logins.connect(logins.gateway, database)
    case .everybody: return try logins.connect(logins.everybody, database)
    case .anonymous, .member:
      var connection = try logins.connect(logins.gateway, database)
      try connection.script("SET ROLE \(role(logins))")
      return connection
    case .owner, .sweeper, .reporter:
      var connection = try database.connect()
      try connection.script("SET ROLE \(role(logins))")
      return connection
    }
  }
}

/// Logins that are made for one test, with a password of its own.
struct Logins {
  let gateway: String
  let assistant: String
  let everybody: String
  private let password = UUID().uuidString

  /// Makes them. Roles belong to the whole cluster, hence the names.
  init(_ database: TestDatabase) throws {
    let suffix = UUID().uuidString.prefix(8).lowercased()
    gateway = "gateway_\(suffix)"
    assistant = "assistant_\(suffix)"
    everybody = "everybody_\(suffix)"
    try database.script(
      """
      CREATE ROLE \(gateway) LOGIN NOINHERIT PASSWORD '\(password)' IN ROLE anon, authenticated, service_role;
      CREATE ROLE \(assistant) LOGIN INHERIT PASSWORD '\(password)' IN ROLE service_role;
      CREATE ROLE \(everybody) LOGIN PASSWORD '\(password)';
      """)
  }

  func drop(_ database: TestDatabase) {
    do { try database.script("DROP ROLE \(gateway), \(assistant), \(everybody)") } catch { Issue.record(error) }
  }

  func connect(_ name: String, _ database: TestDatabase) throws -> Connection {
    let cluster = try TestCluster.shared.get().cluster
    return try Connection(
      ConnectionSettings(
        cluster.url(user: name, password: password, database: database.name), applicationName: "tests"))
  }
}
