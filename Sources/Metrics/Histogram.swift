/// How often something took how long, by upper bounds, as Prometheus has histograms.
///
/// A value: whoever keeps it guards it.
public struct Histogram: Sendable {
  /// For the duration of requests, in seconds.
  public static let secondsOfRequests: [Double] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]

  /// Upper bounds, included, in rising order. What is above the last is counted as well.
  public let bounds: [Double]
  /// One more than there are bounds.
  private(set) var counts: [Int]
  public private(set) var sum = 0.0

  public init(bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  public var count: Int { counts.reduce(0, +) }

  public mutating func observe(_ value: Double) {
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }
}
