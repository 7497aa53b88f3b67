/// How many requests a batch may hold, learned from how long batches take.
///
/// A batch is whatever waits when the last one is done, so on an idle server it is a single request and nothing ever
/// waits for a batch to fill. The bound matters under load: a large batch costs less an item and makes its first item
/// wait for its last. It doubles while full batches are quick and halves when they are slow.
struct BatchSize {
  static let range = 16...512
  /// A batch that takes longer than this is slow; less than half of it is quick.
  static let targetMilliseconds: Int64 = 20

  private(set) var limit: Int
  private let largest: Int

  /// - Parameter largest: the most that one statement can take, at least 1.
  init(largest: Int = range.upperBound) {
    self.largest = largest
    limit = min(64, largest)
  }

  /// - Parameters:
  ///   - count: items in the batch that was settled.
  ///   - milliseconds: from sending it to its answer.
  mutating func learn(count: Int, milliseconds: Int64) {
    if milliseconds > Self.targetMilliseconds, count > Self.range.lowerBound {
      limit = min(largest, max(Self.range.lowerBound, min(limit, count) / 2))
    } else if count >= limit, milliseconds * 2 < Self.targetMilliseconds {
      limit = min(largest, limit * 2)
    }
  }
}
