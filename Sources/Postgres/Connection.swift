import CLibPQ

/// One connection to PostgreSQL. Every call blocks until the server has answered, so a connection belongs on a
/// thread of its own (`Lanes`), never on Swift's cooperative ones.
///
/// A statement that fails outside a transaction block has no effect, except with kind `connectionLost`, where that
/// is unknown. A connection that was lost stays so: make another.
public struct Connection: ~Copyable {
  private let handle: ConnectionHandle
  private let settings: ConnectionSettings
  private var prepared = PreparedStatements()
  private var isLost = false
  /// Whether the server turned out to be read-only: the primary is elsewhere, and a new connection may find it.
  public private(set) var isReadOnly = false

  /// Connects and pins the session to the settings. Throws `connectionFailed`.
  public init(_ settings: ConnectionSettings) throws(PostgresError) {
    self.settings = settings
    handle = try ConnectionHandle(settings)
  }

  /// As libpq gives it: 150020 is 15.20.
  public var serverVersion: Int { Int(PQserverVersion(handle.pointer)) }

  /// The `pid` in `pg_stat_activity`, and what `pg_terminate_backend` takes.
  public var backendProcessID: Int32 { PQbackendPID(handle.pointer) }

  /// Whether the next statement can be sent.
  public var isUsable: Bool { !isLost && handle.isOpen }

  /// Whether a transaction block is open, failed ones included.
  public var isInTransaction: Bool {
    let status = PQtransactionStatus(handle.pointer)
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE
  }

  /// Whether the open transaction block has failed, so that only a rollback can follow.
  var isInFailedTransaction: Bool { PQtransactionStatus(handle.pointer) == PQTRANS_INERROR }

  /// What opens a transaction with these settings.
  var beginStatement: String { settings.beginStatement }

  /// Runs one statement with its parameters.
  ///
  /// A named statement that the server no longer knows, or whose plan no longer fits its tables, is prepared again
  /// once; inside a transaction block, which has then failed, that is left to the next run.
  public mutating func query(_ statement: Statement, _ parameters: [Parameter] = []) throws(PostgresError) -> Rows {
    let block = try ParameterBlock(parameters)
    guard statement.isNamed, settings.usesNamedStatements else { return try runWhole(statement, block) }
    let mayRunTwice = !isInTransaction
    let key = PreparedStatements.Key(sql: statement.sql, types: block.types)
    do {
      return try runNamed(statement, key, block)
    } catch {
      // A plan that does not fit is one of many things that are "not supported": none of them had an effect, so
      // a second run costs a round trip and changes nothing.
      let planMayNotFit = error.sqlState == .featureNotSupported
      guard error.kind == .server, planMayNotFit || error.sqlState == .undefinedPreparedStatement else { throw error }
      prepared.forget(key, remainsOnServer: planMayNotFit)
      guard mayRunTwice, isUsable else { throw error }
    }
    return try runNamed(statement, key, block)
  }

  /// Runs several statements in one message, without parameters. Outside a transaction block the server makes one
  /// transaction of them, unless they say otherwise themselves.
  public mutating func script(_ sql: String) throws(PostgresError) {
    _ = try runScript(sql)
  }

  /// Like `script`, and returns the last result.
  mutating func runScript(_ sql: String) throws(PostgresError) -> Rows {
    try checkBeforeSending(sql)
    return try conclude(PQsendQuery(handle.pointer, sql))
  }

  /// Looks whether an idle connection is still there, without sending anything.
  mutating func noticeLossWhileIdle() {
    if !handle.isAliveWhileIdle() { isLost = true }
  }

  /// Waits for notifications of channels that are listened to, for the end of the connection, or until a descriptor is
  /// readable. Nil when the connection is lost.
  mutating func notifications(orReadable descriptor: Int32) -> [String]? {
    let payloads = isUsable ? handle.notifications(orReadable: descriptor) : nil
    if payloads == nil { isLost = true }
    return payloads
  }

  /// Gives the connection up: its transaction can neither be ended nor be left open.
  mutating func abandon() { isLost = true }

  private mutating func runWhole(_ statement: Statement, _ parameters: ParameterBlock) throws(PostgresError) -> Rows {
    try checkBeforeSending(statement.sql)
    return try conclude(
      parameters.withPointers { values in
        PQsendQueryParams(
          handle.pointer, statement.sql, Int32(parameters.count), parameters.types.map(\.identifier), values,
          parameters.lengths, parameters.formats, statement.results.code)
      })
  }

  private mutating func runNamed(
    _ statement: Statement, _ key: PreparedStatements.Key, _ parameters: ParameterBlock
  ) throws(PostgresError) -> Rows {
    try checkBeforeSending(statement.sql)
    let name: String
    if let known = prepared.name(of: key) {
      name = known
    } else {
      guard prepared.hasRoom else { return try runWhole(statement, parameters) }
      name = try prepare(key)
    }
    return try conclude(
      parameters.withPointers { values in
        PQsendQueryPrepared(
          handle.pointer, name, Int32(parameters.count), values, parameters.lengths, parameters.formats,
          statement.results.code)
      })
  }

  private mutating func prepare(_ key: PreparedStatements.Key) throws(PostgresError) -> String {
    if !isInTransaction {
      for superseded in prepared.takeSuperseded() {
        // Refused only when it is gone already.
        do {
          try script("DEALLOCATE \(superseded)")
        } catch {
          guard error.kind == .server else { throw error }
        }
      }
    }
    let name = prepared.nextName()
    let types = key.types.map(\.identifier)
    _ = try conclude(PQsendPrepare(handle.pointer, name, key.sql, Int32(types.count), types))
    prepared.remember(key, as: name)
    return name
  }

  private func checkBeforeSending(_ sql: String) throws(PostgresError) {
    guard !sql.utf8.contains(0) else { throw .decoding("a NUL byte in a statement") }
    guard isUsable else {
      throw PostgresError(kind: .connectionFailed, serverMessage: "the connection was lost before")
    }
  }

  /// Waits for the result of what was sent and throws what it reports.
  private mutating func conclude(_ sent: CInt) throws(PostgresError) -> Rows {
    guard let result = handle.result(ofSending: sent) else {
      isLost = true
      throw PostgresError(kind: .connectionLost, serverMessage: handle.errorMessage)
    }
    let rows = Rows(owning: result)
    if let failure = failure(in: rows) { throw failure }
    return rows
  }

  private mutating func failure(in rows: borrowing Rows) -> PostgresError? {
    // Taken whatever the outcome is, so that it cannot spoil a later statement.
    let warning = handle.notices.takeReplicationWarning()
    switch rows.outcome {
    case .success:
      if warning != nil { isLost = true }
      return warning
    case .copy:
      isLost = true
      return .decoding("COPY is not supported")
    case .failure:
      let failure = rows.failure(connectionIsOpen: handle.isOpen)
      if failure.kind == .connectionLost { isLost = true }
      if failure.sqlState == .readOnlyTransaction { isReadOnly = true }
      return failure
    }
  }
}
