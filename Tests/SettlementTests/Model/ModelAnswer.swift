import Postgres
import Tokens

@testable import Settlement

/// An answer of settlement. What was not decided has an outcome and nothing else.
struct ModelAnswer: Equatable {
  var outcome: String
  var transactionID: TransactionID?
  var tokenType: String?
  /// Tokens asked for or moved; the balance before and after; what is available.
  var numbers: [Int64] = []
  var state: String?
  var planTitle: String?
  var details: String?
  var createdAt: Instant?
  var isReplay = false

  static let refusals: Set<String> = [
    "insufficient_tokens", "critical_balance", "not_on_plan", "organization_suspended", "refilling", "limit_reached",
  ]
  static let remembered: Set<String> = ["success", "insufficient_tokens", "critical_balance"]

  init(_ outcome: String) { self.outcome = outcome }

  /// Members as PostgreSQL writes a jsonb: the shorter names first.
  static func document(_ members: [String: String?]) -> String? {
    let present = members.compactMapValues { $0 }.sorted { ($0.key.utf8.count, $0.key) < ($1.key.utf8.count, $1.key) }
    return present.isEmpty ? nil : "{\(present.map { "\"\($0)\": \($1)" }.joined(separator: ", "))}"
  }
}

extension Connection {
  /// Settles a batch in one call of `tollgate.settle`.
  mutating func answers(to requests: [ModelRequest]) throws -> [ModelAnswer] {
    let count = requests.count
    let parameters: [Parameter] = [
      .uuids(count) { requests[$0].organizationID.bits },
      .uuids(count) { requests[$0].spender.userID?.bits },
      .booleans(count) { requests[$0].spender.needsMembership },
      .texts(count) { requests[$0].feature },
      .integers(count) {
        if case .count(let units)? = requests[$0].units { return units }
        return nil
      },
      .texts(count) { requests[$0].key },
      .texts(count) { requests[$0].eventID },
      .documents(count) { requests[$0].metadata },
      .uuids(count) { requests[$0].transactionID.bits },
      requests.isPlain ? .null : .documents(count) { requests[$0].document },
    ]
    let rows = try query(Self.settlement, parameters)
    return try (0..<rows.count).map { row in
      var answer = ModelAnswer(try rows.string(row, 0))
      answer.isReplay = try rows.boolean(row, 9)
      guard answer.outcome == "success" || ModelAnswer.refusals.contains(answer.outcome) else { return answer }
      answer.transactionID = TransactionID(try rows.string(row, 1))
      answer.tokenType = try rows.string(row, 2)
      answer.numbers = try (3...6).map { try rows.integer(row, $0) }
      answer.state = try rows.string(row, 7)
      answer.planTitle = try rows.optionalString(row, 8)
      answer.details = try rows.optionalString(row, 10)
      answer.createdAt = try rows.integer(row, 11)
      return answer
    }
  }

  private static let settlement = Statement.named(
    """
    SELECT outcome, transaction_id, token_type, cost, balance_before, balance_after, available, state, plan_title,
      replayed, details, (extract(epoch FROM created_at) * 1000000)::bigint
    FROM tollgate.settle($1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::bigint[], $6::text[], $7::text[],
      $8::jsonb[], $9::uuid[], $10::jsonb[])
    ORDER BY item
    """)
}
