import Tokens

/// Answers that cost nothing, counted in memory until they are written. A process that is killed forgets them.
struct AnswerCounts: Sendable {
  struct Answers: Sendable, Equatable {
    var hits: Int64 = 0
    var fallbacks: Int64 = 0
    var waits: Int64 = 0
  }

  private struct Place: Hashable {
    var organizationID: OrganizationID
    var cache: String
  }

  /// Caches counted at a time. While PostgreSQL is away, further ones are not counted.
  static let limit = 10_000

  private var counts: [Place: Answers] = [:]

  var isEmpty: Bool { counts.isEmpty }

  /// Counts for one cache of one organization.
  mutating func count(_ organizationID: OrganizationID, _ cache: String, _ change: (inout Answers) -> Void) {
    let place = Place(organizationID: organizationID, cache: cache)
    guard counts[place] != nil || counts.count < Self.limit else { return }
    change(&counts[place, default: Answers()])
  }

  /// Takes everything out, to be written.
  mutating func takeAll() -> [CountedCache] {
    defer { counts = [:] }
    return counts.map {
      CountedCache(organizationID: $0.key.organizationID, cache: $0.key.cache, answers: $0.value)
    }
  }

  /// Puts back what could not be written.
  mutating func putBack(_ taken: [CountedCache]) {
    for cache in taken {
      count(cache.organizationID, cache.cache) { answers in
        answers.hits += cache.answers.hits
        answers.fallbacks += cache.answers.fallbacks
        answers.waits += cache.answers.waits
      }
    }
  }
}

/// What a cache answered an organization since it was last written.
struct CountedCache: Sendable {
  var organizationID: OrganizationID
  var cache: String
  var answers: AnswerCounts.Answers
}
