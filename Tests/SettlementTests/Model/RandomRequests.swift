import Tokens

/// Requests that often meet: few organizations, users, keys and payments, and amounts at the edges.
struct RandomRequests {
  var tenants: [Tenant] = []
  private var generator: SeededGenerator
  private var sent: [ModelRequest] = []

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  private static let features = ModelCatalogue.prices.keys.sorted() + ["no_such_feature"]
  private static let plain = features.filter { !["completion", "embedding"].contains($0) }
  private static let tokenTypes = ModelCatalogue.tokenTypes + ["no_such_type"]
  private static let edges: [Int64] = [
    0, -1, .min, .max, 1_000_000_000_000_000, 1_000_000_000_000_001, 333_333_333_333_333, 333_333_333_333_334,
    200_000_000_000_000, 200_000_000_000_001, 9_223_372_036_854_775,
  ]
  /// Equal as JSON values only where they are equal here, and written as PostgreSQL writes them.
  private static let metadata: [String?] = [nil, nil, "{}", #"{"a": 1}"#, #"{"a": [null, "é"]}"#]

  mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }
  mutating func chance(_ one: Int, in all: Int) -> Bool { pick(all) < one }
  mutating func any<Value>(_ values: [Value]) -> Value { values[pick(values.count)] }

  /// A batch of up to so many requests.
  mutating func batch(limit: Int, _ model: SettlementModel, _ now: Instant) -> [ModelRequest] {
    let isPlain = chance(2, in: 5)
    // Some batches are of one organization, where requests meet on few balances.
    let only = chance(1, in: 3) ? any(tenants) : nil
    return (0...pick(limit)).map { _ in
      let tenant = only ?? any(tenants)
      if chance(1, in: 12), let again = sent.randomElement(using: &generator), again.isPlain || !isPlain {
        return repeated(again)
      }
      let request = request(tenant, isPlain ? deduction() : operation(tenant, model, now))
      if request.key != nil {
        sent.append(request)
        if sent.count > 60 { sent.removeFirst() }
      }
      return request
    }
  }

  /// The same request again under its key, or nearly.
  private mutating func repeated(_ request: ModelRequest) -> ModelRequest {
    ModelRequest(
      organizationID: request.organizationID, spender: request.spender, operation: request.operation, key: request.key,
      eventID: chance(1, in: 8) ? "other" : request.eventID, metadata: request.metadata, transactionID: .fresh())
  }

  private mutating func request(_ tenant: Tenant, _ operation: ModelRequest.Operation) -> ModelRequest {
    let stranger = any(tenants)
    let spender: Spender =
      switch pick(12) {
      case 0: .member(stranger.member)
      case 1, 2: .service(onBehalfOf: nil)
      case 3: .service(onBehalfOf: stranger.otherMember)
      case 4, 5: .member(tenant.otherMember)
      default: .member(tenant.member)
      }
    return ModelRequest(
      organizationID: tenant.id, spender: spender, operation: operation, key: chance(2, in: 5) ? "k\(pick(400))" : nil,
      eventID: chance(1, in: 8) ? "e\(pick(2))" : nil,
      metadata: chance(1, in: 3) ? any(Self.metadata) : nil, transactionID: .fresh())
  }

  private mutating func deduction() -> ModelRequest.Operation {
    let count = Int64(1 + pick(4))
    return .deduct(feature: any(Self.plain), .count(chance(1, in: 25) ? any(Self.edges) : count))
  }

  private mutating func dimensions() -> ModelRequest.Units {
    switch pick(14) {
    case 0: return .dimensions([:])
    case 1: return .dimensions(["input": any(Self.edges)])
    case 2: return .dimensions(["input": 5, "unheard_of": 1])
    case 3: return .count(Int64(1 + pick(3)))
    default:
      var dimensions = ["input": Int64(pick(3000))]
      if chance(1, in: 2) { dimensions[chance(9, in: 10) ? "output" : "calls"] = Int64(pick(400)) }
      return .dimensions(dimensions)
    }
  }

  private mutating func priced() -> (String, ModelRequest.Units) {
    let feature = any(Self.features)
    if feature == "completion" || (chance(1, in: 20)) { return (feature, dimensions()) }
    if feature == "embedding" {
      return (feature, .dimensions(["calls": Int64(pick(6)), "input": Int64(pick(200_000))]))
    }
    return (feature, .count(chance(1, in: 25) ? any(Self.edges) : Int64(1 + pick(5))))
  }

