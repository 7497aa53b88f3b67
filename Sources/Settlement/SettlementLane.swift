import Postgres
import Tokens

/// One connection that settles, and its mailbox.
final class SettlementLane: Sendable {
  /// Items in one batch. Larger ones no longer cost less an item, and make the first wait for the last.
  static let batchLimit = 512

  private let mailbox: Mailbox
  private let connection: Lanes

  init(name: String, settings: ConnectionSettings, queueLimit: Int) {
    mailbox = Mailbox(limit: queueLimit)
    connection = Lanes(name: name, settings: settings, count: 1)
  }

  func submit(_ pending: PendingDeduction) {
    switch mailbox.deliver(pending) {
    case .waiting: break
    case .full: pending.completion(.failure(.overloaded))
    case .needsCollection: collect()
    }
  }

  func shutDown() { connection.shutDown() }

  /// Has one batch settled on the lane's thread, then the next, until the mailbox is empty.
  private func collect() {
    connection.submit { [mailbox] connection in
      let batch = mailbox.collect(limit: Self.batchLimit)
      Self.settle(batch[...], on: &connection)
      return batch.isEmpty
    } completion: { [self] result in
      switch result {
      case .success(let isDone):
        if !isDone { collect() }
      case .failure(let error):
        // There is no connection: whoever waits is told now, and whoever comes next starts a new collection.
        let failure = (error as? PostgresError).map(SettlementFailure.init) ?? .databaseUnavailable
        for pending in mailbox.abandon() { pending.completion(.failure(failure)) }
      }
    }
  }

  /// Answers every item of the batch.
  private static func settle(_ batch: ArraySlice<PendingDeduction>, on connection: inout Connection) {
    guard !batch.isEmpty else { return }
    var attempt = 1
    while true {
      let deductions = batch.map(\.deduction)
      do throws(PostgresError) {
        let rows = try connection.query(BatchStatement.settle, BatchStatement.parameters(deductions))
        let answers = try BatchStatement.answers(rows, count: deductions.count)
        for (pending, answer) in zip(batch, answers) { pending.completion(.success(answer)) }
        return
      } catch {
        let everyItemHasKey = deductions.allSatisfy { $0.idempotencyKey != nil }
        switch RetryRule(
          error: error, attempt: attempt, itemCount: batch.count, everyItemHasKey: everyItemHasKey)
        {
        case .again where connection.isUsable:
          attempt += 1
        case .split where connection.isUsable:
          let middle = batch.startIndex + batch.count / 2
          settle(batch[..<middle], on: &connection)
          settle(batch[middle...], on: &connection)
          return
        case .again, .split, .giveUp:
          for pending in batch { pending.completion(.failure(SettlementFailure(error))) }
          return
        }
      }
    }
  }
}
