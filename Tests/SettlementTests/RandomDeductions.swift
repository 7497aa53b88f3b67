import Tokens

/// A generator that repeats itself for the same seed (SplitMix64, https://prng.di.unimi.it/splitmix64.c).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Requests that often meet: few organizations, users and keys, and amounts at the edges.
struct RandomDeductions {
  let tenants: [Tenant]
  var generator: SeededGenerator

  private static let features = SettlementModel.prices.keys.sorted() + ["no_such_feature"]
  private static let edges: [Int64] = [
    0, -1, .min, .max, 1_000_000_000_000_000, 1_000_000_000_000_001, 333_333_333_333_333, 333_333_333_333_334,
    200_000_000_000_000, 200_000_000_000_001, 9_223_372_036_854_775,
  ]
  /// Equal as JSON values only where they are equal here, and written as PostgreSQL writes them.
  private static let metadata: [String?] = [nil, nil, "{}", #"{"a": 1}"#, #"{"a": [null, "é"]}"#]

  mutating func batch(limit: Int) -> [Deduction] {
    (0..<Int.random(in: 1...limit, using: &generator)).map { _ in deduction() }
  }

  private mutating func deduction() -> Deduction {
    let tenant = tenants[pick(tenants.count)]
    let stranger = tenants[pick(tenants.count)]
    let isKeyed = pick(2) == 0
    // What has a key is of few kinds, so that the same content comes again under the same key.
    let feature = isKeyed ? ["generate_goal", "generate_insight", "headline_pick"][pick(3)] : Self.features[pick(17)]
    let units: Int64 = pick(12) == 0 ? Self.edges[pick(Self.edges.count)] : isKeyed ? 1 : Int64(1 + pick(4))
    let spender: Spender =
      switch pick(isKeyed ? 6 : 10) {
      case 0: .member(stranger.member)
      case 1: .service(onBehalfOf: nil)
      case 2: .service(onBehalfOf: stranger.otherMember)
      case 3: .member(tenant.otherMember)
      default: .member(tenant.member)
      }
    return tenant.deduction(
      feature, units: units, key: isKeyed ? "k\(pick(40))" : nil, event: pick(8) == 0 ? "e\(pick(2))" : nil,
      metadata: isKeyed && pick(4) > 0 ? nil : Self.metadata[pick(Self.metadata.count)], by: spender)
  }

  mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }
}
