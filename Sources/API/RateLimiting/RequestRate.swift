/// How many requests may come: so many a second in the long run, and so many at once.
public struct RequestRate: Sendable, Equatable {
  /// 1 to 1000000.
  public let perSecond: Int
  /// 1 to 10000000.
  public let burst: Int

  /// nil when one of the numbers is out of its bounds.
  public init?(perSecond: Int, burst: Int) {
    guard (1...1_000_000).contains(perSecond), (1...10_000_000).contains(burst) else { return nil }
    self.perSecond = perSecond
    self.burst = burst
  }

  /// Reads `500/s burst 1000`; without the burst it is a second's worth: `500/s`. nil for anything else.
  public init?(_ text: some StringProtocol) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard let first = words.first, first.hasSuffix("/s"), let perSecond = Self.number(first.dropLast(2)) else {
      return nil
    }
    switch words.count {
    case 1: self.init(perSecond: perSecond, burst: perSecond)
    case 3:
      guard words[1] == "burst", let burst = Self.number(words[2]) else { return nil }
      self.init(perSecond: perSecond, burst: burst)
    default: return nil
    }
  }

  /// Digits and nothing but digits.
  private static func number(_ text: some StringProtocol) -> Int? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
  }

  /// Seconds in which the whole burst comes back, at least 1.
  var windowSeconds: Int { (burst + perSecond - 1) / perSecond }
}

extension RequestRate: CustomStringConvertible {
  /// As it would be given.
  public var description: String { "\(perSecond)/s burst \(burst)" }
}
