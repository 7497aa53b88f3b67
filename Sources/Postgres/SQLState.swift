/// The five characters with which PostgreSQL says what went wrong (PostgreSQL manual, appendix A).
///
/// Decisions are made on these, never on message texts, which change with version and language.
public struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// Five digits and upper-case letters, as the server sent them.
  public let rawValue: String

  /// Any text is taken; one that is not five characters equals nothing a server sends.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The first two characters: the class of the condition, such as `08` for connection exceptions.
  public var conditionClass: String { String(rawValue.prefix(2)) }

  public var description: String { rawValue }
}

extension SQLState {
  // Class 08: the connection.
  public static let connectionException = SQLState(rawValue: "08000")
  public static let connectionDoesNotExist = SQLState(rawValue: "08003")
  public static let connectionFailure = SQLState(rawValue: "08006")

  // Class 0A: not supported. Also what a cached plan whose result type changed is refused with.
  public static let featureNotSupported = SQLState(rawValue: "0A000")

  // Classes 21 and 22: the data.
  public static let cardinalityViolation = SQLState(rawValue: "21000")
  public static let numericValueOutOfRange = SQLState(rawValue: "22003")
  public static let divisionByZero = SQLState(rawValue: "22012")
  public static let characterNotInRepertoire = SQLState(rawValue: "22021")
  public static let invalidParameterValue = SQLState(rawValue: "22023")
  public static let invalidTextRepresentation = SQLState(rawValue: "22P02")

  // Class 23: constraints.
  public static let notNullViolation = SQLState(rawValue: "23502")
  public static let foreignKeyViolation = SQLState(rawValue: "23503")
  public static let uniqueViolation = SQLState(rawValue: "23505")
  /// A CHECK constraint, and also a row for which no partition exists: tell them apart by constraint name.
  public static let checkViolation = SQLState(rawValue: "23514")
  public static let exclusionViolation = SQLState(rawValue: "23P01")

  // Class 25: the state of the transaction.
  public static let invalidTransactionState = SQLState(rawValue: "25000")
  public static let activeTransaction = SQLState(rawValue: "25001")
  /// A write on a server that only reads: after a failover, the former primary.
  public static let readOnlyTransaction = SQLState(rawValue: "25006")
  public static let noActiveTransaction = SQLState(rawValue: "25P01")
  public static let failedTransaction = SQLState(rawValue: "25P02")
  public static let idleInTransactionTimeout = SQLState(rawValue: "25P03")

  /// A prepared statement the server does not know (any more).
  public static let undefinedPreparedStatement = SQLState(rawValue: "26000")

  public static let invalidPassword = SQLState(rawValue: "28P01")

  // Class 40: the transaction was rolled back and may be tried again as a whole.
  public static let serializationFailure = SQLState(rawValue: "40001")
  public static let deadlockDetected = SQLState(rawValue: "40P01")

  // Class 42: the statement itself, or what its role may do.
  public static let syntaxError = SQLState(rawValue: "42601")
  public static let insufficientPrivilege = SQLState(rawValue: "42501")
  public static let undefinedColumn = SQLState(rawValue: "42703")
  public static let undefinedFunction = SQLState(rawValue: "42883")
  public static let undefinedTable = SQLState(rawValue: "42P01")
  public static let duplicateDatabase = SQLState(rawValue: "42P04")
  public static let duplicateTable = SQLState(rawValue: "42P07")
  public static let duplicateObject = SQLState(rawValue: "42710")

  // Class 53: the server has no more of something.
  public static let insufficientResources = SQLState(rawValue: "53000")
  public static let diskFull = SQLState(rawValue: "53100")
  public static let outOfMemory = SQLState(rawValue: "53200")
  public static let tooManyConnections = SQLState(rawValue: "53300")

  public static let lockNotAvailable = SQLState(rawValue: "55P03")

  // Class 57: somebody intervened.
  /// The statement timeout, or a cancel request.
  public static let queryCanceled = SQLState(rawValue: "57014")
  public static let adminShutdown = SQLState(rawValue: "57P01")
  public static let crashShutdown = SQLState(rawValue: "57P02")
  public static let cannotConnectNow = SQLState(rawValue: "57P03")
  public static let databaseDropped = SQLState(rawValue: "57P04")

  /// Whether the server ends the connection that received this.
  var endsConnection: Bool {
    conditionClass == "08" || self == .adminShutdown || self == .crashShutdown || self == .cannotConnectNow
      || self == .databaseDropped || self == .idleInTransactionTimeout
  }
}
