import Accounts
import Postgres
import Tokens
import Vault

/// Seals everything anew that is not under the current key, a value at a time, while servers go on.
///
/// A value that changes meanwhile is left to who changed it, and looked at again. Interrupted anywhere it has done what
/// it has done, and the next run does the rest.
struct KeyRotation {
  /// What became of the values of all columns.
  struct Report {
    var resealed = 0
    /// Changed while they were looked at, and under another key still.
    var left = 0
    /// They do not open: changed, copied, or under a key that is not there.
    var unreadable = 0
  }

  let sealer: Sealer
  /// So many are read at once.
  private static let batchLimit: Int64 = 100
  /// Servers that seal under another key, because they were not restarted, are not run after for ever.
  private static let passLimit = 5

  func run(on connection: inout Connection) throws -> Report {
    var report = Report()
    for _ in 1...Self.passLimit {
      let before = report.resealed
      report.left = 0
      report.unreadable = 0
      for column in SealedColumn.allCases { try rotate(column, &report, on: &connection) }
      if report.resealed == before && report.left == 0 { break }
    }
    return report
  }

  private func rotate(_ column: SealedColumn, _ report: inout Report, on connection: inout Connection) throws {
    var last: SealedRow?
    repeat {
      let rows = try Administration.sealedRows(
        of: column, notUnder: sealer.keys.currentID, behind: last, limit: Self.batchLimit, on: &connection)
      for row in rows {
        guard let resealed = try reseal(row) else {
          report.unreadable += 1
          continue
        }
        if try Administration.replace(row, by: resealed, on: &connection) {
          report.resealed += 1
        } else {
          report.left += 1
        }
      }
      last = rows.last
    } while last != nil
  }

  /// Nil for what does not open.
  private func reseal(_ row: SealedRow) throws -> SealedBytes? {
    let subject = SealedSubject(row.column.purpose, of: row.organizationID, at: row.place)
    guard let secret = try? sealer.open(row.value, as: subject) else { return nil }
    return try sealer.seal(secret, as: subject)
  }
}

extension SealedColumn {
  fileprivate var purpose: SealedSubject.Purpose {
    switch self {
    case .clientSecret: .clientSecret
    case .refreshToken: .refreshToken
    case .accessToken: .accessToken
    case .verifier: .verifier
    case .webhookSecret, .previousWebhookSecret: .webhookSecret
    }
  }
}
