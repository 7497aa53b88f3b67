/// Why a statement, a connection or a queued job has no result.
///
/// `description` is bland, so that it can be logged and shown: kind and SQLSTATE. What the server said may quote
/// data and is only in `serverMessage` and `debugDescription`.
public struct PostgresError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  /// What a caller may conclude about the effect.
  public enum Kind: Sendable {
    /// There was no usable connection: nothing was sent.
    case connectionFailed
    /// The connection died while a statement was under way: whether it took effect is unknown.
    case connectionLost
    /// The server refused the statement; its transaction is rolled back.
    case server
    /// A value was not what the caller asked for, or cannot be sent: a NUL byte, a column that does not exist.
    case decoding
    /// The queue of the lanes is at its limit; the job did not run.
    case queueFull
    /// The lanes are shut down; the job did not run.
    case shutDown
  }

  /// What is known about the statement or job.
  public let kind: Kind
  /// The server's code. Nil when the failure was on this side or libpq reported it without one.
  public let sqlState: SQLState?
  /// The name of the violated constraint, where the server gives one.
  public let constraint: String?
  /// The server's primary message, or libpq's. May quote data: not for logs or answers.
  public var serverMessage: String?

  /// An error of this kind; for layers above that report the same, and for their tests.
  public init(kind: Kind, sqlState: SQLState? = nil, constraint: String? = nil, serverMessage: String? = nil) {
    self.kind = kind
    self.sqlState = sqlState
    self.constraint = constraint
    self.serverMessage = serverMessage
  }

  public var description: String {
    guard let sqlState else { return "PostgreSQL: \(kind)" }
    return "PostgreSQL: \(kind) (SQLSTATE \(sqlState))"
  }

  public var debugDescription: String {
    var text = description
    if let constraint { text += ", constraint \(constraint)" }
    if let serverMessage { text += ": \(serverMessage)" }
    return text
  }
}

extension PostgresError {
  static func decoding(_ message: String) -> PostgresError {
    PostgresError(kind: .decoding, serverMessage: message)
  }
}
