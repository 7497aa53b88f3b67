import HTTP
import JSON
import Settlement
import Tokens

/// `POST /api/v1/tokens/deduct/batch`: many requests to spend in one, each for itself or all together.
struct DeductBatchRoute: Sendable {
  let context: RouteContext
  let scopes: ScopeResolver

  /// Bytes of a body: 1000 items with some metadata.
  static let bodyLimitBytes = 1_048_576

  func handle(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let batch = try DeductBatchRequest(request)
    scopes.resolve(caller, items: batch.items) { items in
      switch items {
      case .failure(let problem): reply.fail(problem)
      case .success(let items):
        let asked = items.map { $0.map { $0.request.deduction($0.scope, context.newTransactionID()) } }
        let keys = batch.items.map(\.key)
        switch batch.mode {
        case .independent: deductEach(asked, keys, reply)
        case .atomic: deductTogether(asked, keys, reply)
        }
      }
    }
  }

  private func deductEach(_ asked: [Result<Deduction, Problem>], _ keys: [IdempotencyKey], _ reply: Reply) {
    let gathering = Gathering<ItemResult>(count: asked.count) { results in
      // An item without a decision leaves the whole request open: sent again, what was decided is replayed.
      if let failure = results.lazy.compactMap(\.failure).first {
        reply.fail(failure)
      } else {
        reply.send(Self.response(results, ItemResult.encode(results, keys)))
      }
    }
    for (number, asked) in asked.enumerated() {
      switch asked {
      case .failure(let problem): gathering.put(.invalid(problem), at: number)
      case .success(let deduction):
        context.settlement.deduct(deduction) { result in
          switch result {
          case .failure(let failure): gathering.put(.undecided(failure), at: number)
          case .success(let answer): gathering.put(ItemResult(answer, deduction), at: number)
          }
        }
      }
    }
  }

  private func deductTogether(_ asked: [Result<Deduction, Problem>], _ keys: [IdempotencyKey], _ reply: Reply) {
    if let problem = Self.problem(ofUnasked: asked, keys) {
      reply.fail(problem)
      return
    }
    guard let group = AtomicDeductions(asked.compactMap { try? $0.get() }) else {
      reply.fail(.internalError)
      return
    }
    context.settlement.deduct(group) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let answers):
        let results = zip(answers, group.deductions).map(ItemResult.init)
        let encoded = ItemResult.encode(results, keys)
        // The item that bound is the first one that was not refused for another's sake.
        if var problem = results.lazy.compactMap(\.problem).first(where: { $0.code != .batchRefused }) {
          problem.results = encoded
          reply.fail(problem)
        } else {
          reply.send(Self.response(results, encoded))
        }
      }
    }
  }

  /// Why items that have to be granted together are not even asked for; nil where they can be.
  ///
  /// What is another tenant's is not there for a key that names it, as PostgreSQL says it of a user, with each item's
  /// result.
  private static func problem(ofUnasked asked: [Result<Deduction, Problem>], _ keys: [IdempotencyKey]) -> Problem? {
    var first: Problem?
    let results = asked.map { asked -> ItemResult in
      switch asked {
      case .success: return .refused(.batchRefused)
      case .failure(let problem):
        first = first ?? problem
        return .invalid(problem)
      }
    }
    if first?.code == .notFound { first?.results = ItemResult.encode(results, keys) }
    return first
  }

  /// A request sent again gets the same bytes, and the field that says so when every item was answered before.
  private static func response(_ results: [ItemResult], _ encoded: [UInt8]) -> Response {
    .json(isReplay: results.allSatisfy(\.isReplay)) { $0.member("results", raw: encoded) }
  }
}