  private mutating func timeToLive() -> Int64? {
    chance(1, in: 12)
      ? any([86_401, 0, -1, .max]) : any([nil, 1, 30, 3600, 3600, 86_400, 86_400, Int64(1 + pick(86_400))])
  }

  private mutating func operation(
    _ tenant: Tenant, _ model: SettlementModel, _ now: Instant
  ) -> ModelRequest.Operation {
    let owner = chance(1, in: 15) ? any(tenants) : tenant
    let account = model.accounts[owner.id]
    let some = Int64(1 + pick(12))
    switch pick(100) {
    case 0..<26:
      let (feature, units) = priced()
      return .deduct(feature: feature, units)
    case 26..<40:
      let amount: Int64? = chance(1, in: 2) ? nil : chance(1, in: 10) ? any(Self.edges) : some
      return .refund(charge(account), amount: amount)
    case 40..<50: return topUp(account, now)
    case 50..<64:
      let (feature, units) = priced()
      return .reserve(feature: feature, units, ttlSeconds: timeToLive())
    case 64..<68:
      let amount = chance(1, in: 10) ? any(Self.edges) : some
      return .hold(tokenType: any(Self.tokenTypes), amount: amount, ttlSeconds: timeToLive())
    case 68..<80:
      let amount: Int64? = chance(1, in: 3) ? nil : chance(1, in: 12) ? any(Self.edges) : some
      return .capture(reservation(account, now), amount: amount)
    case 80..<86: return .release(reservation(account, now))
    case 86..<91: return .extend(reservation(account, now), ttlSeconds: timeToLive() ?? 600)
    case 91..<95:
      let amount = chance(1, in: 10) ? any(Self.edges.filter { $0 != .min }) : Int64(pick(80)) - 40
      return .adjust(tokenType: any(Self.tokenTypes), amount: amount)
    case 95..<97: return .set(tokenType: any(Self.tokenTypes), balance: Int64(pick(150)) - 15)
    default: return .reset(tokenType: any(Self.tokenTypes))
    }
  }

  /// A charge, mostly one of the last.
  private mutating func charge(_ account: SettlementModel.Account?) -> TransactionID {
    let ids = (account?.charges.keys.map(\.self) ?? []).sorted { $0.bits > $1.bits }
    return ids.isEmpty || chance(1, in: 20) ? .fresh() : ids[pick(min(ids.count, chance(3, in: 4) ? 8 : ids.count))]
  }

  /// A reservation, mostly an open one.
  private mutating func reservation(_ account: SettlementModel.Account?, _ now: Instant) -> TransactionID {
    let holds = (account?.purses.values.flatMap(\.holds) ?? []).sorted { $0.id.bits > $1.id.bits }
    let open = holds.filter { $0.status == .open && $0.expiresAt > now }
    if !open.isEmpty, chance(5, in: 6) { return any(open).id }
    return holds.isEmpty || chance(1, in: 10) ? .fresh() : any(holds).id
  }

  /// A payment's top-up, mostly with the content that the payment always has.
  private mutating func topUp(_ account: SettlementModel.Account?, _ now: Instant) -> ModelRequest.Operation {
    let number = pick(60)
    var tokenType = ModelCatalogue.tokenTypes[number % ModelCatalogue.tokenTypes.count]
    var amount: Int64 = [5, 20, 60, 150][number / 3 % 4]
    let hour: Instant = 3_600_000_000
    var expiresAt: Instant? = [nil, now + hour * Instant(1 + pick(48)), now + hour * Instant(24 * (1 + pick(40)))][
      number % 3]
    if let known = account?.payments["p\(number)"], chance(7, in: 8) {
      expiresAt = chance(1, in: 2) ? known.expiresAt : nil
    } else if chance(1, in: 15) {
      expiresAt = now - Instant(pick(2))
    }
    if chance(1, in: 20) { tokenType = any(Self.tokenTypes) }
    if chance(1, in: 20) { amount = any(Self.edges) }
    return .topUp(tokenType: tokenType, amount: amount, paymentID: "p\(number)", expiresAt: expiresAt)
  }
}
