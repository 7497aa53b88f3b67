/// Where to connect, and what every session is pinned to.
///
/// The connection string holds a password; no description of this value shows it.
public struct ConnectionSettings: Sendable {
  let connectionString: String
  /// Shown in `pg_stat_activity`.
  public var applicationName: String
  /// For each host and address tried; libpq takes 1 as 2. `connect_timeout` in the connection string wins.
  public var connectTimeoutSeconds: Int = 5
  /// The longest that one statement may run; 0 for no limit.
  public var statementTimeoutMilliseconds: Int = 5000
  /// The longest wait for one lock; 0 for no limit.
  public var lockTimeoutMilliseconds: Int = 2000
  /// How long an open transaction may wait for its next statement; 0 for no limit.
  public var idleInTransactionTimeoutMilliseconds: Int = 10000
  /// The longest wait for an answer, measured here: for a server that is frozen or unreachable and so enforces no
  /// limit of its own. The connection is then lost. 0 for no limit; otherwise it should exceed the statement timeout.
  public var responseTimeoutMilliseconds: Int = 0
  /// Where unqualified names are looked up.
  public var searchPath: String = "pg_catalog, pg_temp"
  /// Off behind PgBouncer in transaction mode, where a session is anybody's: statements are then sent whole, and
  /// each transaction sets the limits above for itself. PgBouncer also needs
  /// `ignore_startup_parameters = options`.
  public var usesNamedStatements: Bool = true

  /// - Parameters:
  ///   - connectionString: a libpq URI or keyword string (PostgreSQL manual, 34.1.1). Empty means the `PG*`
  ///     environment variables alone.
  ///   - applicationName: shown in `pg_stat_activity`.
  public init(_ connectionString: String, applicationName: String = "tollgate") {
    self.connectionString = connectionString
    self.applicationName = applicationName
  }
}

extension ConnectionSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "ConnectionSettings(\(applicationName))" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: ["applicationName": applicationName]) }
}

extension ConnectionSettings {
  /// The limits as server parameters, in the order in which they are sent.
  var serverParameters: [(name: String, value: String)] {
    [
      ("statement_timeout", String(statementTimeoutMilliseconds)),
      ("lock_timeout", String(lockTimeoutMilliseconds)),
      ("idle_in_transaction_session_timeout", String(idleInTransactionTimeoutMilliseconds)),
      ("search_path", searchPath),
      // Whatever is set for the role or the database: an answer is given when it is durable.
      ("synchronous_commit", "on"),
      ("TimeZone", "UTC"),
      ("DateStyle", "ISO"),
    ]
  }

  /// The `options` keyword: server parameters as command line switches, spaces and backslashes escaped.
  ///
  /// The options given by the connection string or environment come first and so lose.
  func startupOptions(after given: String?) -> String {
    var switches: [String] = []
    if let given, !given.isEmpty { switches.append(given) }
    for (name, value) in serverParameters {
      var escaped = ""
      for character in value.unicodeScalars {
        if character == " " || character == "\\" { escaped.append("\\") }
        escaped.unicodeScalars.append(character)
      }
      switches.append("-c \(name)=\(escaped)")
    }
    return switches.joined(separator: " ")
  }

  /// What opens a transaction, in one message to the server.
  var beginStatement: String {
    guard !usesNamedStatements else { return "BEGIN" }
    // The names are constants; the values are quoted as literals, except that search_path is a list of names.
    let limits = serverParameters.map { name, value in
      "SET LOCAL \(name) = \(name == "search_path" ? value : "'\(value)'")"
    }
    return (["BEGIN"] + limits).joined(separator: "; ")
  }
}
