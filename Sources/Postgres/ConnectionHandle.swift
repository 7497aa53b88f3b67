import CLibPQ
import Glibc

/// Owns one `PGconn`: opened here, finished once with this value. Belongs to one thread, as libpq demands.
struct ConnectionHandle: ~Copyable {
  let pointer: OpaquePointer
  let notices: NoticeKeeper
  private let responseTimeout: Duration?

  /// Opens the connection. Blocks, for at most the connect timeout for each address tried.
  init(_ settings: ConnectionSettings) throws(PostgresError) {
    let keywords = try Self.keywords(settings)
    let names = try ParameterBlock(keywords.map { .text($0.name) } + [.null])
    let values = try ParameterBlock(keywords.map { .text($0.value) } + [.null])
    let opened = names.withPointers { names in
      values.withPointers { values in PQconnectdbParams(names, values, 1) }
    }
    guard let opened else { throw PostgresError(kind: .connectionFailed, serverMessage: "out of memory") }
    guard PQstatus(opened) == CONNECTION_OK else {
      let message = PQerrorMessage(opened).map { String(cString: $0) }
      PQfinish(opened)
      throw PostgresError(kind: .connectionFailed, serverMessage: message)
    }
    pointer = opened
    notices = NoticeKeeper()
    let milliseconds = settings.responseTimeoutMilliseconds
    responseTimeout = milliseconds > 0 ? .milliseconds(milliseconds) : nil
    notices.listen(to: opened)
  }

  deinit { PQfinish(pointer) }

  var isOpen: Bool { PQstatus(pointer) == CONNECTION_OK }

  /// libpq's message about the last call, copied because the next call overwrites it.
  var errorMessage: String { PQerrorMessage(pointer).map { String(cString: $0) } ?? "" }

  /// Reads what an idle connection was sent unasked, above all its end, so that a loss shows before something is
  /// sent rather than after. Does not wait.
  ///
  /// - Returns: whether the connection is still there.
  func isAliveWhileIdle() -> Bool {
    // A farewell and the end after it take two looks; the others leave room for notices.
    for _ in 0..<8 {
      var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
      guard isOpen else { return false }
      guard poll(&descriptor, 1, 0) > 0 else { return true }
      guard PQconsumeInput(pointer) == 1 else { return false }
    }
    return isOpen
  }

  /// Waits for the results of what was sent and gives the one that counts: the first failure, or else the last.
  /// `PQexec` would give the last failure, and after a farewell that is the end of the connection, which has no
  /// SQLSTATE.
  ///
  /// - Parameter sent: what the sending function returned.
  /// - Returns: a result to clear; nil when nothing could be sent, no answer came in time or libpq has no memory.
  func result(ofSending sent: CInt) -> OpaquePointer? {
    guard sent == 1 else { return nil }
    let deadline = responseTimeout.map { ContinuousClock.now + $0 }
    var kept: OpaquePointer?
    while true {
      guard answerComes(before: deadline) else {
        PQclear(kept)
        return nil
      }
      guard let next = PQgetResult(pointer) else { return kept }
      if kept != nil, PQresultStatus(kept) == PGRES_FATAL_ERROR {
        PQclear(next)
      } else {
        PQclear(kept)
        kept = next
      }
      let status = PQresultStatus(next)
      // A copy does not end by itself.
      if status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH { return kept }
    }
  }

  /// Waits until `PQgetResult` need not wait, or the deadline has passed. Without a deadline `PQgetResult` waits.
  private func answerComes(before deadline: ContinuousClock.Instant?) -> Bool {
    guard let deadline else { return true }
    while PQisBusy(pointer) == 1 {
      let remaining = deadline - .now
      guard remaining > .zero else { return false }
      let milliseconds = min(remaining / .milliseconds(1), Double(Int32.max)).rounded(.up)
      var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
      // An interrupted wait and one that ended early look again.
      if poll(&descriptor, 1, Int32(milliseconds)) > 0, PQconsumeInput(pointer) == 0 { return true }
    }
    return true
  }

  /// Waits until a notification comes, the connection ends, or a descriptor becomes readable.
  ///
  /// - Parameter descriptor: ends the wait.
  /// - Returns: the payloads that have come, perhaps none; nil when the connection is gone.
  func notifications(orReadable descriptor: Int32) -> [String]? {
    var descriptors = [
      pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
    ]
    guard isOpen else { return nil }
    var payloads = takeNotifications()
    // What came with the answer to an earlier statement is here already, and makes no descriptor readable.
    guard payloads.isEmpty else { return payloads }
    guard poll(&descriptors, 2, -1) > 0, descriptors[0].revents != 0 else { return [] }
    guard PQconsumeInput(pointer) == 1 else { return nil }
    payloads = takeNotifications()
    return isOpen ? payloads : nil
  }

  private func takeNotifications() -> [String] {
    var payloads: [String] = []
    while let notification = PQnotifies(pointer) {
      payloads.append(String(cString: notification.pointee.extra))
      PQfreemem(notification)
    }
    return payloads
  }

  /// Of a keyword given twice the last one counts: the connection string overrides what comes before it, and what
  /// comes after it overrides the connection string.
  private static func keywords(
    _ settings: ConnectionSettings
  ) throws(PostgresError) -> [(name: String, value: String)] {
    var keywords = [
      ("connect_timeout", String(settings.connectTimeoutSeconds)),
      ("keepalives", "1"),
      ("keepalives_idle", "30"),
      ("keepalives_interval", "10"),
      ("keepalives_count", "3"),
      ("tcp_user_timeout", "30000"),
    ]
    var options = getenv("PGOPTIONS").map { String(cString: $0) }
    if !settings.connectionString.isEmpty {
      options = try Self.options(in: settings.connectionString) ?? options
      keywords.append(("dbname", settings.connectionString))
    }
    keywords += [
      ("application_name", settings.applicationName),
      ("client_encoding", "UTF8"),
      ("options", settings.startupOptions(after: options)),
    ]
    return keywords
  }

  /// The `options` of a connection string, which ours would otherwise replace.
  private static func options(in connectionString: String) throws(PostgresError) -> String? {
    // libpq's message about a malformed string quotes it, and with it perhaps a password, so none is kept.
    guard !connectionString.utf8.contains(0), let parsed = PQconninfoParse(connectionString, nil) else {
      throw PostgresError(kind: .connectionFailed, serverMessage: "the connection string is malformed")
    }
    defer { PQconninfoFree(parsed) }
    var entry = parsed
    while let keyword = entry.pointee.keyword {
      if String(cString: keyword) == "options" { return entry.pointee.val.map { String(cString: $0) } }
      entry += 1
    }
    return nil
  }
}
