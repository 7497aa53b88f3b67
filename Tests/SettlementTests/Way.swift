import Postgres
import Testing
import Tokens

@testable import Settlement

/// The ways to the same rules.
enum Way: String, CaseIterable, CustomTestStringConvertible {
  case oneByOne = "tollgate.settle, one by one"
  case oneBatch = "tollgate.settle, in one batch"
  case function = "tollgate.deduct, as from psql"
  case module = "the module Settlement"

  var testDescription: String { rawValue }

  /// Sends requests in this order and returns the answers in words.
  func answers(to deductions: [Deduction], in workplace: inout Workplace) throws -> [String] {
    switch self {
    case .oneByOne:
      var answers: [String] = []
      for deduction in deductions { answers.append(try workplace.server.settle(deduction).brief) }
      return answers
    case .oneBatch: return try workplace.server.settle(deductions).map(\.brief)
    case .function: return try deductions.map { try Self.call($0, on: &workplace.server) }
    case .module:
      let settlement = Settlement(settings: workplace.serverSettings, laneCount: 2, queueLimit: 1000)
      defer { settlement.shutDown() }
      return settlement.answers(to: deductions).map(\.brief)
    }
  }

  /// `tollgate.deduct` with the words of `DeductionAnswer.brief`; what it raises is its SQLSTATE.
  static func call(_ deduction: Deduction, on connection: inout Connection) throws -> String {
    do throws(PostgresError) {
      let rows = try connection.query(
        """
        SELECT status, cost, balance_before, balance_after, state, CASE WHEN replayed THEN ' again' ELSE '' END
        FROM tollgate.deduct($1::uuid, $2::uuid, $3, $4::bigint, $5, coalesce($6::jsonb, '{}'))
        """,
        [
          .text(deduction.organizationID.description), .optional(deduction.spender.userID?.description),
          .text(deduction.feature), .integer(deduction.units), .optional(deduction.idempotencyKey?.value),
          .optional(deduction.metadata),
        ])
      let numbers = "\(try rows.integer(0, 1)): \(try rows.integer(0, 2)) → \(try rows.integer(0, 3))"
      return "\(try rows.string(0, 0)) \(numbers) \(try rows.string(0, 4))\(try rows.string(0, 5))"
    } catch {
      guard let state = error.sqlState else { throw error }
      return state.rawValue
    }
  }
}
