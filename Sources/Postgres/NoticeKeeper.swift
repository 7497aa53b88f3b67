import CLibPQ

/// Receives the notices of one connection, keeps the one that matters and drops the others, which libpq would
/// otherwise write to standard error.
///
/// The one that matters comes with a COMMIT that reports success: the wait for the synchronous standby was given
/// up, so the transaction is committed here and perhaps nowhere else. That is not an acknowledgement.
final class NoticeKeeper {
  private var replicationWarning: PostgresError?

  /// The warning, if one came since the last call.
  func takeReplicationWarning() -> PostgresError? {
    defer { replicationWarning = nil }
    return replicationWarning
  }

  /// Makes `connection` report to this keeper, which must live longer than the connection does.
  func listen(to connection: OpaquePointer) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = PQsetNoticeReceiver(
      connection,
      { context, notice in
        guard let context else { return }
        Unmanaged<NoticeKeeper>.fromOpaque(context).takeUnretainedValue().receive(notice)
      }, context)
  }

  /// The text of the warning is translated and its SQLSTATE is that of any warning; the function of the server
  /// that gives it is the same everywhere (src/backend/replication/syncrep.c).
  private func receive(_ notice: OpaquePointer?) {
    guard let notice, let source = tollgate_result_source_function(notice),
      String(cString: source) == "SyncRepWaitForLSN"
    else { return }
    replicationWarning = PostgresError(
      kind: .connectionLost,
      sqlState: tollgate_result_sqlstate(notice).map { SQLState(rawValue: String(cString: $0)) },
      serverMessage: tollgate_result_message(notice).map { String(cString: $0) })
  }
}
