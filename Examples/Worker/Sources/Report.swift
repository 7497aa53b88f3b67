import Foundation

/// What the worker did, a line of JSON each, for people and for programs that watch it.
struct Report: Sendable {
  struct Event: Encodable {
    var event: String
    var why: String?
    var toldSeconds: Int?
    var tookSeconds: Double?
    var estimated: Int?
    var actual: Int?
    var available: Int?
    var item: String?
    var value: String?
    var transaction: String?
    var retryAfterSeconds: Int?
    var captured: Int?
    var upstreamTotal: Int?

    static func slept(why: String, toldSeconds: Int, took: Duration) -> Event {
      let seconds = Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
      return Event(event: "slept", why: why, toldSeconds: toldSeconds, tookSeconds: seconds)
    }

    static func settled(estimated: Int, actual: Int, available: Int) -> Event {
      Event(event: "settled", estimated: estimated, actual: actual, available: available)
    }

    static func decided(item: String, value: String, transaction: String) -> Event {
      Event(event: "decided", item: item, value: value, transaction: transaction)
    }

    static func fellBack(item: String, value: String, retryAfterSeconds: Int?) -> Event {
      Event(event: "fellBack", item: item, value: value, retryAfterSeconds: retryAfterSeconds)
    }

    static func finished(captured: Int, upstreamTotal: Int) -> Event {
      Event(event: "finished", captured: captured, upstreamTotal: upstreamTotal)
    }
  }

  func write(_ event: Event) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let line = try? encoder.encode(event) else { return }
    FileHandle.standardOutput.write(line + Data("\n".utf8))
  }
}
