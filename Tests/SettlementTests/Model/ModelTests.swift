import Foundation
import Postgres
import Testbed
import Testing
import Tokens

@Suite("Settlement against a model of its rules")
struct ModelTests {
  private static func environment(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  /// `TOLLGATE_SEED` repeats a run; `TOLLGATE_MODEL_BATCHES` makes it longer.
  private static let seed = environment("TOLLGATE_SEED") ?? .random(in: 0...UInt64.max)
  private static let batchCount = Int(environment("TOLLGATE_MODEL_BATCHES") ?? 400)
  /// Batches in one database: each world has other limits, and begins at another time.
  private static let worldSize = 200

  @Test("random batches of everything, split in any way, come out as if each request had come alone and in order")
  func randomBatches() async throws {
    FileHandle.standardError.write(Data("Model of settlement: TOLLGATE_SEED=\(Self.seed)\n".utf8))
    for first in stride(from: 0, to: Self.batchCount, by: Self.worldSize) {
      let count = min(Self.worldSize, Self.batchCount - first)
      // Repeated by this seed alone.
      let seed = Self.seed &+ UInt64(first)
      try await Workplace.with { workplace in try Self.run(seed, batchCount: count, &workplace.administrator) }
    }
  }

  private static func run(_ seed: UInt64, batchCount: Int, _ administrator: inout Connection) throws {
    var requests = RandomRequests(seed: seed)
    var world = try ModelWorld(&requests, &administrator)
    for number in 0..<batchCount {
      let comment: Comment = "TOLLGATE_SEED=\(seed), batch \(number)"
      if requests.chance(2, in: 5) { try world.letTimePass(&requests, &administrator) }
      if requests.chance(1, in: 3) { try world.intervene(&requests, &administrator) }
      let batch = requests.batch(limit: number % 10 == 0 ? 60 : 8, world.model, world.now)
      let expected = world.model.settle(batch, at: world.now)
      let answers = try administrator.answers(to: batch)
      try #require(answers.count == expected.count, comment)
      for (place, answer) in answers.enumerated() where answer != expected[place] {
        Issue.record("TOLLGATE_SEED=\(seed), batch \(number), item \(place) at \(world.now): \(batch[place])")
        try #require(answer == expected[place], comment)
      }
      if number % 20 == 19 { try world.compare(comment, &administrator) }
    }
    for tenant in world.tenants.dropLast() {
      try world.sweep(tenant, ModelCatalogue.tokenTypes, &administrator)
    }
    let comment: Comment = "TOLLGATE_SEED=\(seed), at the end"
    try world.compare(comment, &administrator)
    try world.compareLimits(comment, &administrator)
  }
}
