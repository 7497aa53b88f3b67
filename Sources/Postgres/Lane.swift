/// One connection and its upkeep, on one thread: connects when there is work, again after a loss, and not too often.
struct Lane: ~Copyable {
  private let settings: ConnectionSettings
  private var connection: Connection?
  private var backoff = Backoff()
  /// What the last attempt to connect said, for the jobs that are refused until the next one.
  private var connectFailure: PostgresError?

  init(_ settings: ConnectionSettings) {
    self.settings = settings
    connection = nil
  }

  /// Runs one job, or refuses it when there is no connection, and leaves the connection clean.
  mutating func perform(_ job: Job) {
    var connection: Connection
    do throws(PostgresError) {
      connection = try takeConnection()
    } catch {
      job.refuse(error)
      return
    }
    let deliver = job.perform(&connection)
    let spoiled = Self.endTransaction(leftOpenOn: &connection)
    if connection.isUsable, !connection.isReadOnly {
      backoff.worked()
      self.connection = consume connection
    } else {
      backoff.lost(at: .now, jitter: .random(in: 0...1))
      _ = consume connection
    }
    deliver(spoiled)
  }

  private mutating func takeConnection() throws(PostgresError) -> Connection {
    if var idle = connection.take() {
      idle.noticeLossWhileIdle()
      if idle.isUsable { return idle }
      backoff.lost(at: .now, jitter: .random(in: 0...1))
    }
    guard backoff.mayConnect(at: .now) else {
      throw connectFailure ?? PostgresError(kind: .connectionFailed, serverMessage: "waiting before the next attempt")
    }
    do {
      let opened = try Connection(settings)
      connectFailure = nil
      return opened
    } catch {
      backoff.connectFailed(at: .now, jitter: .random(in: 0...1))
      connectFailure = error
      throw error
    }
  }

  /// A job that leaves its transaction open has not done what it says it has, and would hold its locks until the
  /// next job: rolled back and reported.
  private static func endTransaction(leftOpenOn connection: inout Connection) -> PostgresError? {
    guard connection.isInTransaction else { return nil }
    connection.rollBack()
    return PostgresError(
      kind: .server, sqlState: .invalidTransactionState, serverMessage: "the job left its transaction open")
  }
}
